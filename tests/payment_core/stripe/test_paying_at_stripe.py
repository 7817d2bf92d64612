"""Pages, holds, captures, refunds, reviews and saved cards, against the stand-in over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import LinkStatus, PaymentStatus, ThreeDSecure
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.domain.saved_card import ReplyRules, SavedCard
from payment_core.errors import Refusal, TryLater
from payment_core.gateways.gateway import GatewayRefused, PaymentIds
from payment_core.gateways.stripe.bodies import asked_of
from payment_core.gateways.stripe.calls import StripeCalls
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.journeys.amending.move_money import capture, finish_moves, reverse
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.journeys.paying.save_card import forget_cards
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.services import Core
from payment_core.store import merchants, phone_key
from payment_core.store.links import attempts, saved_cards
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.faults import Fault
from tests.payment_core.conftest import events_of
from tests.payment_core.fakes import MovableClock
from tests.payment_core.stripe.conftest import CHALLENGED, DECLINED, IN_REVIEW, VISA, Shop

OPENED = "POST /v1/checkout/sessions"
CHARGED = "POST /v1/payment_intents"
CAPTURED = "POST /v1/payment_intents/{id}/capture"
TOTAL = Decimal("150.00")


def test_a_page_is_paid_once_and_says_what_card_it_was(core: Core, merchant: Merchant, shop: Shop) -> None:
    link = shop.link(merchant)
    page = shop.open(merchant, link)
    assert shop.open(merchant, link) == page, "a second press must not end the page"
    shop.pay(page)
    paid = look(core, shop.attempt(link))
    assert paid is not None
    assert (paid.payment_status, paid.captured, paid.card_brand, paid.card_last4) == (
        PaymentStatus.RECEIVED, TOTAL, "Visa", "4242",
    )  # fmt: skip
    [intent] = shop.intents(link)
    assert (intent["amount"], intent["currency"]) == (15000, "zar")
    assert len(shop.sessions(link)) == 1


def test_sub_total_and_tax_are_two_lines_of_one_total(merchant: Merchant, shop: Shop) -> None:
    link = shop.link(merchant, tax=Decimal("19.57"), sub_total=Decimal("130.43"))
    shop.open(merchant, link)
    assert shop.sessions(link)[0]["amount_total"] == 15000


def test_a_tax_whose_last_digit_stripe_cannot_charge_is_part_of_one_line(
    core: Core, merchant: Merchant, shop: Shop
) -> None:
    link = shop.link(
        merchant, currency="KWD", total=Decimal("12.340"), tax=Decimal("0.588"), sub_total=Decimal("11.752")
    )
    shop.pay(shop.open(merchant, link))
    look(core, shop.attempt(link))
    assert (shop.sessions(link)[0]["amount_total"], shop.now(link).captured) == (12340, Decimal("12.340"))
    assert [asked_of(shop.attempt(link).body).units, b"line_items%5B1%5D" in shop.attempt(link).body] == [12340, False]


def test_a_declined_card_leaves_the_page_open_for_another(
    core: Core, merchant: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    page = shop.open(merchant, link)
    shop.pay(page, DECLINED)
    declined = look(core, shop.attempt(link))
    assert declined is not None
    assert (declined.payment_status, declined.payable) == (PaymentStatus.DECLINED, True)
    clock.move(seconds=20)
    shop.pay(page, VISA)
    paid = look(core, shop.attempt(link))
    assert paid is not None
    assert paid.payment_status is PaymentStatus.RECEIVED


def test_a_banks_challenge_is_answered_on_the_page(core: Core, merchant: Merchant, shop: Shop) -> None:
    link = shop.link(merchant)
    page = shop.open(merchant, link)
    shop.pay(page, CHALLENGED)
    waiting = look(core, shop.attempt(link))
    assert waiting is not None
    assert waiting.payment_status is None
    shop.pay(page, approve="yes")
    paid = look(core, shop.attempt(link))
    assert paid is not None
    assert paid.payment_status is PaymentStatus.RECEIVED


def test_a_link_expires_when_its_page_is_dead_and_a_refused_card_is_no_reversal(
    core: Core, merchant: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link), DECLINED)
    clock.move(minutes=16)
    expire_links(core)
    after = shop.now(link)
    assert (after.status, after.payment_status) == (LinkStatus.EXPIRED, None)
    assert [one["status"] for one in shop.sessions(link)] == ["expired"]
    assert [one["status"] for one in shop.intents(link)] == ["canceled"]


def test_money_that_is_quicker_than_the_deadline_counts(
    core: Core, merchant: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    clock.move(minutes=16)
    expire_links(core)
    assert (shop.now(link).status, shop.now(link).payment_status) == (LinkStatus.CLICKED, PaymentStatus.RECEIVED)


@pytest.mark.parametrize("fault", list(Fault))
def test_a_page_whose_answer_was_lost_is_found_again(
    merchant: Merchant, shop: Shop, stand_in: StripeStandIn, fault: Fault
) -> None:
    link = shop.link(merchant)
    stand_in.faults.add(OPENED, fault)
    page = None
    for _ in range(3):
        try:
            page = shop.open(merchant, link)
            break
        except TryLater:
            continue
    assert page is not None
    assert len([one for one in shop.sessions(link) if one["status"] == "open"]) == 1


@pytest.mark.parametrize("fault", list(Fault))
def test_a_page_that_nobody_heard_of_is_closed_at_the_deadline(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock, fault: Fault
) -> None:
    link = shop.link(merchant)
    stand_in.faults.add(OPENED, fault)
    if fault is Fault.ERROR_AFTER:
        shop.open(merchant, link)
    else:
        with pytest.raises(TryLater):
            shop.open(merchant, link)
    clock.move(minutes=16)
    for _ in range(3):
        expire_links(core)
        look_at_payments(core, owner="test")
        clock.move(minutes=1)
    assert shop.now(link).status is LinkStatus.EXPIRED
    assert not [one for one in shop.sessions(link) if one["status"] == "open"]


def test_a_page_that_is_known_is_closed_itself_however_late(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    """Stripe forgets a key after a day: the request that opened the page would then open another, which nobody has."""
    link = shop.link(merchant)
    shop.open(merchant, link)
    clock.move(days=3)
    asked = stand_in.api.calls.count(OPENED)
    closed = core.gateways.of(merchant, merchant.gateway).close_page(shop.attempt(link))
    assert (closed.state, closed.page_id) == (PaymentState.DEAD, shop.attempt(link).page_id)
    assert stand_in.api.calls.count(OPENED) == asked
    assert [one["status"] for one in shop.sessions(link)] == ["expired"]


def test_a_page_that_asks_for_another_amount_is_alarmed_and_closed(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    link = shop.link(merchant)
    create = stand_in.sessions.create
    stand_in.sessions.create = lambda body: stand_in.account.save(create(body) | {"amount_total": 1500000})  # type: ignore[method-assign]
    assert shop.open(merchant, link) is None
    assert (shop.now(link).attention, shop.now(link).payable) == ("amount_differs", False)
    clock.move(minutes=1)
    look_at_payments(core, owner="test")
    assert [one["status"] for one in shop.sessions(link)] == ["expired"]
    assert shop.attempt(link).state is AttemptState.ENDED


@pytest.mark.parametrize("change", [{"amount": 1}, {"currency": "xxx"}, {"currency": "usd"}])
def test_another_amount_or_currency_than_was_asked_for_is_not_believed(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, change: dict[str, object]
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    stand_in.account.save(shop.intents(link)[0] | change)
    after = look(core, shop.attempt(link))
    assert after is not None
    assert (after.payment_status, after.attention, after.payable) == (None, "amount_differs_taken", False)
    finish_moves(core, owner="test")
    expire_links(core)
    after = shop.now(link)
    assert (after.status, after.attention) == (LinkStatus.EXPIRED, "amount_differs_returned")


def test_an_answer_of_the_other_mode_is_not_believed(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    stand_in.account.save(shop.sessions(link)[0] | {"livemode": True})
    assert look(core, shop.attempt(link)) is None
    assert shop.now(link).payment_status is None


def test_a_page_of_the_other_mode_is_given_to_nobody(
    core: Core, merchant: Merchant, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer would pay nothing there, or for real what was to be a test."""
    link = shop.link(merchant)
    post = StripeCalls.post

    def of_the_other_mode(*given: Any, **more: Any) -> dict[str, Any]:
        return post(*given, **more) | {"livemode": True}

    monkeypatch.setattr(StripeCalls, "post", of_the_other_mode)
    with pytest.raises(TryLater):
        shop.open(merchant, link)
    monkeypatch.undo()
    assert shop.open(merchant, link), "the next press makes another"


