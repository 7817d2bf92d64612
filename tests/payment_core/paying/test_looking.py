"""Somebody looks at every attempt until its end: after crashes, refusals and errors of ours, and never without a pause."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import LinkStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.errors import Refusal, TryLater, UnderWay
from payment_core.journeys.amending import move_money
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.journeys.paying import look_at_payments as look_at_payments_module
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.look_at_payments import look_at_payments
from payment_core.services import Core
from payment_core.store.links import attempts
from payment_core.store.schema.tables import attempts as attempt_rows
from payment_core.store.schema.tables import links as link_rows
from tests.payment_core.conftest import events_of, order_for
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

Make = Callable[..., Link]
MONEY = Decimal("150.00")


class Killed(BaseException):
    """The process dies in a call."""


def attempt_of(core: Core, link: Link) -> Attempt:
    with core.transactions.read() as work:
        return attempts_of(work, link.reference)[0]


def charge_of(core: Core, link: Link) -> Attempt:
    """Begin to charge a saved card, and lose the answer."""
    now, kind, state = core.now(), AttemptKind.SAVED_CARD, AttemptState.PREPARED
    charge = Attempt("att_1", link.reference, link.merchant_id, kind, state, "card_1", now, now)
    with core.transactions.write() as work:
        attempts.add(work, charge)
    return charge


def due_or_over(core: Core) -> list[str]:
    """Return the live attempts and held leases that nobody would come back to."""
    with core.transactions.read() as work:
        rows = work.connection.execute(select(attempt_rows).where(attempt_rows.c.state != "ended")).all()
    return [row.attempt_id for row in rows if row.look_at is None]


def test_a_look_that_plans_no_next_one_is_repeated_only_after_a_pause(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    """Such as at a saved card that is being closed before its charge was answered: nothing can be written of it."""
    link = make_link()
    press(core, merchant, link)
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        attempts.change(
            work, attempt, kind="saved_card", state=AttemptState.CLOSING, page_id=None, payment_id=None,
            look_at=core.now(),
        )  # fmt: skip
    assert [look_at_payments(core, owner="test") for _ in range(3)] == [1, 0, 0]
    clock.move(minutes=1, seconds=1)
    assert [look_at_payments(core, owner="test") for _ in range(2)] == [1, 0]


def test_a_customer_on_the_page_is_looked_for_again_soon(
    core: Core, merchant: Merchant, make_link: Make, clock: MovableClock
) -> None:
    """After twenty seconds, and after a minute from the third look on; whoever looked keeps it from nobody."""
    press(core, merchant, make_link())
    clock.move(minutes=1)
    looks = [look_at_payments(core, owner="one")]
    for seconds in (19, 1, 20, 59, 1):
        clock.move(seconds=seconds)
        looks.append(look_at_payments(core, owner="another"))
    assert looks == [1, 0, 1, 1, 0, 1]


def test_an_attempt_that_fails_in_us_keeps_none_of_the_others_waiting(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    broken, good = make_link(order_number="00000101"), make_link(order_number="00000102")
    for link in (broken, good):
        press(core, merchant, link)
        clock.move(seconds=1)
    gateway.pay(gateway.key_of(good.reference))
    whole = gateway.look

    def look(attempt: Attempt) -> Payment:
        if attempt.link_reference == broken.reference:
            raise KeyError("amount_total")
        return whole(attempt)

    monkeypatch.setattr(gateway, "look", look)
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    assert now_of(core, good).payment_status is PaymentStatus.RECEIVED
    assert look_at_payments(core, owner="worker") == 0, "what failed is not tried again without a pause"
    monkeypatch.undo()
    gateway.pay(gateway.key_of(broken.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    assert now_of(core, broken).payment_status is PaymentStatus.RECEIVED


def test_two_tabs_that_press_at_once_are_given_one_page(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, both, opened = make_link(), threading.Barrier(2), gateway.open_page

    def open_page(attempt: Attempt) -> Any:
        both.wait(20)
        return opened(attempt)

    monkeypatch.setattr(gateway, "open_page", open_page)
    urls: list[str | None] = []
    tabs = [threading.Thread(target=lambda: urls.append(press(core, merchant, link))) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(30)
    assert len(urls) == 2
    assert urls[0] == urls[1] is not None


def test_a_page_that_is_being_closed_is_given_to_nobody(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    with core.transactions.write() as work:
        attempts.begin_to_close(work, attempt_of(core, link), look_at=clock())
    with pytest.raises(TryLater):
        press(core, merchant, link)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_beside_a_card_that_is_being_charged_no_page_is_opened(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    """Its answer was lost: both could take the money."""
    link = make_link()
    charge_of(core, link)
    with pytest.raises(UnderWay):
        press(core, merchant, link)
    assert gateway.calls == []


@pytest.mark.parametrize(("payment_id", "paid_by"), [(None, None), ("pay_card_1", "att_1")])
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_card_that_is_being_charged_is_no_page_to_close_and_is_read_where_it_can_be(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway,
    payment_id: str | None, paid_by: str | None,
) -> None:  # fmt: skip
    """A charge whose answer was lost can only be repeated, which is the worker's."""
    link = make_link()
    charge = charge_of(core, link)
    money = Payment(PaymentState.TAKEN, "ZAR", MONEY, payment_id="pay_card_1", authorized=MONEY, captured=MONEY)
    gateway.payments["card_1"] = money
    after = close_page(core, replace(charge, payment_id=payment_id))
    assert (after.paid_by if after else None, now_of(core, link).paid_by) == (paid_by, paid_by)
    assert [method for method, _ in gateway.calls] == ["look"] * bool(payment_id)


