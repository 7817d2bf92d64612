"""On PostgreSQL who changes a payment request waits for its order first, and goes by what is stored then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.payments.payment import Channel, Person
from connector.domain.people.order_note import OrderNote
from connector.journeys.amending.correct_payment_request import correct_payment_request
from connector.journeys.amending.release_payment_request import release_payment_request
from connector.journeys.recording.bump_version import bump_version
from connector.journeys.recording.save_order import save_order
from connector.journeys.recording.write_order_note import NoteOutcome, write_order_note
from connector.store.orders import order_notes, orders
from connector.store.requests import operations, opt_outs
from connector.store.schema.tables import payment_requests
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.notifications.test_stop import word
from tests.journeys.verbs import Died, calls, die, post, press
from tests.journeys.world import Clock, Page, World
from tests.overtaken.conftest import Meanwhile
from tests.unit.examples import make_order

# SQLite has one writer: nobody else gets in between a look at a request and its change.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
NALEDI, THABO = Person("operator", "Naledi"), Person("005xx0000012Q9nAAE", "Thabo")
Step = Callable[[], Any]


def cancelled(world: World, page: Page) -> Step:
    return lambda: world.cancel(page, world.row("payment_requests")["reference"])


def refreshed(world: World, page: Page) -> Step:
    world.core.happen(world.core.last(), "PAYMENT_RECEIVED")
    path = f"/api/payment-requests/{world.row('payment_requests')['reference']}/refresh"
    return lambda: world.client.post(path, json={}, headers=page.headers)


def corrected(world: World, page: Page) -> Step:
    world.core.happen(world.core.last(), "PAYMENT_RECEIVED")
    context, request = world.services.for_tenant(world.acme), world.request(world.row("payment_requests")["reference"])
    return lambda: correct_payment_request(context, request=request, reason="Our record is wrong", by=NALEDI)


def released(world: World, page: Page) -> Step:
    world.core.mute = True
    world.clock.pass_by(hours=1)
    context, request = world.services.for_tenant(world.acme), world.request(world.row("payment_requests")["reference"])
    return lambda: release_payment_request(context, request=request, reason="It is over", by=NALEDI)


def given_a_higher_version(world: World, page: Page) -> Step:
    store, now = world.services.store, world.clock()
    return lambda: bump_version(tenant_id="acme", order_id=page.order_id, held=99, store=store, now=now)


@pytest.mark.parametrize("change", [cancelled, refreshed, corrected, released, given_a_higher_version])
def test_an_alarm_that_comes_while_a_request_waits_to_be_changed_is_kept(
    world: World, page: Page, clock: Clock, meanwhile: Meanwhile, change: Callable[[World, Page], Step]
) -> None:
    world.sent(page)
    step, before = change(world, page), world.row("payment_requests")["version"]
    with world.services.store.write() as work:
        orders.lock(work, "acme", page.order_id)
        waiting = meanwhile(step)
        work.connection.execute(update(payment_requests).values(attention="disputed", attention_at=clock()))
    waiting.result()
    row = world.row("payment_requests")
    assert row["version"] > before
    assert row["attention"] == "disputed"


def test_money_that_is_given_back_while_a_reversal_waits_is_not_given_back_again(
    world: World, page: Page, meanwhile: Meanwhile
) -> None:
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    with world.services.store.write() as work:
        orders.lock(work, "acme", page.order_id)
        reversal = meanwhile(lambda: press(world, page, "reverse"))
        work.connection.execute(update(payment_requests).values(money="reversed", reversed=Decimal("115.00")))
    assert reversal.result()["outcome"] == "already_reversed"
    assert world.core.reversals == []


def end_the_call(work: UnitOfWork, page: Page, clock: Clock) -> None:
    """End the open call as somebody else does who holds its order."""
    orders.lock(work, "acme", page.order_id)
    (call,) = operations.overdue_calls(work, now=clock(), most=5)
    operations.save(work, replace(call, open=False, outcome="captured"))


@pytest.mark.parametrize("told", [True, False], ids=["a callback told of it", "nobody knows"])
def test_a_capture_that_is_ended_while_a_sweep_waits_is_neither_ended_again_nor_opened(
    world: World, page: Page, clock: Clock, meanwhile: Meanwhile, told: bool
) -> None:
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "capture")
    world.core.on_moved = None
    if told:
        world.told(world.core.last(), "PAYMENT_CAPTURED")
    world.core.mute = True
    clock.pass_by(minutes=3)
    with world.services.store.write() as work:
        end_the_call(work, page, clock)
        sweep = meanwhile(world.sweep)
    sweep.result()
    assert calls(world) == [("capture", False, "captured")]
    assert [one for one in world.rows("payment_events") if one["event"].startswith("capture_")][1:] == []


def test_the_later_of_two_readings_stays_whichever_is_stored_first(
    world: World, page: Page, clock: Clock, meanwhile: Meanwhile
) -> None:
    world.sent(page)
    store, now = world.services.store, clock() + timedelta(seconds=9)
    earlier, later = (
        make_order(order_id=page.order_id, total=Decimal(total), read_at=clock() + timedelta(seconds=seconds))
        for total, seconds in (("300.00", 1), ("200.00", 2))
    )
    with store.write() as work:
        orders.save(work, later)
        waiting = meanwhile(lambda: save_order(order=earlier, store=store, now=now))
    assert waiting.result() is False
    assert world.row("orders")["total"] == Decimal("200.00")


def test_a_note_that_a_colleague_writes_in_the_same_moment_is_not_overwritten(
    world: World, page: Page, clock: Clock, meanwhile: Meanwhile
) -> None:
    store, now = world.services.store, clock()
    theirs = OrderNote("Theirs", NALEDI, now, 1)
    with store.write() as work:
        orders.lock(work, "acme", page.order_id)
        order_notes.write(work, "acme", page.order_id, theirs)
        waiting = meanwhile(
            lambda: write_order_note(
                tenant_id="acme", order_id=page.order_id, text="Mine", seen=0, by=THABO, store=store, now=now
            )
        )
    assert waiting.result() == (NoteOutcome.CHANGED_MEANWHILE, theirs)


@pytest.mark.parametrize("channel", ["sms", "a channel of next year"])
def test_a_stop_is_recorded_once_the_orders_of_its_customer_are_locked(
    world: World, page: Page, clock: Clock, meanwhile: Meanwhile, channel: str
) -> None:
    """Were it recorded before, a send that holds the order would wait for it, and it for the send."""
    world.sent(page)
    answered = world.sent(world.open(world.order()))["additionalData"]  # names another order of the same customer
    world.callback(word(world, channel=channel, additionalData=answered), kind="transaction-status")
    digests = world.acme.digests_of(world.request(answered["reference"]).phone)
    with world.services.store.write() as work:
        orders.lock(work, "acme", page.order_id)
        drain = meanwhile(world.drain)
        work.connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        assert opt_outs.record(work, "acme", digests, Channel.SMS, stopped=True, said_at=clock())
        assert not drain.done()
    drain.result()
    assert world.row("inbox")["verdict"] == "stale"