READS: dict[str, Callable[[StripeGateway, Attempt], object]] = {
    "page opened": lambda gateway, attempt: gateway.open_page(attempt),
    "page closed": lambda gateway, attempt: gateway.close_page(attempt),
    "page read": lambda gateway, attempt: gateway.look(attempt),
    "card charged": lambda gateway, attempt: gateway.charge_saved(attempt),
    "charge read": lambda gateway, attempt: gateway.look(replace(attempt, page_id=None, payment_id="pi_1")),
    "object named": lambda gateway, attempt: gateway.named(PaymentIds(None, "pi_1")),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_nothing_is_read_of_an_object_of_the_other_mode(
    core: Core, merchant: Merchant, shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    link = shop.link(merchant)
    shop.open(merchant, link)
    attempt, gateway = shop.attempt(link), core.gateways.of(merchant, merchant.gateway)
    assert isinstance(gateway, StripeGateway)
    for verb in ("get", "post"):
        monkeypatch.setattr(StripeCalls, verb, lambda *_, **__: {"id": "x", "url": "https://x", "livemode": True})
    with pytest.raises(GatewayRefused) as refused:
        READS[name](gateway, attempt)
    assert refused.value.reason == "other_mode"


def test_a_part_of_what_is_held_is_taken_once_and_the_rest_released(
    core: Core, holding: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(holding)
    shop.pay(shop.open(holding, link))
    held = look(core, shop.attempt(link))
    assert held is not None
    assert (held.payment_status, held.authorized, held.captured) == (PaymentStatus.AUTHORIZED, TOTAL, Decimal("0.00"))
    assert held.capture_before == clock() + timedelta(days=7)
    taken = capture(core, holding, link.reference, Decimal("100.00"))
    assert (taken.payment_status, taken.captured, taken.reversed) == (
        PaymentStatus.CAPTURED,
        Decimal("100.00"),
        Decimal("0.00"),
    )
    with pytest.raises(Refusal) as refused:
        capture(core, holding, link.reference, None)
    assert refused.value.word == "ALREADY_CAPTURED"
    voided = reverse(core, holding, link.reference)
    assert (voided.payment_status, voided.reversed, voided.has_money) == (
        PaymentStatus.VOIDED,
        Decimal("100.00"),
        False,
    )


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.BUSY])
def test_a_capture_whose_answer_was_lost_is_found_out_and_made_once(
    core: Core, holding: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock, fault: Fault
) -> None:
    link = shop.link(holding)
    shop.pay(shop.open(holding, link))
    look(core, shop.attempt(link))
    stand_in.faults.add(CAPTURED, fault)
    with suppress(Refusal):
        capture(core, holding, link.reference, Decimal("100.00"))
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert (shop.now(link).payment_status, shop.now(link).captured) == (PaymentStatus.CAPTURED, Decimal("100.00"))
    assert [one["amount_received"] for one in shop.intents(link)] == [10000]


@pytest.mark.parametrize("operation", ["POST /v1/refunds", "POST /v1/payment_intents/{id}/cancel"])
@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.BUSY])
def test_money_whose_return_was_not_answered_comes_back_once(
    core: Core, merchant: Merchant, holding: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock,
    operation: str, fault: Fault,
) -> None:  # fmt: skip
    seller = merchant if operation.endswith("refunds") else holding
    link = shop.link(seller)
    shop.pay(shop.open(seller, link))
    look(core, shop.attempt(link))
    stand_in.faults.add(operation, fault)
    with suppress(Refusal):
        reverse(core, seller, link.reference)
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert (shop.now(link).has_money, shop.now(link).reversed) == (False, TOTAL)
    assert len(list(stand_in.account.each("refund"))) == (1 if seller is merchant else 0)