@pytest.mark.parametrize("first", [Lost.BEFORE, Lost.AFTER])
def test_a_page_that_the_gateway_refuses_does_not_hold_its_link_open(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock, first: Lost
) -> None:
    """Its answer was lost, and then it was refused: nobody ever had its address."""
    link = make_link()
    gateway.loses("open_page", first, Lost.REFUSED)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    assert not attempt_of(core, link).is_live
    assert press(core, merchant, link) is not None, "the next press makes another attempt"


def test_a_page_that_cannot_be_closed_because_it_never_was_ends(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    gateway.loses("open_page", Lost.BEFORE)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    clock.move(minutes=16)
    gateway.loses("close_page", Lost.REFUSED)
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED
    assert not attempt_of(core, link).is_live


def test_a_page_that_the_gateway_forgot_is_asked_for_with_pauses_and_not_for_ever(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    link = make_link()
    press(core, merchant, link)
    clock.move(minutes=16)
    gateway.loses("close_page", *[Lost.REFUSED] * 20)
    for _ in range(5):
        expire_links(core)
        look_at_payments(core, owner="worker")
    assert len([one for one in gateway.calls if one[0] == "close_page"]) == 1
    assert now_of(core, link).status is LinkStatus.CLICKED, "the gateway has not said that the page is dead"
    clock.move(days=2)
    look_at_payments(core, owner="worker")
    expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED


def test_pages_that_cannot_be_closed_keep_no_other_link_from_its_end(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("payment_core.journeys.linking.expire_links._AT_ONCE", 2)
    stuck = [make_link(order_number=f"0000020{number}") for number in range(3)]
    for link in stuck:
        press(core, merchant, link)
    clock.move(minutes=11)
    later = make_link(order_number="00000300")
    clock.move(minutes=6)
    gateway.loses("close_page", *[Lost.BEFORE] * 50)
    for _ in range(3):
        expire_links(core)
    assert now_of(core, later).status is LinkStatus.EXPIRED
    assert len([one for one in gateway.calls if one[0] == "close_page"]) == 3, "each is asked for once in ten seconds"


def test_the_look_of_a_day_later_survives_a_crash(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    gateway.change(gateway.key_of(link.reference), reversed=Decimal("40.00"))
    clock.move(days=1, minutes=1)

    def die(_: Attempt) -> Payment:
        raise Killed

    monkeypatch.setattr(gateway, "look", die)
    with pytest.raises(Killed):
        look_at_payments(core, owner="worker")
    monkeypatch.undo()
    clock.move(minutes=11)
    look_at_payments(core, owner="another")
    assert now_of(core, link).reversed == Decimal("40.00")
    with core.transactions.read() as work:
        due = work.connection.execute(select(link_rows.c.look_at)).scalar_one()
    assert due == core.now() + timedelta(days=1), "what changed once may change again"
    clock.move(days=1, minutes=1)
    look_at_payments(core, owner="another")
    with core.transactions.read() as work:
        assert work.connection.execute(select(link_rows.c.look_at)).scalar_one() is None, "and then it ends"


def test_what_changes_during_a_look_of_a_day_later_is_looked_at_once_more(
    core: Core,
    merchant: Merchant,
    make_link: Make,
    gateway: FakeGateway,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    clock.move(days=1, minutes=1)
    first = look_at_payments_module.look

    def overtaken(one: Core, attempt: Attempt) -> Link | None:
        found = first(one, attempt)
        # Another process reads a refund before this one writes that nothing changed.
        gateway.change(gateway.key_of(link.reference), reversed=Decimal("40.00"))
        first(one, attempt)
        return found

    monkeypatch.setattr(look_at_payments_module, "look", overtaken)
    look_at_payments(core, owner="worker")
    with core.transactions.read() as work:
        due = work.connection.execute(select(link_rows.c.look_at)).scalar_one()
    assert due is not None
    assert due > core.now() + timedelta(hours=23)


def test_an_alarm_about_paid_money_is_news_of_its_own(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    before = events_of(core, link)
    gateway.change(gateway.key_of(link.reference), disputed=True)
    clock.move(days=1, minutes=1)
    look_at_payments(core, owner="worker")
    assert events_of(core, link)[len(before) :] == [("PAYMENT_ATTENTION", "disputed")]
    assert now_of(core, link).attention == "disputed"


def test_a_refused_capture_whose_payment_cannot_be_read_is_looked_at_later(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    authorized = replace(merchant, transaction_type=TransactionType.AUTHORIZATION)
    link = _paid(core, authorized, gateway, clock)
    key = gateway.key_of(link.reference)
    # Somebody captured it at the gateway itself.
    gateway.change(key, state=PaymentState.TAKEN, captured=MONEY)
    gateway.loses("look", Lost.BEFORE)
    with pytest.raises(Refusal):
        move_money.capture(core, authorized, link.reference, None)
    assert now_of(core, link).payment_status is PaymentStatus.AUTHORIZED
    clock.move(minutes=1)
    look_at_payments(core, owner="worker")
    assert now_of(core, link).payment_status is PaymentStatus.CAPTURED


def test_what_was_captured_is_not_looked_at_for_the_end_of_its_hold(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    authorized = replace(merchant, transaction_type=TransactionType.AUTHORIZATION)
    link = _paid(core, authorized, gateway, clock)
    assert move_money.capture(core, authorized, link.reference, None).captured == MONEY
    clock.move(days=1, minutes=1)
    look_at_payments(core, owner="worker")
    with core.transactions.read() as work:
        assert work.connection.execute(select(link_rows.c.look_at)).scalar_one() is None


def _paid(core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock) -> Link:
    link = create_link(core, merchant, order_for(order_number="00000400")).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    return link


def _live(core: Core, merchant: Merchant, link: Link, clock: MovableClock) -> None:
    press(core, merchant, link)
    clock.move(minutes=2)
    look_at_payments(core, owner="one")
    clock.move(minutes=14)
    expire_links(core)


@pytest.mark.parametrize("method", ["open_page", "look", "close_page"])
def test_a_process_that_dies_in_a_call_leaves_the_attempt_to_another(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock, method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def die(*_: object, **__: object) -> Any:
        raise Killed

    link = make_link()
    with monkeypatch.context() as dying:
        dying.setattr(gateway, method, die)
        with pytest.raises(Killed):
            _live(core, merchant, link, clock)
    assert due_or_over(core) == []
    clock.move(minutes=20)
    for _ in range(4):
        clock.move(minutes=2)
        look_at_payments(core, owner="another")
        expire_links(core)
    assert now_of(core, link).status is LinkStatus.EXPIRED
    assert gateway.payments[gateway.key_of(link.reference)].state is PaymentState.DEAD


def test_a_page_that_is_being_closed_is_left_to_whoever_closes_it(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make_link()
    press(core, merchant, link)
    with core.transactions.read() as work:
        attempt = attempts_of(work, link.reference)[0]
    close, looked = gateway.close_page, []

    def closing(attempt: Attempt) -> Payment:
        looked.append(look_at_payments(core, owner="worker"))
        return close(attempt)

    monkeypatch.setattr(gateway, "close_page", closing)
    assert close_page(core, attempt) is not None
    assert looked == [0]


def test_a_page_that_is_being_opened_is_left_to_whoever_opens_it(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, looked = gateway.open_page, []

    def opening(attempt: Attempt) -> Any:
        looked.append(look_at_payments(core, owner="worker"))
        return opened(attempt)

    monkeypatch.setattr(gateway, "open_page", opening)
    assert press(core, merchant, make_link()) is not None
    assert looked == [0]


def test_a_page_whose_answer_was_lost_is_looked_at_half_a_minute_after_the_worker_opened_it(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    link = make_link()
    gateway.loses("open_page", Lost.BEFORE)
    with pytest.raises(TryLater):
        press(core, merchant, link)
    clock.move(minutes=2)
    look_at_payments(core, owner="worker")
    after = attempt_of(core, link)
    assert (after.state, after.look_at) == (AttemptState.OPEN, clock() + timedelta(seconds=30))
