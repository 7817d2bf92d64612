"""Charges, captures and returns against a stand-in that others wrote from recordings of Stripe: seahaven-stripe-world.

It needs another Python than ours, so it runs as a process of its own: ``STRIPE_WORLD_URL`` leads to an instance of test mode.
It has no Checkout, no reviews and no webhooks; those are played by ours alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from secrets import token_hex

import pytest
import requests

from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.enums import TransactionType
from payment_core.domain.payment import CardToken, Payment, PaymentState
from payment_core.gateways.gateway import GatewayRefused, SavedCharge
from payment_core.gateways.stripe.calls import StripeCalls
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.journeys.examining.examine_gateway import examination_plan
from tests.payment_core.stripe.conftest import STRIPE_MERCHANT

URL = os.environ.get("STRIPE_WORLD_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="no independent stand-in: STRIPE_WORLD_URL names none")
# It plays an older version, which did not know this parameter yet.
_NEW_IN_ENDIVE = re.compile(rb"&allowed_payment_method_types[^&]*")
Charge = Callable[..., tuple[Attempt, Payment]]
# https://docs.stripe.com/testing#disputes
DISPUTED = "4000000000000259"
BEFORE_ALL = datetime(2020, 1, 1, tzinfo=UTC)
TOTAL, PART = Decimal("500.00"), Decimal("300.00")


def now() -> datetime:
    return datetime.now(UTC)


def _card(number: str) -> bytes:
    return f"type=card&card[number]={number}&card[exp_month]=12&card[exp_year]={now().year + 5}&card[cvc]=123".encode()


def made_world() -> str:
    """Make an account of its own, and return its address."""
    url = f"{URL.rstrip('/')}/{token_hex(6)}"
    made = requests.put(url, json={"startup": {"livemode": False}}, timeout=60)
    assert made.status_code < 300, made.text
    return url


@pytest.fixture
def gateway() -> StripeGateway:
    """A merchant's account on an instance of its own."""
    url = made_world()
    session = PeerSession(peer="stripe", total_timeout=60, repeat_reads=False)
    return StripeGateway(StripeCalls(session, Secret(f"sk_test_{token_hex(12)}"), url), STRIPE_MERCHANT, now)


@pytest.fixture
def charge(gateway: StripeGateway) -> Charge:
    """A function that charges a test card that its owner saved."""

    def do(card: str = "4242424242424242", *, kind: TransactionType = TransactionType.SALE) -> tuple[Attempt, Payment]:
        customer = gateway.calls.post("/v1/customers", b"")["id"]
        made = gateway.calls.post("/v1/payment_methods", _card(card))["id"]
        saved = gateway.calls.post(f"/v1/payment_methods/{made}/attach", f"customer={customer}".encode())["id"]
        plan = examination_plan(STRIPE_MERCHANT, now=now(), public_url="https://pay.example")
        link = replace(plan.link, transaction_type=kind)
        attempt = replace(plan.attempt, kind=AttemptKind.SAVED_CARD, key=f"card_{token_hex(12)}")
        body = gateway.prepare(SavedCharge(link, attempt, CardToken(customer, saved)))
        attempt = replace(attempt, body=_NEW_IN_ENDIVE.sub(b"", body))
        payment = gateway.charge_saved(attempt)
        return replace(attempt, payment_id=payment.payment_id), payment

    return do


def test_a_sale_is_taken_once_and_refunded_once(gateway: StripeGateway, charge: Charge) -> None:
    attempt, paid = charge()
    assert (paid.state, paid.captured, paid.amount, paid.currency) == (PaymentState.TAKEN, TOTAL, TOTAL, "ZAR")
    assert gateway.charge_saved(attempt).payment_id == paid.payment_id
    back = gateway.give_back(attempt, key="back_1")
    assert (back.state, back.reversed) == (PaymentState.REVERSED, TOTAL)
    assert gateway.give_back(attempt, key="back_2").reversed == TOTAL