@pytest.mark.parametrize("name", ["capture", "give_back", "is_fraud_suspected"])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_of_a_page_whose_payment_was_not_named_yet_the_account_is_asked_for_it(
    core: Core, holding: Merchant, shop: Shop, name: str
) -> None:
    """Money was held on the page, and nobody has looked since; where none was, there is nothing to move."""
    paid, unpaid = shop.link(holding), shop.link(holding, caller_reference="unpaid")
    shop.pay(shop.open(holding, paid))
    shop.open(holding, unpaid)
    gateway = core.gateways.of(holding, holding.gateway)
    deeds: dict[str, Callable[[Attempt], object]] = {
        "capture": lambda attempt: gateway.capture(attempt, None, currency="ZAR", key="key").state,
        "give_back": lambda attempt: gateway.give_back(attempt, key="key").state,
        "is_fraud_suspected": lambda attempt: gateway.is_fraud_suspected(attempt),
    }
    ends = {"capture": PaymentState.TAKEN, "give_back": PaymentState.REVERSED, "is_fraud_suspected": False}
    assert shop.attempt(paid).payment_id is None
    assert deeds[name](shop.attempt(paid)) == ends[name]
    with pytest.raises(GatewayRefused) as refused:
        deeds[name](shop.attempt(unpaid))
    assert refused.value.reason == "not_paid"


