"""A customer pays: one payment, one truth, however often the button is pressed and whatever is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from payment_core.domain.attempt import Attempt, AttemptState
from payment_core.domain.enums import Channel, LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import PaymentState
from payment_core.errors import Refusal, TryLater
from payment_core.journeys.amending.move_money import finish_moves, reverse
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.messaging.send_message import send_due
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts, saved_cards
from payment_core.store.schema.tables import messages
from tests.payment_core.conftest import CUSTOMER, events_of
from tests.payment_core.fakes import FakeGateway, FakeMessenger, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

Make = Callable[..., Link]


def look_at(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    look(core, attempt)
    return now_of(core, link)


def written(core: Core) -> list[str]:
    """Return what customers were written, by its purpose."""
    with core.transactions.read() as work:
        query = select(messages.c.purpose).order_by(messages.c.created_at, messages.c.message_id)
        return list(work.connection.execute(query).scalars())


def test_the_button_is_the_click_and_opens_one_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    first = press(core, merchant, link)
    assert first == press(core, merchant, link), "a second tab is given the same page"
    clicked = now_of(core, link)
    assert clicked.status is LinkStatus.CLICKED
    assert (clicked.expires_at - clock()).total_seconds() == 15 * 60
    assert [method for method, _ in gateway.calls] == ["open_page"]


def test_a_payment_is_received_once_however_often_it_is_seen(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    paid = look_at(core, link)
    assert paid.payment_status is PaymentStatus.RECEIVED
    assert (paid.captured, paid.payable) == (Decimal("150.00"), False)
    assert look_at(core, link).version == paid.version
    assert press(core, merchant, paid) is None


def test_who_waits_for_news_or_a_receipt_waits_for_no_sweep(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link, other, third = (make_link(caller_reference=one) for one in ("a", "b", "c"))

    def wakes(do: Callable[[], object]) -> tuple[bool, bool]:
        for one in (core.wake.messages, core.wake.deliveries):
            one.clear()
        do()
        return core.wake.messages.is_set(), core.wake.deliveries.is_set()

    assert wakes(lambda: press(core, merchant, link)) == (False, True)
    assert wakes(lambda: count_click(core, merchant, third.reference)) == (False, True)
    gateway.pay(gateway.key_of(link.reference))
    assert wakes(lambda: look_at(core, link)) == (True, True)
    clock.move(minutes=5)
    assert wakes(lambda: expire_links(core)) == (True, True)
    assert now_of(core, other).status is LinkStatus.EXPIRED


@pytest.mark.parametrize("fault", [Lost.BEFORE, Lost.AFTER])
def test_a_page_whose_answer_was_lost_is_opened_by_the_same_request(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, fault: Lost
) -> None:
    link = make_link()
    gateway.loses("open_page", fault)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    assert press(core, merchant, link) is not None
    keys = {key for method, key in gateway.calls if method == "open_page"}
    assert len(keys) == 1, "another key would open a second page"


def test_a_link_expires_only_when_its_page_is_dead(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    clock.move(minutes=15)
    gateway.loses("close_page", Lost.BEFORE)
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.CLICKED, "the gateway has not said that the page is dead"
    clock.move(seconds=11)
    look_at_payments(core, owner="worker")
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED
    assert gateway.payments[gateway.key_of(link.reference)].state is PaymentState.DEAD
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED, "its order can be paid by another link"


def test_money_that_is_quicker_than_the_deadline_counts(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=20)
    expire_links(core)
    after = now_of(core, link)
    assert (after.status, after.payment_status) == (LinkStatus.CLICKED, PaymentStatus.RECEIVED)


@pytest.mark.parametrize("ticked", [True, False])
def test_a_card_is_kept_where_its_payer_ticked_the_box_whatever_the_gateway_offers(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, ticked: bool
) -> None:
    link = make_link(payer_reference="003000000000001")
    begin_payment(core, merchant, link, saves_card=ticked, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), saves=True)
    assert look_at(core, link).payment_status is PaymentStatus.RECEIVED
    with core.transactions.read() as work:
        kept = saved_cards.of_person(work, merchant.merchant_id, "003000000000001")
    assert len(kept) == ticked


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"saved": None}, False),
        ({"card": None}, False),
        ({"state": PaymentState.DECLINED}, False),
        ({"state": PaymentState.REVERSED, "reversed": Decimal("150.00")}, False),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_card_is_kept_where_money_arrived_by_it_and_counts_from_when_it_was_typed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    changes: dict[str, object], is_kept: bool,
) -> None:  # fmt: skip
    link = make_link(payer_reference="003000000000001")
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    key, typed_at = gateway.key_of(link.reference), clock.move(minutes=1)
    gateway.pay(key, saves=True)
    gateway.change(key, **changes)
    clock.move(minutes=5)
    look_at(core, link)
    with core.transactions.read() as work:
        kept = saved_cards.of_person(work, merchant.merchant_id, "003000000000001")
    assert [one.entered_at for one in kept] == [typed_at] * is_kept


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_kept_card_shows_to_what_its_payer_agreed_when_and_where(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link(payer_reference="003000000000001", language="de", channel=Channel.WHATSAPP)
    clock.move(minutes=1)
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    ticked_at, typed_at = clock(), clock.move(minutes=1)
    gateway.pay(gateway.key_of(link.reference), saves=True)
    clock.move(minutes=5)
    look_at(core, link)
    with core.transactions.read() as work:
        (kept,) = saved_cards.of_person(work, merchant.merchant_id, "003000000000001")
    assert kept.consent_text.startswith("Diese Karte für Zahlungen an Karoo Coffee Roasters speichern")
    assert (kept.consented_at, kept.entered_at, kept.channel) == (ticked_at, typed_at, Channel.WHATSAPP)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_card_without_the_time_of_its_payment_counts_from_now(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link(payer_reference="003000000000001")
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), saves=True, decided_at=None)
    seen_at = clock.move(minutes=5)
    look_at(core, link)
    with core.transactions.read() as work:
        assert saved_cards.of_person(work, merchant.merchant_id, "003000000000001")[0].entered_at == seen_at


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_card_without_an_owner_is_not_kept_and_costs_no_payment(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    """The page shows no box on a link that names no payer, and a form can be sent with one all the same."""
    link = make_link()
    begin_payment(core, merchant, link, saves_card=True, return_url="https://pay.example/pay/x")
    gateway.pay(gateway.key_of(link.reference), saves=True)
    assert look_at(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_payment_that_nobody_reported_is_found_by_the_clock(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    assert look_at_payments(core, owner="test") == 1
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_a_review_whose_end_nobody_reported_is_found_by_the_clock(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    key = gateway.key_of(link.reference)
    gateway.pay(key, state=PaymentState.REVIEW)
    assert look_at(core, link).payment_status is PaymentStatus.REVIEW
    gateway.change(key, state=PaymentState.TAKEN, authorized=link.total, captured=link.total)
    clock.move(minutes=2)
    assert look_at_payments(core, owner="test") == 1
    assert now_of(core, link).payment_status is PaymentStatus.RECEIVED


def test_money_keeps_its_receipt_and_its_reference_whatever_becomes_of_it(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), reconciliation=None)
    paid = look_at(core, link)
    assert (paid.receipt_reference is None, str(paid.reconciliation_reference)[:3]) == (False, "TRN")
    for became in ({"settled": True}, {"reversed": Decimal("40.00")}):
        gateway.change(gateway.key_of(link.reference), **became)
        after = look_at(core, link)
        assert after.version > paid.version
        kept = (after.receipt_reference, after.reconciliation_reference)
        assert kept == (paid.receipt_reference, paid.reconciliation_reference)


def test_another_amount_than_was_asked_for_is_not_believed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), amount=Decimal("1.50"))
    after = look_at(core, link)
    assert (after.payment_status, after.attention, after.has_money) == (None, "amount_differs_taken", False)
    assert (after.receipt_reference, after.reconciliation_reference) == (None, None), "nothing was paid"
    assert expire_links(core) == 0, "its money is still there"
    finish_moves(core, owner="test")
    assert gateway.payments[gateway.key_of(link.reference)].state is PaymentState.REVERSED
    for wake in (core.wake.deliveries, core.wake.messages):
        wake.clear()
    assert [expire_links(core) for _ in range(2)] == [1, 0]
    assert (core.wake.deliveries.is_set(), core.wake.messages.is_set()) == (True, True), "its news waits for no sweep"
    after = now_of(core, link)
    assert (after.status, after.attention) == (LinkStatus.EXPIRED, "amount_differs_returned")
    assert events_of(core, link)[-3:] == [
        ("PAYMENT_ATTENTION", "amount_differs_taken"),
        ("PAYMENT_ATTENTION", "amount_differs_returned"),
        ("PAYMENT_LINK_EXPIRED", None),
    ]


def test_another_amount_that_the_gateway_does_not_give_back_ends_its_link_and_is_a_persons(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), amount=Decimal("1.50"))
    look_at(core, link)
    gateway.loses("give_back", Lost.REFUSED)
    finish_moves(core, owner="test")
    expire_links(core)
    after = look_at(core, link)
    assert (after.status, after.attention) == (LinkStatus.EXPIRED, "return_failed")


def test_a_declined_card_leaves_the_page_open_for_another(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), state=PaymentState.DECLINED)
    declined = look_at(core, link)
    assert (declined.payment_status, declined.payable) == (PaymentStatus.DECLINED, True)
    assert declined.receipt_reference is None, "nothing was paid"
    assert len(written(core)) == 1, "the page itself says so"
    clock.move(seconds=30)
    gateway.pay(gateway.key_of(link.reference))
    assert look_at(core, link).payment_status is PaymentStatus.RECEIVED


def test_the_bad_end_of_a_review_is_written_to_its_customer_once(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """The customer left the page when it said that the payment was being looked at."""
    link = make_link()
    press(core, merchant, link)
    key = gateway.key_of(link.reference)
    gateway.pay(key, state=PaymentState.REVIEW)
    look_at(core, link)
    gateway.change(key, state=PaymentState.DECLINED, decided_at=clock.move(minutes=5))
    for _ in range(2):
        look_at(core, link)
    assert written(core) == ["payment_request", "review_declined"]
    assert gateway.payments[key].state is PaymentState.DEAD, "no other card may follow on its page"


def test_a_payment_that_is_first_seen_after_a_refund_of_a_part_is_told_as_that(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), reversed=Decimal("40.00"))
    after = look_at(core, link)
    assert (after.payment_status, after.reversed) == (PaymentStatus.VOIDED, Decimal("40.00"))
    assert sorted(written(core)) == ["payment_request", "reversed"]


def test_each_refund_of_a_part_is_written_to_its_customer_with_its_own_amount(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, messenger: FakeMessenger
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    look_at(core, link)
    for reversed_ in ("40.00", "105.00"):
        gateway.change(gateway.key_of(link.reference), reversed=Decimal(reversed_))
        look_at(core, link)
    send_due(core)
    told = sorted(one for one in messenger.texts_to(CUSTOMER) if "40.00" in one or "65.00" in one)
    assert [("40.00" in one, "65.00" in one) for one in told] == [(True, False), (False, True)]


def test_money_that_arrives_after_the_end_was_told_is_given_back_and_named(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    with core.transactions.write() as work:
        attempts.end(work, attempts_of(work, link.reference)[0], now=core.now())  # as if its page had been dead
    clock.move(minutes=16)
    expire_links(core)
    gateway.pay(gateway.key_of(link.reference))
    assert look_at(core, link).attention == "paid_late"
    finish_moves(core, owner="test")
    after = now_of(core, link)
    assert (after.status, after.payment_status) == (LinkStatus.EXPIRED, None)
    assert (after.attention, gateway.charged(link.reference)) == ("paid_late_returned", Decimal(0))


@pytest.fixture
def paid_twice(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> tuple[Link, Attempt]:
    """A paid link, and the attempt on it that a customer pays once more, of which nobody knows here yet."""
    link = make_link()
    press(core, merchant, link)
    first = gateway.key_of(link.reference)
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        attempts.end(work, attempt, now=core.now())  # as if its page had been dead
    clock.move(seconds=1)
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    look_at(core, link)
    gateway.pay(first)
    with core.transactions.read() as work:
        return link, attempts_of(work, link.reference)[1]


def test_a_second_payment_on_one_link_is_given_back_once(
    core: Core, paid_twice: tuple[Link, Attempt], gateway: FakeGateway
) -> None:
    link, attempt = paid_twice
    taken = gateway.payments[attempt.key]
    for _ in range(3):
        look(core, attempt)
        finish_moves(core, owner="test")
    after = now_of(core, link)
    assert (after.payment_status, after.attention) == (PaymentStatus.RECEIVED, "paid_twice_returned")
    assert gateway.charged(link.reference) == Decimal("150.00")
    settle_payment(core, attempt.attempt_id, taken)  # read before it went back, and written late
    finish_moves(core, owner="test")
    assert len([one for one, _ in gateway.calls if one == "give_back"]) == 1


def test_a_second_payment_is_given_back_after_a_return_of_the_first_that_is_under_way(
    core: Core, merchant: Merchant, paid_twice: tuple[Link, Attempt], gateway: FakeGateway, clock: MovableClock
) -> None:
    """One move of a link at a time: whoever looked while it was under way looks again by itself."""
    link, attempt = paid_twice
    gateway.loses("give_back", Lost.BEFORE)
    with pytest.raises(Refusal):
        reverse(core, merchant, link.reference)
    look(core, attempt)
    with core.transactions.read() as work:
        assert attempts.get(work, attempt.attempt_id).look_at == clock() + timedelta(seconds=20), (
            "not at once, for ever"
        )
    clock.move(minutes=1)
    finish_moves(core, owner="test")
    assert gateway.charged(link.reference) == Decimal("150.00")
    look_at_payments(core, owner="test")
    finish_moves(core, owner="test")
    assert gateway.charged(link.reference) == Decimal(0)


@pytest.mark.parametrize("answer", [Lost.REFUSED, Lost.BEFORE])
def test_a_second_payment_that_is_not_given_back_is_not_said_to_be(
    core: Core, paid_twice: tuple[Link, Attempt], gateway: FakeGateway, clock: MovableClock, answer: Lost
) -> None:
    """The alarm was raised: to ask for ever, three times a minute, would change nothing."""
    link, attempt = paid_twice
    look(core, attempt)
    gateway.loses("give_back", answer, Lost.REFUSED)
    for _ in range(3):
        finish_moves(core, owner="test")
        clock.move(minutes=2)
    assert now_of(core, link).attention == "return_failed"
    look(core, attempt)
    with core.transactions.read() as work:
        after = attempts.find(work, attempt.attempt_id)
    assert after is not None
    assert after.state is AttemptState.ENDED
    assert after.look_at is None
    # A person refunds it at the gateway, which reports that.
    first = next(key for key, one in gateway.payments.items() if one.link_reference == link.reference)
    gateway.change(first, state=PaymentState.REVERSED, reversed=Decimal("150.00"))
    look(core, attempt)
    assert now_of(core, link).attention == "paid_twice_returned"


@pytest.mark.parametrize(("asked", "value"), [("page_amount", Decimal("15000.00")), ("page_currency", "USD")])
def test_a_page_that_asks_for_another_amount_is_given_to_nobody_and_closed(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock, asked: str,
    value: object,
) -> None:  # fmt: skip
    link = make_link()
    setattr(gateway, asked, value)
    assert press(core, merchant, link) is None
    assert (now_of(core, link).attention, now_of(core, link).payable) == ("amount_differs", False)
    clock.move(minutes=1)
    look_at_payments(core, owner="test")
    assert gateway.payments[gateway.key_of(link.reference)].state is PaymentState.DEAD
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED, "its order can be paid by another link"


def test_a_press_after_the_deadline_opens_no_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """Also before the worker has come to the link."""
    link = make_link()
    clock.move(minutes=5, seconds=1)
    assert press(core, merchant, link) is None
    assert (now_of(core, link).status, gateway.calls) == (LinkStatus.SENT, [])


def test_after_a_page_that_the_gateway_refused_the_next_press_asks_for_another(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    gateway.loses("open_page", Lost.REFUSED)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    assert press(core, merchant, link) is not None
    assert len({key for method, key in gateway.calls if method == "open_page"}) == 2


def test_an_attempt_that_the_gateway_refuses_ends_so_that_its_link_can(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    gateway.loses("open_page", Lost.BEFORE, Lost.REFUSED)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    clock.move(minutes=2)
    look_at_payments(core, owner="test")
    with core.transactions.read() as work:
        assert attempts.live_of(work, link.reference) is None
    clock.move(minutes=20)
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED


def test_a_link_whose_amount_cannot_be_charged_any_more_says_so_and_stays(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    link = make_link()
    gateway.not_carried.add(link.total)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    with core.transactions.read() as work:
        assert attempts_of(work, link.reference) == []
