"""A page is given to a customer only as it was asked for, and closed by reading what became of it; each step is scripted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from payment_core.domain.attempt import Attempt
from payment_core.domain.payment import CardToken, PaymentState
from payment_core.gateways.gateway import GatewayRefused, NotAdmitted, OutcomeUnknown, Page, PaymentIds, SavedCharge
from payment_core.gateways.stripe.bodies import page_body
from payment_core.gateways.stripe.calls import InvalidRequest, MissingRight, ServerFault
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.stripe.gateway.test_bodies import LINK, PLAN, charge
from tests.payment_core.stripe.gateway.test_calls import gateway
from tests.payment_core.stripe.gateway.test_refused_calls import CHARGE, NOW, PAGE

SESSION = {
    "id": "cs_1", "url": "https://pay/cs_1", "expires_at": 1764331200, "livemode": False, "status": "open",
    "currency": "zar", "amount_total": 15000, "client_reference_id": "link",
}  # fmt: skip
CLOSED = SESSION | {"status": "expired", "url": None}
CREATED, CLOSING, READ = (
    "POST /v1/checkout/sessions",
    "POST /v1/checkout/sessions/cs_1/expire",
    "GET /v1/checkout/sessions/cs_1",
)
LOST = replace(PAGE, payment_id=None, body=page_body(replace(PLAN, link=LINK), MERCHANT, now=NOW))
KNOWN = replace(LOST, page_id="cs_1")
TOO_LATE = InvalidRequest("too late", reason="expires_at")


def test_what_is_prepared_is_the_whole_body_of_a_page_or_of_a_charge() -> None:
    stripe, _ = gateway()
    assert stripe.prepare(replace(PLAN, link=LINK)) == LOST.body
    saved = SavedCharge(LINK, replace(CHARGE, attempt_id="att_1"), CardToken("cus_1", "pm_1"))
    assert parse_qsl(stripe.prepare(saved).decode()) == parse_qsl(charge().decode())


def test_a_page_says_where_it_is_until_when_and_what_it_asks_for() -> None:
    stripe, script = gateway(SESSION)
    opened = stripe.open_page(replace(PAGE, key="key", body=b"a=1"))
    ends = datetime(2025, 11, 28, 12, 0, tzinfo=UTC)
    assert opened == Page("cs_1", "https://pay/cs_1", ends, Decimal("150.00"), "ZAR")
    assert (script.asked, script.keys, script.bodies) == (["POST /v1/checkout/sessions"], ["key"], [{"a": "1"}])


@pytest.mark.parametrize("answers", [[SESSION | {"url": None}], [ServerFault("500"), []]])
def test_a_page_without_an_address_was_not_made(answers: list[Any]) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway(*answers)[0].open_page(replace(PAGE, body=b""))
    assert refused.value.reason == "page_not_made"


@pytest.mark.parametrize(
    ("attempt", "answers", "asked", "keys"),
    [
        (KNOWN, [CLOSED, CLOSED], [CLOSING, READ], [None]),
        # It was paid, or is over: it is read in any case.
        (KNOWN, [TOO_LATE, CLOSED], [CLOSING, READ], [None]),
        # A page whose answer was lost is found by its key, which gives it again, and then closed.
        (LOST, [SESSION, CLOSED, CLOSED], [CREATED, CLOSING, READ], ["key", None]),
        (LOST, [TOO_LATE], [CREATED], ["key"]),
        (LOST, [ServerFault("500"), []], [CREATED, "LIST /v1/checkout/sessions"], ["key"]),
    ],
)
def test_a_page_is_closed_and_then_read(
    attempt: Attempt, answers: list[Any], asked: list[str], keys: list[str | None]
) -> None:
    stripe, script = gateway(*answers)
    closed = stripe.close_page(attempt)
    assert (closed.state, closed.amount, closed.currency) == (PaymentState.DEAD, Decimal("150.00"), "ZAR")
    assert closed.link_reference == attempt.link_reference == "link"
    assert (script.asked, script.keys) == (asked, keys)


def test_a_page_whose_answer_was_lost_is_found_before_it_is_read() -> None:
    stripe, script = gateway(SESSION, SESSION)
    assert (stripe.look(LOST).state, script.asked) == (PaymentState.OPEN, [CREATED, READ])


@pytest.mark.parametrize("answer", [OutcomeUnknown("no answer"), MissingRight("no", reason="403")])
def test_a_page_that_cannot_be_closed_now_is_not_said_to_be(answer: Exception) -> None:
    with pytest.raises(type(answer)):
        gateway(answer, CLOSED)[0].close_page(KNOWN)


@pytest.mark.parametrize("verb", ["open_page", "close_page", "look", "charge_read", "charge_saved", "named"])
def test_what_is_of_the_other_mode_is_no_answer(verb: str) -> None:
    live = SESSION | {"livemode": True, "status": "succeeded"}
    stripe, _ = gateway(live, live)
    given = {"named": PaymentIds("cs_1", None), "open_page": LOST, "charge_read": CHARGE}.get(verb, KNOWN)
    with pytest.raises(GatewayRefused) as refused:
        getattr(stripe, verb.replace("charge_read", "look"))(given)
    assert refused.value.reason == "other_mode"


def test_a_key_is_tried_by_reading_and_a_right_that_it_lacks_is_doctors_to_name() -> None:
    for answer in (None, MissingRight("no", reason="403")):
        stripe, script = gateway(answer)
        stripe.try_key()
        assert script.asked == ["TIME"]
    with pytest.raises(NotAdmitted):
        gateway(NotAdmitted("no", reason="401"))[0].try_key()