def test_a_hold_that_ended_by_itself_is_reversed_and_cannot_be_captured(
    core: Core, holding: Merchant, shop: Shop, clock: MovableClock
) -> None:
    link = shop.link(holding)
    shop.pay(shop.open(holding, link))
    look(core, shop.attempt(link))
    clock.move(days=7, seconds=1)
    with pytest.raises(Refusal) as refused:
        capture(core, holding, link.reference, None)
    assert refused.value.word == "AUTHORIZATION_EXPIRED"
    after = look(core, shop.attempt(link))
    assert after is not None
    assert (after.payment_status, after.reversed) == (PaymentStatus.REVERSED, TOTAL)


def test_a_review_of_a_sale_is_money_that_must_not_ship(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link), IN_REVIEW)
    taken = look(core, shop.attempt(link))
    assert taken is not None
    assert (taken.payment_status, taken.in_review) == (PaymentStatus.RECEIVED, True)
    stand_in.intents.close_review(shop.intents(link)[0], approve=True)
    approved = look(core, shop.attempt(link))
    assert approved is not None
    assert (approved.payment_status, approved.in_review) == (PaymentStatus.RECEIVED, False)


def test_settled_money_is_known_and_its_fee_read(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn
) -> None:
    link = shop.link(merchant)
    shop.pay(shop.open(merchant, link))
    stand_in.intents.settle()
    after = look(core, shop.attempt(link))
    assert after is not None
    assert after.settled
    assert core.gateways.of(merchant, "stripe").look(shop.attempt(link)).fee == Decimal("4.35")


def saved(core: Core, merchant: Merchant, shop: Shop, number: str = VISA) -> tuple[Merchant, SavedCard]:
    """Return the merchant, who takes replies from everywhere, and the card that a customer saved."""
    seller = replace(merchant, reply=ReplyRules(refused_countries=frozenset()))
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="saving")
    page = shop.open(seller, link, saves=True)
    shop.pay(page, number)
    if number != VISA and shop.intents(link)[0]["status"] == "requires_action":
        shop.pay(page, approve="yes")
    look(core, shop.attempt(link))
    with core.transactions.read() as work:
        key = phone_key.of(core, seller.merchant_id, link.phone)
        [card] = saved_cards.of_payer(work, seller.merchant_id, "003000000000001", key)
    return seller, card


