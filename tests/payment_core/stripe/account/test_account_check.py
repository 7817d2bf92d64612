"""Of an account is said what Stripe says is wrong with it; what it does not say, or cannot now, is nothing to correct."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import responses

from payment_core.domain.enums import Mode
from payment_core.gateways.stripe.account_check import check_account
from payment_core.gateways.stripe.calls import VERSION
from payment_core.gateways.stripe.events import TYPES
from payment_core.gateways.stripe.gateway import StripeGateway
from tests.payment_core.conftest import MERCHANT, NOW
from tests.payment_core.stripe.gateway.test_reading_answers import BASE, CALLS


@pytest.mark.parametrize(
    ("mode", "account", "is_said"),
    [
        (Mode.PRODUCTION, {"charges_enabled": False}, True),
        (Mode.PRODUCTION, {"charges_enabled": True}, False),
        # What Stripe does not say is nothing to correct.
        (Mode.PRODUCTION, {}, False),
        (Mode.SANDBOX, {"charges_enabled": False}, False),
    ],
)
def test_an_account_that_may_not_charge_yet_is_named(mode: Mode, account: dict[str, Any], is_said: bool) -> None:
    gateway = StripeGateway(CALLS, replace(MERCHANT, mode=mode), lambda: NOW)
    with responses.RequestsMock() as mocked:
        mocked.get(f"{BASE}/v1/account", json=account)
        mocked.get(re.compile(f"{re.escape(BASE)}/v1/.*"), json={"data": []})
        said = [one.problem for one in check_account(gateway, "https://pay.example/hooks/stripe/x")]
    assert ("The account may not charge cards yet." in said) == is_said


HOOK = "https://pay.example/hooks/stripe/x"
ENDPOINT = {"url": HOOK, "status": "enabled", "api_version": VERSION, "enabled_events": list(TYPES)}


def said(path: str, status: int, answer: object) -> list[str]:
    """Return what is wrong where Stripe answers so to one path, and to the others as it should."""
    gateway = StripeGateway(CALLS, MERCHANT, lambda: NOW)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.get(f"{BASE}/v1/{path}", status=status, json=answer)
        mocked.get(f"{BASE}/v1/webhook_endpoints", json={"data": [{"url": "https://elsewhere"}, ENDPOINT]})
        mocked.get(re.compile(f"{re.escape(BASE)}/v1/.*"), json={"data": []})
        return [f"{one.level.value}: {one.problem}" for one in check_account(gateway, HOOK)]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("payment_intents", "PaymentIntents"),
        ("refunds", "Charges and Refunds"),
        ("balance_transactions", "Balance transactions"),
    ],
)
@pytest.mark.parametrize(
    ("status", "is_lacking"), [(200, False), (403, True), (404, False), (429, False), (500, False)]
)
def test_a_right_is_lacking_only_where_stripe_says_so(path: str, label: str, status: int, is_lacking: bool) -> None:
    assert said(path, status, {}) == ([f"wrong: The restricted key may not read {label}."] if is_lacking else [])


@pytest.mark.parametrize(
    ("status", "changes", "problems"),
    [
        (200, {}, []),
        (200, {"enabled_events": ["*"]}, []),
        (200, {"url": "https://pay.example/hooks/stripe/y"}, ["wrong: Our webhook address is not registered."]),
        (200, {"status": None}, ["wrong: Our webhook address is disabled."]),
        (200, {"api_version": None}, ["wrong: Our webhook address reports in version of the account."]),
        (200, {"enabled_events": list(TYPES)[1:]}, [f"wrong: Our webhook address does not report: {TYPES[0]}."]),
        (200, {"enabled_events": None}, [f"wrong: Our webhook address does not report: {', '.join(TYPES)}."]),
        (403, {}, ["soon: The restricted key may not read webhook endpoints: they were not checked."]),
        (500, {}, []),
    ],
)
def test_a_webhook_address_is_held_against_what_we_register(
    status: int, changes: dict[str, Any], problems: list[str]
) -> None:
    assert said("webhook_endpoints", status, {"data": [ENDPOINT | changes]}) == problems


@pytest.mark.parametrize(("status", "level"), [(401, "wrong"), (500, "soon"), (429, "soon")])
def test_an_account_that_does_not_tell_its_time_is_asked_for_nothing_else(status: int, level: str) -> None:
    (only,) = said("checkout/sessions", status, {})
    assert only.startswith(f"{level}: Stripe ")