def test_a_part_of_a_hold_is_taken_once_and_given_back(gateway: StripeGateway, charge: Charge) -> None:
    attempt, held = charge(kind=TransactionType.AUTHORIZATION)
    assert (held.state, held.authorized, held.captured) == (PaymentState.HELD, TOTAL, Decimal("0.00"))
    taken = gateway.capture(attempt, PART, currency="ZAR", key="capture_1")
    assert (taken.state, taken.captured, taken.reversed) == (PaymentState.TAKEN, PART, Decimal("0.00"))
    assert gateway.capture(attempt, None, currency="ZAR", key="capture_2").captured == PART
    back = gateway.give_back(attempt, key="back_1")
    assert (back.state, back.reversed) == (PaymentState.REVERSED, PART)


def test_a_hold_is_released(gateway: StripeGateway, charge: Charge) -> None:
    attempt, _ = charge(kind=TransactionType.AUTHORIZATION)
    back = gateway.give_back(attempt, key="back_1")
    assert (back.state, back.captured, back.reversed) == (PaymentState.REVERSED, Decimal("0.00"), TOTAL)
    with pytest.raises(GatewayRefused) as refused:
        gateway.capture(attempt, None, currency="ZAR", key="capture_1")
    assert refused.value.reason == "authorization_expired"


@pytest.mark.parametrize(
    ("card", "state"),
    [
        ("4000000000000341", PaymentState.DECLINED),
        ("4000002760003184", PaymentState.NEEDS_CUSTOMER),
    ],
)
def test_a_saved_card_that_is_refused(gateway: StripeGateway, charge: Charge, card: str, state: PaymentState) -> None:
    attempt, payment = charge(card)
    assert (payment.state, payment.captured) == (state, Decimal("0.00"))
    assert gateway.look(attempt).state is state


def test_the_same_key_with_another_body_is_refused(gateway: StripeGateway, charge: Charge) -> None:
    attempt, _ = charge()
    other = replace(attempt, body=attempt.body.replace(b"amount=50000", b"amount=40000"))
    assert other.body != attempt.body
    with pytest.raises(GatewayRefused) as refused:
        gateway.charge_saved(other)
    assert refused.value.reason == "idempotency_error"


def test_a_part_that_the_dashboard_refunds_is_seen(gateway: StripeGateway, charge: Charge) -> None:
    attempt, _ = charge()
    gateway.calls.post("/v1/refunds", f"payment_intent={attempt.payment_id}&amount=12000".encode())
    after = gateway.look(attempt)
    assert (after.state, after.captured, after.reversed) == (PaymentState.TAKEN, TOTAL, Decimal("120.00"))
    assert gateway.give_back(attempt, key="back_1").reversed == TOTAL


def test_a_dispute_is_seen_and_listed_and_refunds_end(gateway: StripeGateway, charge: Charge) -> None:
    attempt, paid = charge(DISPUTED)
    assert gateway.look(attempt).disputed
    found = [one.kind for one in gateway.reports(since=BEFORE_ALL) if one.ids.payment_id == paid.payment_id]
    assert found == ["charge.dispute.created"]
    with pytest.raises(GatewayRefused) as refused:
        gateway.give_back(attempt, key="back_1")
    assert refused.value.reason == "charge_disputed"


def test_a_refund_is_listed_as_it_was_reported(gateway: StripeGateway, charge: Charge) -> None:
    attempt, paid = charge()
    gateway.give_back(attempt, key="back_1")
    found = [one.kind for one in gateway.reports(since=BEFORE_ALL) if one.ids.payment_id == paid.payment_id]
    assert found == ["charge.refunded"]


def test_an_object_of_another_account_is_unknown(gateway: StripeGateway, charge: Charge) -> None:
    attempt, _ = charge()
    elsewhere = replace(gateway, calls=replace(gateway.calls, base_url=made_world()))
    with pytest.raises(GatewayRefused) as refused:
        elsewhere.look(attempt)
    assert refused.value.reason == "resource_missing"


def test_a_charge_is_found_by_its_list(gateway: StripeGateway, charge: Charge) -> None:
    attempt, paid = charge()
    lost = replace(attempt, payment_id=None)
    later = replace(gateway, now=lambda: datetime(2100, 1, 1, tzinfo=UTC))
    assert later.charge_saved(lost).payment_id == paid.payment_id
