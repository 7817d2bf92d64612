"""What a refusal of Stripe's means for money depends on what the payment shows: each is read before it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.payment import CardToken, PaymentState
from payment_core.gateways.gateway import GatewayError, GatewayRefused, NotAdmitted, ObjectUnknown, OutcomeUnknown
from payment_core.gateways.stripe.calls import CardRefused, InvalidRequest, ServerFault
from payment_core.gateways.stripe.gateway import StripeGateway
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.stripe.gateway.test_reading_payments import FAILED_CHARGE, HELD_CHARGE, NOTHING, REFUSED, intent

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CHARGE = Attempt(
    "att_1", "link", MERCHANT.merchant_id, AttemptKind.SAVED_CARD, AttemptState.PREPARED, "key", NOW, NOW, payment_id="pi_1"
)  # fmt: skip
PAGE = replace(CHARGE, kind=AttemptKind.PAGE)
HELD = intent(**{**NOTHING, "status": "requires_capture", "latest_charge": HELD_CHARGE})
RELEASED = intent(**{**NOTHING, "status": "canceled", "latest_charge": HELD_CHARGE})
DEAD = intent(**{**NOTHING, "status": "canceled", "latest_charge": FAILED_CHARGE})


class Calls:
    """Stripe as a test scripts it: one answer to every POST, one object for every GET."""

    def __init__(self, answer: Exception, shown: dict[str, Any] | None = None) -> None:
        self.answer, self.shown, self.posted = answer, shown, 0

    def post(self, path: str, body: bytes, *, key: str | None = None) -> dict[str, Any]:
        self.posted += 1
        raise self.answer

    def get(self, path: str, **_: object) -> dict[str, Any]:
        assert self.shown is not None
        return self.shown

    def each(self, path: str, _: object) -> Iterator[dict[str, Any]]:
        yield from [self.shown] if self.shown else []


def gateway(calls: Calls) -> StripeGateway:
    return StripeGateway(calls, MERCHANT, lambda: NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "reason", "answer"),
    [
        (intent(), "charge_already_captured", PaymentState.TAKEN),
        (RELEASED, "charge_already_refunded", "authorization_expired"),
        (HELD, "charge_expired_for_capture", "authorization_expired"),
        (HELD, "amount_too_large", "amount_too_large"),
        (DEAD, "payment_intent_unexpected_state", "payment_intent_unexpected_state"),
    ],
)
def test_a_capture_that_is_refused_was_done_before_or_its_hold_has_ended_or_it_is_refused(
    shown: dict[str, Any], reason: str, answer: object
) -> None:
    calls = Calls(InvalidRequest("no", reason=reason), shown)
    try:
        found: object = gateway(calls).capture(PAGE, None, currency="ZAR", key="key").state
    except GatewayRefused as refused:
        found = refused.reason
    assert found == answer


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"code": "card_declined"}, "card_declined"),
        ({"code": "card_declined", "payment_intent": None}, "card_declined"),
        (
            {"payment_intent": intent(**NOTHING, status="requires_payment_method", last_payment_error=REFUSED)},
            PaymentState.DECLINED,
        ),
    ],
)
def test_a_card_that_is_refused_is_a_declined_payment_where_one_was_made(body: dict[str, Any], end: object) -> None:
    try:
        found: object = gateway(Calls(CardRefused(body))).charge_saved(CHARGE).state
    except GatewayRefused as refused:
        found = refused.reason
    assert found == end


@pytest.mark.parametrize(
    ("answer", "is_forgotten"),
    [
        (ObjectUnknown("no such card", reason="resource_missing"), True),
        (InvalidRequest("attached to nobody", reason="invalid_request_error"), True),
        (NotAdmitted("the key", reason="401"), False),
        (ObjectUnknown("elsewhere", reason="account_invalid"), False),
        (OutcomeUnknown("no answer"), False),
        (ServerFault("500"), False),
    ],
)
def test_a_card_is_forgotten_where_stripe_has_it_no_more(answer: GatewayError, is_forgotten: bool) -> None:
    forget = gateway(Calls(answer)).forget
    if is_forgotten:
        return forget(CardToken("cus_1", "pm_1"))
    with pytest.raises(type(answer)):
        forget(CardToken("cus_1", "pm_1"))
    return None


@pytest.mark.parametrize(("shown", "asked"), [(RELEASED, 0), (intent((15000, "succeeded")), 0)])
def test_what_is_back_already_is_asked_for_by_nobody(shown: dict[str, Any], asked: int) -> None:
    calls = Calls(AssertionError("not asked"), shown)
    assert gateway(calls).give_back(PAGE, key="key").state is PaymentState.REVERSED
    assert calls.posted == asked


@pytest.mark.parametrize("answer", [ServerFault("500"), InvalidRequest("too late", reason="expires_at")])
def test_a_page_that_was_not_made_is_dead_whether_it_is_looked_at_or_closed(answer: GatewayError) -> None:
    body = b"line_items[0][price_data][unit_amount]=15000&line_items[0][price_data][currency]=zar"
    lost = replace(PAGE, payment_id=None, body=body)
    stripe = gateway(Calls(answer))
    assert [one(lost).state for one in (stripe.look, stripe.close_page)] == [PaymentState.DEAD] * 2
