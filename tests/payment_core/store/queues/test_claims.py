"""Every queue lends a row to one worker at a time: from its time on, until the lease ends, and never after its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState, Page
from payment_core.domain.enums import MessageStatus
from payment_core.domain.link import Link
from payment_core.services import Core
from payment_core.store.deliveries import deliveries
from payment_core.store.incoming import webhooks
from payment_core.store.links import attempts, links, money_moves, rechecks
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState
from payment_core.store.messages import messages
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, NOW, stored_news
from tests.payment_core.notifying.couriers import queue

Make = Callable[..., Link]
LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Queue:
    """One queue: its table, the column of its time, and how its rows are listed and claimed."""

    table: Table
    due: str
    claim: Callable[[UnitOfWork, datetime, str, int], list[Any]]
    listed: Callable[[UnitOfWork, datetime], list[Any]]
    # What counts the claims, where something does.
    counts: str | None = None


def _each(claim: Any, ids: list[Any], now: datetime, lease: str) -> list[Any]:
    found = [claim(one, now=now, until=now + LEASE, lease=lease) for one in ids]
    return [one for one in found if one is not None]


def _message_ids(work: UnitOfWork, now: datetime) -> list[str]:
    return messages.due(work, now=now, most=9)


def _claim_messages(work: UnitOfWork, now: datetime, lease: str, most: int) -> list[Any]:
    # By its id, as its link's maker does; the worker lists what is due first.
    ids = list(work.connection.execute(select(tables.messages.c.message_id).limit(most)).scalars())
    return _each(lambda one, **more: messages.claim(work, one, **more), ids, now, lease)


def _claim_webhooks(work: UnitOfWork, now: datetime, lease: str, most: int) -> list[Any]:
    ids = list(work.connection.execute(select(tables.webhooks.c.webhook_id).limit(most)).scalars())
    return _each(lambda one, **more: webhooks.claim(work, one, **more), ids, now, lease)


def _claim_deliveries(work: UnitOfWork, now: datetime, lease: str, most: int) -> list[Any]:
    claim = deliveries.Claim(APPLICATION.application_id, now=now, until=now + LEASE, lease=lease, most=most)
    return deliveries.claim_due(work, claim)


QUEUES = {
    "attempts": Queue(
        tables.attempts, "look_at",
        lambda w, now, lease, most: attempts.claim_due(w, now=now, until=now + LEASE, lease=lease, most=most),
        lambda w, now: attempts.claim_due(w, now=now, until=now, lease="listing.1", most=9), "looks",
    ),
    "moves": Queue(
        tables.money_moves, "look_at",
        lambda w, now, lease, most: money_moves.claim_due(w, now=now, until=now + LEASE, lease=lease, most=most),
        lambda w, now: money_moves.claim_due(w, now=now, until=now, lease="listing.1", most=9),
    ),
    "messages": Queue(tables.messages, "due_at", _claim_messages, _message_ids, "attempts"),
    "webhooks": Queue(
        tables.webhooks, "due_at", _claim_webhooks, lambda w, now: webhooks.due(w, now=now, most=9), "attempts"
    ),
    "deliveries": Queue(
        tables.deliveries, "due_at", _claim_deliveries,
        lambda w, now: deliveries.applications_with_due(w, now=now),
    ),
}  # fmt: skip
# By its id a row is claimed whenever it is due at all, also before the worker would come to it.
BY_TIME = ("attempts", "moves", "deliveries")


@pytest.fixture
def rows(core: Core, make_link: Make) -> None:
    """Two rows in each queue, due now."""
    for number in (1, 2):
        link = make_link(caller_reference=f"{number}")
        attempt = Attempt(
            f"att_{number}",
            link.reference,
            link.merchant_id,
            AttemptKind.PAGE,
            AttemptState.OPEN,
            f"key_{number}",
            NOW,
            NOW,
        )
        move = MoneyMove(
            f"mov_{number}", link.reference, attempt.attempt_id, MoveKind.GIVE_BACK, f"key_{number}", None,
            MoveState.PREPARED, NOW,
        )  # fmt: skip
        with core.transactions.write() as work:
            attempts.add(work, attempt)
            money_moves.add(work, move, look_at=NOW)
        stored_news(core, f"evt_{number}", {"kind": "fate"})
    with core.transactions.write() as work:
        work.connection.execute(tables.delivery_attempts.delete())
        work.connection.execute(tables.deliveries.delete())
        status = MessageStatus.QUEUED.value
        work.connection.execute(update(tables.messages).values(due_at=NOW, status=status, lease=None, lease_until=None))
    for number in (1, 2):
        queue(core, f"lane {number}", "NEWS")


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", QUEUES)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_row_is_lent_from_its_time_until_its_lease_ends(core: Core, name: str) -> None:
    one = QUEUES[name]
    with core.transactions.write() as work:
        assert one.listed(work, NOW - SECOND) == []
        assert one.claim(work, NOW - SECOND, "one.1", 9) == [] or name not in BY_TIME
        work.connection.execute(update(one.table).values(lease=None, lease_until=None))
        before = _count(work, one)
        assert len(one.claim(work, NOW, "one.1", 9)) == 2
        assert one.claim(work, NOW + LEASE - SECOND, "two.1", 9) == [], "another has them"
        assert _count(work, one) == before + 2 if one.counts else True
        if name != "deliveries":  # their lister names applications
            assert one.listed(work, NOW + LEASE - SECOND) == []
        assert len(one.claim(work, NOW + LEASE, "two.1", 9)) == 2, "whoever had them is dead"
        assert set(work.connection.execute(select(one.table.c.lease)).scalars()) == {"two.1"}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", QUEUES)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_has_ended_is_lent_to_nobody(core: Core, name: str) -> None:
    one = QUEUES[name]
    with core.transactions.write() as work:
        work.connection.execute(update(one.table).values({one.due: None}))
        assert one.claim(work, NOW, "one.1", 9) == []
        assert one.listed(work, NOW) == []


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_move_with_an_outcome_is_asked_for_by_nobody_and_keeps_it(core: Core) -> None:
    with core.transactions.write() as work:
        move = QUEUES["moves"].claim(work, NOW, "one.1", 1)[0]
        money_moves.end(work, move, MoveState.DONE, now=NOW)
        money_moves.end(work, move, MoveState.REFUSED, now=NOW + SECOND, reason="late")
        money_moves.ask_again(work, move, at=NOW)
        mine = tables.money_moves.c.move_id == move.move_id
        row = work.connection.execute(select(tables.money_moves).where(mine)).one()
        assert (row.state, row.reason, row.ended_at, row.look_at, row.lease) == ("done", None, NOW, None, None)
        assert move.move_id not in [one.move_id for one in QUEUES["moves"].claim(work, NOW + LEASE, "two.1", 9)]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_move_that_is_asked_for_again_is_free_at_its_time(core: Core) -> None:
    with core.transactions.write() as work:
        move = QUEUES["moves"].claim(work, NOW, "one.1", 1)[0]
        money_moves.ask_again(work, move, at=NOW + SECOND)
        mine = tables.money_moves.c.move_id == move.move_id
        row = work.connection.execute(select(tables.money_moves).where(mine)).one()
        assert (row.lease, row.lease_until) == (None, None)
        again = [one.move_id for one in QUEUES["moves"].claim(work, NOW + SECOND, "two.1", 9)]
    assert move.move_id in again


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_comes_late_from_whoever_lost_the_lease_changes_nothing(core: Core) -> None:
    with core.transactions.write() as work:
        stalled = {name: one.claim(work, NOW, "stalled.1", 1)[0] for name, one in QUEUES.items()}
        for one in QUEUES.values():
            work.connection.execute(update(one.table).values(lease="heir.1", lease_until=NOW + LEASE))
        before = {name: work.connection.execute(select(one.table)).all() for name, one in QUEUES.items()}
        delivery, answer = stalled["deliveries"], deliveries.Answer(500, "late", None, 1)
        attempts.release(work, [stalled["attempts"]], lease="stalled.1", again_at=NOW + LEASE)
        webhooks.conclude(work, stalled["webhooks"], "late", lease="stalled.1", due_at=None)
        deliveries.renew(work, delivery.delivery_id, lease="stalled.1", until=NOW + 9 * LEASE)
        deliveries.release(work, [delivery.delivery_id], lease="stalled.1")
        assert not deliveries.conclude(
            work, delivery, answer, lease="stalled.1", state="parked", due_at=None, now=NOW
        )  # fmt: skip
        message_id = stalled["messages"].message_id
        assert not messages.begin_to_send(work, message_id, now=NOW, lease="stalled.1")
        assert {name: work.connection.execute(select(one.table)).all() for name, one in QUEUES.items()} == before
        assert messages.begin_to_send(work, message_id, now=NOW, lease="heir.1")
        ended = {"now": NOW, "status": MessageStatus.SENT}
        assert not messages.conclude_begun(work, message_id, lease="stalled.1", **ended)  # type: ignore[arg-type]
        assert messages.conclude_begun(work, message_id, lease="heir.1", **ended)  # type: ignore[arg-type]
        assert not messages.begin_to_send(work, message_id, now=NOW, lease="heir.1"), "it left"


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", BY_TIME)
@pytest.mark.parametrize("core_database_url", ["postgresql"], indirect=True)
def test_two_workers_take_different_rows_and_neither_waits(core: Core, name: str) -> None:
    one = QUEUES[name]
    with ExitStack() as stack:
        first, second = (stack.enter_context(core.transactions.write()) for _ in range(2))
        second.connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        taken = [*one.claim(first, NOW, "one.1", 1), *one.claim(second, NOW, "two.1", 9)]
        assert len({repr(row) for row in taken}) == len(taken) == 2


def _attempt(work: UnitOfWork) -> Attempt:
    found = attempts.find(work, "att_1")
    assert found is not None
    return found


def _move(work: UnitOfWork) -> MoneyMove:
    row = work.connection.execute(select(tables.money_moves).where(tables.money_moves.c.move_id == "mov_1")).one()
    return money_moves.move_of(row)


def _link(work: UnitOfWork) -> Link:
    found = links.find(work, _attempt(work).link_reference)
    assert found is not None
    return found


def _request(work: UnitOfWork) -> str:
    found = messages.request_of(work, _link(work).reference)
    assert found is not None
    return found.message_id


def _news(work: UnitOfWork) -> webhooks.Webhook:
    found = webhooks.claim(work, 1, now=NOW, until=NOW + LEASE, lease="one.1")
    assert found is not None
    return found


def _opened(work: UnitOfWork) -> None:
    work.connection.execute(update(tables.attempts).values(state=AttemptState.PREPARED.value))
    assert attempts.open_page(work, _attempt(work), Page("page_1", "https://gateway.example/1", NOW + LEASE))


LATER = NOW + LEASE
WRITES: dict[str, tuple[Table, Callable[[UnitOfWork], object]]] = {
    "an attempt": (tables.attempts, lambda w: attempts.change(w, _attempt(w), looks=7)),
    "its page": (tables.attempts, _opened),
    "its end": (tables.attempts, lambda w: attempts.end(w, _attempt(w), now=LATER)),
    "its refusal": (tables.attempts, lambda w: attempts.end_unopened(w, _attempt(w), now=LATER)),
    "its closing": (tables.attempts, lambda w: attempts.begin_to_close(w, _attempt(w), look_at=LATER)),
    "a move asked for again": (tables.money_moves, lambda w: money_moves.ask_again(w, _move(w), at=LATER)),
    "a move's end": (tables.money_moves, lambda w: money_moves.end(w, _move(w), MoveState.DONE, now=LATER)),
    "a link": (tables.links, lambda w: links.save(w, _link(w))),
    "a link's fields": (tables.links, lambda w: links.change(w, _link(w), clicked_at=LATER)),
    "a link as it was read": (tables.links, lambda w: links.change_same(w, _link(w), clicked_at=LATER)),
    "a link's reply": (tables.links, lambda w: links.set_reply(w, _link(w), code_key=b"1", reply_digest=b"2")),
    "a link's next look": (tables.links, lambda w: rechecks.look_again(w, _link(w).reference, at=LATER)),
    "a message": (tables.messages, lambda w: messages.change(w, _request(w), now=LATER, parts=9)),
    "news": (tables.webhooks, lambda w: webhooks.conclude(w, _news(w), "done", lease="one.1", due_at=None)),
}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_is_written_of_one_row_changes_no_other(core: Core, name: str) -> None:
    table, write = WRITES[name]
    with core.transactions.write() as work:
        before = work.connection.execute(select(table).order_by(*table.primary_key)).all()
        write(work)
        after = work.connection.execute(select(table).order_by(*table.primary_key)).all()
    looked = 1 if name != "its page" else 2  # there both are prepared first
    assert sum(one != other for one, other in zip(before, after, strict=True)) == looked


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("planned", "next_look"), [(None, NOW), (LATER, LATER)])
def test_a_page_is_looked_at_when_that_was_planned_unless_whoever_opens_it_says_when(
    core: Core, planned: datetime | None, next_look: datetime
) -> None:
    with core.transactions.write() as work:
        work.connection.execute(update(tables.attempts).values(state=AttemptState.PREPARED.value))
        page = Page("page_1", "https://gateway.example/1", LATER)
        assert attempts.open_page(work, _attempt(work), page, look_at=planned)
        assert _attempt(work).look_at == next_look


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_an_attempt_that_has_ended_stays_as_it_ended(core: Core) -> None:
    with core.transactions.write() as work:
        attempts.end(work, _attempt(work), now=NOW)
        assert not attempts.end_unopened(work, _attempt(work), now=LATER)
        attempts.end(work, _attempt(work), now=LATER)
        attempts.begin_to_close(work, _attempt(work), look_at=LATER)
        row = work.connection.execute(select(tables.attempts).where(tables.attempts.c.attempt_id == "att_1")).one()
    assert (row.state, row.ended_at, row.look_at) == ("ended", NOW, None)


@pytest.mark.usefixtures("rows")
def test_the_database_itself_refuses_a_second_attempt_and_a_second_move_beside_one_that_lives(core: Core) -> None:
    with core.transactions.write() as work:
        attempt, move = _attempt(work), _move(work)
        again = replace(attempt, attempt_id="att_again", key="key_again")
        more = replace(move, move_id="mov_again", key="key_again")
        with pytest.raises(attempts.AnotherLive):
            attempts.add(work, again)
        with pytest.raises(money_moves.AnotherMove):
            money_moves.add(work, more, look_at=NOW)
        attempts.end(work, attempt, now=NOW)
        money_moves.end(work, move, MoveState.REFUSED, now=NOW)
        attempts.add(work, again)
        money_moves.add(work, more, look_at=NOW)
        assert attempts.live_of(work, attempt.link_reference) == again


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_news_that_is_read_again_later_is_free_until_then(core: Core) -> None:
    with core.transactions.write() as work:
        webhooks.conclude(work, _news(work), "not read", lease="one.1", due_at=NOW + SECOND)
        assert webhooks.due(work, now=NOW, most=9) == [2]
        assert sorted(webhooks.due(work, now=NOW + SECOND, most=9)) == [1, 2]
        row = work.connection.execute(select(tables.webhooks).where(tables.webhooks.c.webhook_id == 1)).one()
        assert (row.verdict, row.attempts, row.lease) == ("not read", 1, None)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_was_looked_at_is_free_again_and_due_when_the_look_planned_it_or_later(core: Core) -> None:
    with core.transactions.write() as work:
        looked_at = QUEUES["attempts"].claim(work, NOW, "one.1", 9)
        planned, unplanned = sorted(looked_at, key=lambda one: str(one.attempt_id))
        attempts.change(work, planned, look_at=NOW + SECOND)
        attempts.release(work, looked_at, lease="one.1", again_at=LATER)
        c = tables.attempts.c
        rows = work.connection.execute(select(c.lease, c.lease_until, c.look_at).order_by(c.attempt_id)).all()
        assert [tuple(row) for row in rows] == [(None, None, NOW + SECOND), (None, None, LATER)]
        assert QUEUES["attempts"].claim(work, NOW + SECOND, "two.1", 9) == [replace(planned, look_at=NOW + SECOND)]
        assert attempts.looks_of(work, unplanned.attempt_id) == 1


def _count(work: UnitOfWork, one: Queue) -> int:
    if one.counts is None:
        return 0
    return sum(work.connection.execute(select(one.table.c[one.counts])).scalars())
