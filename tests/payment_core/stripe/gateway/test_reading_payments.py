"""How much of a payment is there is read from what Stripe says of its money, not from one status."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.payment import Card, CardToken, Payment, PaymentState
from payment_core.gateways.stripe.payments import of_charge, of_intent, of_session
from tests.payment_core.conftest import MERCHANT


def intent(*refunds: tuple[int, str], **changes: Any) -> dict[str, Any]:
    """Return a paid intent of R 150.00 with refunds, each an amount in cents and its status."""
    charge = {
        "id": "ch_1",
        "status": "succeeded",
        "amount_refunded": sum(amount for amount, _ in refunds),
        "refunds": {"data": [{"amount": amount, "status": status} for amount, status in refunds], "has_more": False},
    }
    plain = {"id": "pi_1", "status": "succeeded", "currency": "zar", "amount": 15000, "amount_received": 15000}
    return {**plain, "latest_charge": charge, **changes}


@pytest.mark.parametrize(
    ("refunds", "state", "reversed_"),
    [
        ([], PaymentState.TAKEN, "0.00"),
        ([(4000, "succeeded")], PaymentState.TAKEN, "40.00"),
        ([(15000, "succeeded")], PaymentState.REVERSED, "150.00"),
        ([(4000, "succeeded"), (11000, "pending")], PaymentState.REVERSED, "150.00"),
        ([(15000, "failed")], PaymentState.TAKEN, "0.00"),
        ([(4000, "succeeded"), (11000, "canceled")], PaymentState.TAKEN, "40.00"),
    ],
)
def test_a_payment_is_reversed_when_all_of_it_went_back_and_a_failed_refund_is_none(
    refunds: list[tuple[int, str]], state: PaymentState, reversed_: str
) -> None:
    payment = of_intent(intent(*refunds), MERCHANT)
    assert (payment.state, payment.captured, payment.reversed) == (state, Decimal("150.00"), Decimal(reversed_))


@pytest.mark.parametrize(
    ("refunds", "state", "reversed_"),
    [
        ([], PaymentState.TAKEN, "0.00"),
        ([(4000, "succeeded")], PaymentState.TAKEN, "40.00"),
        ([(10000, "succeeded")], PaymentState.REVERSED, "100.00"),
    ],
)
def test_of_a_hold_no_more_can_go_back_than_was_captured(
    refunds: list[tuple[int, str]], state: PaymentState, reversed_: str
) -> None:
    payment = of_intent(intent(*refunds, amount_received=10000), MERCHANT)
    assert (payment.state, payment.authorized, payment.captured) == (state, Decimal("150.00"), Decimal("100.00"))
    assert payment.reversed == Decimal(reversed_)


@pytest.mark.parametrize(
    ("charge", "reversed_"),
    [
        # Without its refunds, or with a part of them, what the charge counts is all there is.
        ({"amount_refunded": 0}, "0.00"),
        ({"amount_refunded": None}, "0.00"),
        ({"amount_refunded": 4000, "refunds": {"data": [{"amount": 1000}], "has_more": True}}, "40.00"),
        # One of the two may be ahead: nobody is told of more than both say.
        ({"amount_refunded": 3000, "refunds": {"data": [{"amount": 4000, "status": "succeeded"}]}}, "30.00"),
        ({"amount_refunded": 5000, "refunds": {"data": [{"amount": 4000, "status": "succeeded"}]}}, "40.00"),
    ],
)
def test_no_more_went_back_than_the_charge_and_its_refunds_both_say(charge: dict[str, Any], reversed_: str) -> None:
    payment = of_intent(intent(latest_charge={"id": "ch_1", "status": "succeeded", **charge}), MERCHANT)
    assert (payment.state, payment.reversed) == (PaymentState.TAKEN, Decimal(reversed_))


@pytest.mark.parametrize(("amount", "currency"), [(14999, "zar"), (15001, "zar"), (15000, "usd")])
def test_a_payment_of_another_amount_than_its_page_shows_is_one_of_nothing(amount: int, currency: str) -> None:
    """So that it differs from whatever was asked, and raises the alarm."""
    session = {"id": "cs_1", "status": "complete", "currency": "zar", "amount_total": 15000}
    honest = of_session({**session, "payment_intent": intent()}, MERCHANT)
    assert honest.amount == Decimal("150.00")
    other = of_session({**session, "payment_intent": intent(amount=amount, currency=currency)}, MERCHANT)
    assert other.amount == 0


S = PaymentState
FAILED_CHARGE = {"id": "ch_1", "status": "failed"}
HELD_CHARGE = {"id": "ch_1", "status": "succeeded"}
REFUSED = {"code": "card_declined", "decline_code": "do_not_honor"}
NOTHING: dict[str, Any] = {"amount_received": 0, "latest_charge": None}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "requires_payment_method"}, S.OPEN),
        ({"status": "requires_confirmation"}, S.OPEN),
        ({"status": "requires_action"}, S.OPEN),
        ({"status": "requires_payment_method", "last_payment_error": REFUSED}, S.DECLINED),
        # The customer is being asked by the bank: an earlier card's refusal is no end.
        ({"status": "requires_action", "last_payment_error": REFUSED}, S.OPEN),
        # After a card that was refused another was taken, or is being asked for: what is so now counts.
        ({"status": "processing", "last_payment_error": REFUSED}, S.UNDER_WAY),
        ({"status": "requires_capture", "last_payment_error": REFUSED, "latest_charge": HELD_CHARGE}, S.HELD),
        ({"status": "canceled", "last_payment_error": REFUSED}, S.DEAD),
        ({"status": "processing"}, S.UNDER_WAY),
        ({"status": "of tomorrow"}, S.UNDER_WAY),
        ({"status": "requires_capture", "latest_charge": HELD_CHARGE}, S.HELD),
        # Of what is held nothing can have been refunded, whatever the charge counts.
        ({"status": "requires_capture", "latest_charge": {**HELD_CHARGE, "amount_refunded": 5000}}, S.HELD),
        ({"status": "canceled"}, S.DEAD),
        ({"status": "canceled", "latest_charge": FAILED_CHARGE}, S.DEAD),
        ({"status": "canceled", "latest_charge": HELD_CHARGE}, S.REVERSED),
    ],
)
def test_each_status_of_an_intent_means_one_thing(changes: dict[str, Any], state: PaymentState) -> None:
    payment = of_intent(intent(**{**NOTHING, **changes}), MERCHANT)
    all_of_it, nothing = Decimal("150.00"), Decimal(0)
    has_money = state in (S.HELD, S.REVERSED)
    assert (payment.state, payment.authorized) == (state, all_of_it if has_money else nothing)
    assert (payment.captured, payment.reversed) == (nothing, all_of_it if state is S.REVERSED else nothing)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "requires_payment_method", "last_payment_error": REFUSED}, S.DECLINED),
        ({"status": "requires_payment_method"}, S.DECLINED),
        ({"status": "requires_action"}, S.NEEDS_CUSTOMER),
        ({"status": "requires_payment_method", "last_payment_error": {"code": "authentication_required"}}, S.NEEDS_CUSTOMER),
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "authentication_required", "decline_code": "do_not_honor"},
            },
            S.NEEDS_CUSTOMER,
        ),
        ({"status": "processing"}, S.UNDER_WAY),
    ],
)  # fmt: skip
def test_a_saved_card_that_waits_for_somebody_is_over(changes: dict[str, Any], state: PaymentState) -> None:
    assert of_charge(intent(**{**NOTHING, **changes}), MERCHANT).state is state


@pytest.mark.parametrize(
    ("of_page", "of_money", "state"),
    [
        ("open", None, S.OPEN),
        ("expired", None, S.DEAD),
        ("open", {"status": "requires_payment_method"}, S.OPEN),
        ("expired", {"status": "requires_payment_method"}, S.DEAD),
        ("expired", {"status": "requires_payment_method", "last_payment_error": REFUSED}, S.DEAD),
        ("expired", {"status": "processing"}, S.UNDER_WAY),
        ("expired", {"status": "requires_capture", "latest_charge": HELD_CHARGE}, S.HELD),
    ],
)
def test_a_page_is_dead_once_it_is_over_and_no_money_is_on_its_way(
    of_page: str, of_money: dict[str, Any] | None, state: PaymentState
) -> None:
    session = {"id": "cs_1", "status": of_page, "currency": "zar", "amount_total": 15000}
    paid = None if of_money is None else intent(**{**NOTHING, **of_money})
    payment = of_session({**session, "payment_intent": paid}, MERCHANT)
    assert (payment.state, payment.amount, payment.page_id) == (state, Decimal("150.00"), "cs_1")


def of_charge_with(**changes: Any) -> Payment:
    paid = intent()
    return of_intent({**paid, "latest_charge": {**paid["latest_charge"], **changes}}, MERCHANT)


def test_whose_payment_it_is_and_when_it_was_decided_is_read_where_it_is_said() -> None:
    card = {"card": {"capture_before": 1764936000}}
    known = of_intent({**intent(), "metadata": {"link": "link_1"}}, MERCHANT)
    decided = of_charge_with(created=1764331200, payment_method_details=card)
    assert (known.link_reference, known.payment_id, known.reconciliation) == ("link_1", "pi_1", "ch_1")
    assert decided.decided_at == datetime(2025, 11, 28, 12, 0, tzinfo=UTC)
    assert decided.capture_before == datetime(2025, 12, 5, 12, 0, tzinfo=UTC)
    bare: list[dict[str, Any]] = [{}, {"metadata": None}, {"metadata": {}}]
    for nothing in bare:
        read = of_intent({**intent(), **nothing, "latest_charge": None}, MERCHANT)
        assert (read.link_reference, read.decided_at, read.capture_before, read.reconciliation) == (None,) * 4
    session = {
        "id": "cs_1",
        "status": "open",
        "currency": "zar",
        "amount_total": 15000,
        "client_reference_id": "link_2",
    }
    page = of_session({**session, "payment_intent": {**intent(), "metadata": {"link": "link_1"}}}, MERCHANT)
    assert (page.link_reference, page.page_id, page.payment_id) == ("link_2", "cs_1", "pi_1")


def test_a_refusal_names_its_card_though_its_charge_is_a_bare_id() -> None:
    """Else the customer would read of a card without its ending."""
    method = {"card": {"brand": "visa", "last4": "0341"}}
    refused = intent() | {"status": "requires_payment_method", "amount_received": 0, "latest_charge": "ch_1"}
    read = of_intent(refused | {"last_payment_error": {"code": "card_declined", "payment_method": method}}, MERCHANT)
    assert (read.state, read.card) == (PaymentState.DECLINED, Card("Visa", "0341"))


def test_what_a_part_of_its_refunds_does_not_show_is_counted_by_the_charge() -> None:
    """A charge names ten of them at most; a capture of a part may count what it releases."""
    shown = {"data": [{"amount": 1000, "status": "succeeded"}], "has_more": True}
    assert of_charge_with(amount_refunded=4000, refunds=shown).reversed == Decimal("40.00")
    assert of_charge_with(amount_refunded=4000, refunds={**shown, "has_more": False}).reversed == Decimal("10.00")
    assert of_charge_with(amount_refunded=4000, refunds=None).reversed == Decimal("40.00")


def test_what_is_said_beside_the_money() -> None:
    balance = {"status": "available", "currency": "zar", "fee": 450}
    assert (of_charge_with(balance_transaction=balance).settled, of_charge_with().settled) == (True, False)
    assert not of_charge_with(balance_transaction={**balance, "status": "pending"}).settled
    assert of_charge_with(balance_transaction=balance).fee == Decimal("4.50")
    assert of_charge_with(balance_transaction={**balance, "currency": "usd"}).fee is None, "paid out in another one"
    assert (of_charge_with(disputed=True).disputed, of_charge_with().disputed) == (True, False)


@pytest.mark.parametrize(
    ("statuses", "failed"),
    [
        ([], 0),
        (["succeeded"], 0),
        (["pending", "canceled", "requires_action"], 0),
        (["failed"], 1),
        (["failed", "succeeded", "pending"], 1),
        # Each is told: a second one that fails is news, too.
        (["failed", "succeeded", "failed"], 2),
    ],
)
def test_refunds_that_failed_are_counted_and_no_others(statuses: list[str], failed: int) -> None:
    refunds = {"data": [{"amount": 1, "status": one} for one in statuses], "has_more": False}
    read = of_charge_with(refunds=refunds)
    assert (read.failed_refunds, read.refund_failed) == (failed, failed > 0)


@pytest.mark.parametrize("review", ["rv_1", {"open": True}])
def test_a_review_of_money_that_is_there_holds_the_goods_back(review: object) -> None:
    assert of_intent(intent(review=review), MERCHANT).in_review
    assert not of_intent(intent((15000, "succeeded"), review=review), MERCHANT).in_review, "it went back"
    assert not of_intent(intent(**NOTHING, status="processing", review=review), MERCHANT).in_review
    assert not of_intent(intent(review={"open": False}), MERCHANT).in_review


def test_a_refusal_is_named_by_the_banks_own_word_where_it_has_one() -> None:
    for error, word in ((REFUSED, "do_not_honor"), ({"code": "expired_card"}, "expired_card"), (None, None)):
        refused = intent(**NOTHING, status="requires_payment_method", last_payment_error=error)
        assert of_intent(refused, MERCHANT).decline_code == word


def test_a_card_is_kept_only_of_a_page_that_was_opened_to_keep_one() -> None:
    ids = {"customer": "cus_1", "payment_method": "pm_1"}
    saved = of_intent(intent(**ids, setup_future_usage="off_session"), MERCHANT).saved
    assert saved == CardToken("cus_1", "pm_1")
    assert of_intent(intent(**ids), MERCHANT).saved is None
    assert of_intent(intent(**ids, setup_future_usage="on_session"), MERCHANT).saved is None
    assert of_intent(intent(customer="cus_1", setup_future_usage="off_session"), MERCHANT).saved is None
    assert of_intent(intent(payment_method="pm_1", setup_future_usage="off_session"), MERCHANT).saved is None


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ({"last4": "4242", "brand": "visa", "exp_year": 2030, "exp_month": 3}, Card("Visa", "4242", "2030-03")),
        ({"last4": "4242", "brand": None}, Card("Card", "4242")),
        ({"brand": "visa", "exp_year": 2030, "exp_month": 3}, None),
        (None, None),
    ],
)
def test_of_a_card_is_shown_what_stripe_says_of_it(card: dict[str, Any] | None, shown: Card | None) -> None:
    assert of_charge_with(payment_method_details={"card": card}).card == shown