def test_a_reply_is_charged_by_one_call(core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn) -> None:
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    stand_in.api.calls.clear()
    paid = charge_saved_card(core, seller, link, card)
    assert paid is not None
    assert (paid.payment_status, paid.captured, paid.card_last4) == (PaymentStatus.RECEIVED, TOTAL, "4242")
    assert stand_in.api.calls == [CHARGED]


def test_a_card_that_was_just_saved_is_offered_in_any_year(
    core: Core, merchant: Merchant, shop: Shop, clock: MovableClock
) -> None:
    clock.move(days=12 * 366)
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    with core.transactions.read() as work:
        key = phone_key.of(core, seller.merchant_id, link.phone)
        assert offered_card(work, core, seller, link, key) == card


@pytest.mark.parametrize(
    ("number", "status"), [("4000002760003184", None), ("4000000000000341", PaymentStatus.DECLINED)]
)
def test_a_reply_that_is_not_taken_leaves_the_link_to_pay(
    core: Core, merchant: Merchant, shop: Shop, number: str, status: PaymentStatus | None
) -> None:
    seller, card = saved(core, merchant, shop, number)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    after = charge_saved_card(core, seller, link, card)
    assert after is not None
    assert (after.payment_status, after.payable) == (status, True)
    shop.pay(shop.open(seller, link))
    paid = look(core, shop.attempt(link))
    assert paid is not None
    assert paid.payment_status is PaymentStatus.RECEIVED


@pytest.mark.parametrize("seconds", [-30, 0, 5, 600])
def test_a_refused_reply_is_news_once_whatever_clock_stripe_goes_by(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, seconds: int
) -> None:
    seller, card = saved(core, merchant, shop, "4000000000000341")
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    refused = charge_saved_card(core, seller, link, card)
    [charge] = [one for one in stand_in.account.each("charge") if one["payment_intent"] == shop.intents(link)[0]["id"]]
    # The refusal itself carries no time of Stripe's; a look at it afterwards does.
    charge["created"] += seconds
    stand_in.account.save(charge)
    look(core, shop.attempt(link))
    assert shop.now(link) == refused


