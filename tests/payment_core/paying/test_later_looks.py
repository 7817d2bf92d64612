"""What is looked at later is looked at by one process, as long as something can still change, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from payment_core import metrics
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.gateways.gateway import ObjectUnknown
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.look_at_payments import look, look_at_payments
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts
from payment_core.store.schema import tables
from tests.payment_core.conftest import NOW, order_for
from tests.payment_core.fakes import FakeGateway, Lost, MovableClock
from tests.payment_core.links import attempts_of, press

# When something is due is written by the same statements on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def due_of(core: Core, link: Link) -> datetime | None:
    """Return when the money of a link is looked at next."""
    with core.transactions.read() as work:
        mine = tables.links.c.reference == link.reference
        found: datetime | None = work.connection.execute(select(tables.links.c.look_at).where(mine)).scalar_one()
    return found


def a_day_after(core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, **changes: object) -> Link:
    """Return a link that was paid a day ago, by a payment that shows ``changes``."""
    link = create_link(core, merchant, order_for()).link
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference), **changes)  # type: ignore[arg-type]
    clock.move(minutes=2)
    look_at_payments(core, owner="test")
    clock.move(days=1)
    return link


def failures() -> float:
    return sum(metrics.registry.counts(metrics.STEPS_FAILED).values())


def test_money_is_looked_at_again_a_day_after_its_news(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> None:
    """Which a webhook may have failed to bring; every minute would be too often."""
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    clock.move(minutes=2)
    look_at_payments(core, owner="test")
    assert due_of(core, link) == clock() + DAY
    gateway.change(gateway.key_of(link.reference), settled=True)
    clock.move(days=1)
    look_at_payments(core, owner="test")
    assert due_of(core, link) == clock() + DAY


def test_a_later_look_that_gets_no_answer_is_repeated_after_ten_minutes_and_is_no_error_of_ours(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock
) -> None:
    link, before = a_day_after(core, merchant, gateway, clock), failures()
    gateway.loses("look", Lost.BEFORE)
    assert look_at_payments(core, owner="test") == 1, "from its moment on"
    assert (due_of(core, link), failures()) == (clock() + timedelta(minutes=10), before)


def test_while_one_process_looks_no_other_does(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day_after(core, merchant, gateway, clock)
    whole, seen = gateway.look, []

    def slow(attempt: Attempt) -> Payment:
        monkeypatch.undo()
        seen.append(look_at_payments(core, owner="another"))
        return whole(attempt)

    monkeypatch.setattr(gateway, "look", slow)
    assert (look_at_payments(core, owner="test"), seen) == (1, [0])


def test_a_payment_that_is_being_looked_at_is_looked_at_by_another_only_after_a_minute(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway, clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    press(core, merchant, make_link())
    clock.move(minutes=1)
    whole, seen = gateway.look, []

    def slow(attempt: Attempt) -> Payment:
        monkeypatch.undo()
        for seconds in (0, 59, 1):
            clock.move(seconds=seconds)
            seen.append(look_at_payments(core, owner="another"))
        return whole(attempt)

    monkeypatch.setattr(gateway, "look", slow)
    assert (look_at_payments(core, owner="test"), seen) == (1, [0, 0, 1])


@pytest.mark.parametrize(
    ("capture_before", "is_due"),
    [(None, False), (NOW + 2 * DAY, True), (NOW, False)],
)
def test_a_hold_is_looked_at_after_its_end_where_that_is_known_and_to_come(
    core: Core, merchant: Merchant, gateway: FakeGateway, clock: MovableClock, capture_before: datetime | None,
    is_due: bool,
) -> None:  # fmt: skip
    holding = replace(merchant, transaction_type=TransactionType.AUTHORIZATION)
    link, before = a_day_after(core, holding, gateway, clock, capture_before=capture_before), failures()
    look_at_payments(core, owner="test")
    wanted = capture_before + timedelta(minutes=10) if capture_before and is_due else None
    assert (due_of(core, link), failures()) == (wanted, before)


@pytest.mark.parametrize(
    ("state", "due"), [(AttemptState.OPEN, NOW + timedelta(seconds=30)), (AttemptState.ENDED, None)]
)
def test_a_payment_of_an_account_that_was_left_is_asked_for_while_money_could_arrive(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch,
    state: AttemptState, due: datetime | None,
) -> None:  # fmt: skip
    link = make_link()
    press(core, merchant, link)
    with core.transactions.write() as work:
        attempt = attempts_of(work, link.reference)[0]
        attempts.change(work, attempt, state=state, look_at=NOW)

    def unknown(_: Attempt) -> Payment:
        raise ObjectUnknown("no such object", reason="resource_missing")

    monkeypatch.setattr(gateway, "look", unknown)
    look(core, replace(attempt, state=state))
    with core.transactions.read() as work:
        after = attempts.find(work, attempt.attempt_id)
    assert after is not None
    assert (after.state, after.look_at) == (state, due)


@pytest.mark.parametrize(
    ("kind", "values", "is_ended"),
    [
        # Nobody has the address of a page that we never got.
        (AttemptKind.PAGE, {}, True),
        (AttemptKind.PAGE, {"page_id": "page_1"}, False),
        (AttemptKind.PAGE, {"page_id": "page_1", "dies_at": NOW - DAY}, False),
        (AttemptKind.PAGE, {"page_id": "page_1", "dies_at": NOW - DAY - SECOND}, True),
        (AttemptKind.SAVED_CARD, {"payment_id": "pay_1"}, False),
    ],
)
def test_an_attempt_that_cannot_be_closed_ends_where_nobody_can_pay_by_it_and_is_asked_for_again_elsewhere(
    core: Core, make_link: Make, gateway: FakeGateway, kind: AttemptKind, values: dict[str, Any], is_ended: bool
) -> None:
    link = make_link()
    attempt = Attempt("att_1", link.reference, link.merchant_id, kind, AttemptState.OPEN, "key_1", NOW, NOW, **values)
    with core.transactions.write() as work:
        attempts.add(work, attempt)
        attempts.change(work, attempt, looks=0, **values)
    gateway.loses("close_page" if kind is AttemptKind.PAGE else "look", Lost.REFUSED)
    assert (close_page(core, attempt) is not None) is is_ended
    with core.transactions.read() as work:
        after = attempts.find(work, "att_1")
    assert after is not None
    assert (not after.is_live, after.look_at) == (is_ended, None if is_ended else NOW + timedelta(seconds=60))


def test_a_refusal_that_is_known_is_looked_at_no_more_and_is_no_news(
    core: Core, make_link: Make, clock: MovableClock
) -> None:
    """A look that failed beside the end of a charge has asked for another."""
    link = make_link()
    kind, state = AttemptKind.SAVED_CARD, AttemptState.PREPARED
    charge = Attempt("att_1", link.reference, link.merchant_id, kind, state, "key_1", NOW, NOW)
    refused = Payment(PaymentState.DECLINED, "ZAR", link.total, payment_id="pay_1")
    with core.transactions.write() as work:
        attempts.add(work, charge)
    declined = settle_payment(core, "att_1", refused)
    with core.transactions.write() as work:
        work.connection.execute(update(tables.attempts).values(look_at=NOW))
    clock.move(seconds=5)
    assert settle_payment(core, "att_1", replace(refused, decided_at=clock())) == declined
    with core.transactions.read() as work:
        after = attempts.find(work, "att_1")
    assert after is not None
    assert (after.state, after.look_at) == (AttemptState.ENDED, None)


def test_a_charge_that_ended_without_an_answer_is_not_sent_again_by_a_look(
    core: Core, make_link: Make, gateway: FakeGateway
) -> None:
    """The gateway refused it: the same request, sent once more, could be taken."""
    link = make_link()
    kind, state = AttemptKind.SAVED_CARD, AttemptState.ENDED
    charge = Attempt("att_1", link.reference, link.merchant_id, kind, state, "key_1", NOW, None)
    with core.transactions.write() as work:
        attempts.add(work, charge)
    gateway.payments["key_1"] = Payment(PaymentState.DECLINED, "ZAR", link.total)
    look(core, charge)
    assert [method for method, _ in gateway.calls] == ["look"]
