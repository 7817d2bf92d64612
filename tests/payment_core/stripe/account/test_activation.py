"""Of an account that takes real money is said where Stripe does not let it charge yet."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import responses

from payment_core.domain.enums import Mode
from payment_core.gateways.stripe.account_check import check_account
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