def test_a_look_that_failed_beside_a_refusal_is_made_once_more_and_never_again(
    core: Core, merchant: Merchant, shop: Shop
) -> None:
    """It would ask Stripe as fast as it can, for ever."""
    seller, card = saved(core, merchant, shop, "4000000000000341")
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    charge_saved_card(core, seller, link, card)
    with core.transactions.write() as work:
        attempts.change(work, shop.attempt(link), look_at=core.now())
    assert [look_at_payments(core, owner="test") for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("fault", list(Fault))
def test_a_reply_whose_answer_was_lost_is_found_and_charged_once(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock, fault: Fault
) -> None:
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    stand_in.faults.add(CHARGED, fault)
    charge_saved_card(core, seller, link, card)
    for _ in range(18):
        clock.move(minutes=1)
        look_at_payments(core, owner="test")
        expire_links(core)
    after = shop.now(link)
    if fault is Fault.ERROR_BEFORE:
        # Nothing was charged, and the key says 500 for a day: it ends as never made.
        assert (after.status, shop.intents(link)) == (LinkStatus.EXPIRED, [])
    else:
        assert after.payment_status is PaymentStatus.RECEIVED
        assert len(shop.intents(link)) == 1


def test_a_charge_that_was_never_sent_is_not_sent_hours_later(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    stand_in.faults.add(CHARGED, Fault.LOST_BEFORE)
    assert charge_saved_card(core, seller, link, card) is None
    clock.move(hours=30)
    look_at_payments(core, owner="test")
    expire_links(core)
    assert (shop.now(link).status, shop.intents(link)) == (LinkStatus.EXPIRED, [])
    assert shop.attempt(link).kind is AttemptKind.SAVED_CARD
    with core.transactions.read() as work:
        assert attempts.live_of(work, link.reference) is None


@pytest.mark.parametrize("away", [{"minutes": 12}, {"hours": 30}, {"days": 40}])
@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_charge_whose_answer_was_lost_by_a_crash_is_found_however_late(
    merchant: Merchant, core: Core, shop: Shop, stand_in: StripeStandIn, clock: MovableClock,
    make_core: Callable[..., Core], away: dict[str, int], is_deleted: bool,
) -> None:  # fmt: skip
    """Its webhooks are lost, too, and its customer may be deleted: the link waits for what Stripe says, and no end is told."""
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    stand_in.faults.add(CHARGED, Fault.LOST_AFTER)
    assert charge_saved_card(core, seller, link, card) is None
    if is_deleted:
        customer = stand_in.account.find(card.token.customer, "customer")
        assert customer is not None
        stand_in.account.save(customer | {"object": "deleted"})
    clock.move(**away)
    restarted = make_core()
    expire_links(restarted)
    assert shop.now(link).status is not LinkStatus.EXPIRED
    look_at_payments(restarted, owner="test")
    expire_links(restarted)
    after = shop.now(link)
    assert (after.payment_status, after.paid_by) == (PaymentStatus.RECEIVED, shop.attempt(link).attempt_id)
    assert len(shop.intents(link)) == 1
    assert ("PAYMENT_RECEIVED", None) in events_of(core, link)
    assert ("PAYMENT_LINK_EXPIRED", None) not in events_of(core, link)


def test_a_charge_that_may_still_be_under_way_is_not_given_up(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn, clock: MovableClock
) -> None:
    seller, card = saved(core, merchant, shop)
    link = shop.link(seller, payer_reference="003000000000001", caller_reference="reply")
    stand_in.faults.add(CHARGED, Fault.LOST_BEFORE)
    charge_saved_card(core, seller, link, card)
    clock.move(minutes=12)
    look_at_payments(core, owner="test")
    assert shop.attempt(link).is_live
    clock.move(minutes=4)
    look_at_payments(core, owner="test")
    assert not shop.attempt(link).is_live


def test_a_forgotten_card_cannot_be_charged_and_is_forgotten_once(
    core: Core, merchant: Merchant, shop: Shop, stand_in: StripeStandIn
) -> None:
    seller, card = saved(core, merchant, shop)
    forget_cards(core, seller, [card])
    core.gateways.of(seller, "stripe").forget(card.token)
    stored = stand_in.account.find(card.token.card, "payment_method")
    assert stored is not None
    assert stored["customer"] is None


@pytest.mark.parametrize(
    ("currency", "total", "field"),
    [
        ("KWD", "1.005", "total"), ("JPY", "1000000000000", "total"), ("USD", "0.10", "total"), ("EUR", "1000000.00", "total"),
        ("LTL", "10.00", "currency"),
    ],
)  # fmt: skip
def test_what_stripe_cannot_charge_is_refused_before_anything_is_sent(
    core: Core, merchant: Merchant, shop: Shop, currency: str, total: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        shop.link(merchant, currency=currency, total=Decimal(total), sub_total=Decimal(total), tax=Decimal(0))
    names = core.api.operation("send_payment_link").body
    assert (refused.value.status, refused.value.field) == (422, names[field])


def test_a_part_that_stripe_cannot_capture_is_refused_by_field(core: Core, holding: Merchant, shop: Shop) -> None:
    link = shop.link(holding, currency="KWD", total=Decimal("1.500"), sub_total=Decimal("1.500"), tax=Decimal("0.000"))
    shop.pay(shop.open(holding, link))
    look(core, shop.attempt(link))
    with pytest.raises(Refusal) as refused:
        capture(core, holding, link.reference, Decimal("1.005"))
    assert refused.value.status == 422


@pytest.mark.parametrize("policy", list(ThreeDSecure))
def test_the_policy_of_3d_secure_is_sent_where_it_is_not_stripes_own(
    core: Core, merchant: Merchant, shop: Shop, policy: ThreeDSecure
) -> None:
    with core.transactions.write() as work:
        seller = merchants.save(work, replace(merchant, three_d_secure=policy), now=core.now())
    link = shop.link(seller)
    shop.open(seller, link)
    wanted = {} if policy is ThreeDSecure.AUTOMATIC else {"card": {"request_three_d_secure": policy.value}}
    assert shop.sessions(link)[0]["payment_method_options"] == wanted
