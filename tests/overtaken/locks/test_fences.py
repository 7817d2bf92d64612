"""Only who holds a row's very lease writes its outcome, and that of no other row; what is due is claimed, the oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.push_refusal import PushRefusal, RefusedPart
from connector.domain.payments.news import Bell, Medium, News
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import Arrival, Disposition, InboxEntry, Verdict
from connector.store.leasing import row_leases
from connector.store.outbox import news_rows, outbox_claim, outbox_conclusions
from connector.store.outbox.outbox import OutboxEntry, OutboxState
from connector.store.outbox.outbox_conclusions import Conclusion
from connector.store.schema import tables
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World

REFUSAL = PushRefusal(RefusedPart.ORDER, "REQUIRED_FIELD_MISSING", ("Reason__c",))
OF_STATUS = PushRefusal(RefusedPart.STATUS, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("Status",), held="Draft")
BY_ANOTHER = "w2.0000"


@dataclass(frozen=True)
class Claimed:
    """Two callbacks and two orders that a worker has claimed."""

    work: UnitOfWork
    entries: list[InboxEntry]
    pushes: list[OutboxEntry]
    now: datetime

    def rows(self) -> dict[Any, dict[str, Any]]:
        """Return all rows of both queues by their keys."""
        entries = self.work.connection.execute(tables.inbox.select()).mappings()
        pushes = self.work.connection.execute(tables.outbox.select()).mappings()
        return {bytes(row["digest"]): dict(row) for row in entries} | {row["order_id"]: dict(row) for row in pushes}

    def changed(self, write: Callable[[], object]) -> set[Any]:
        """Return the keys of the rows that a write changed."""
        before = self.rows()
        write()
        return {key for key, row in self.rows().items() if row != before[key]}


@pytest.fixture
def claimed(world: World, clock: Clock) -> Iterator[Claimed]:
    """What a worker has claimed for a minute."""
    for body in (b"first", b"second"):
        world.callback(body)
        clock.pass_by(seconds=1)
    crowd(world, 2)
    with world.services.store.write() as work:
        lease = Lease.of("w1", clock() + timedelta(minutes=1))
        entries = inbox_claim.claim(work, now=clock(), lease=lease, most=5)
        partitions = [one.partition for one in outbox_claim.due_partitions(work, now=clock())]
        pushes = outbox_claim.claim(work, "acme", partitions, now=clock(), lease=lease, most=5)
        assert (len(entries), len(pushes)) == (2, 2)
        yield Claimed(work, entries, pushes, clock())


@pytest.mark.parametrize(
    "write",
    [
        lambda c, entry: inbox_claim.postpone_failed(c.work, entry, due_at=c.now),
        lambda c, entry: inbox_claim.record_dispositions(c.work, [(entry, Disposition(Verdict.APPLIED))], now=c.now),
    ],
    ids=["postponed", "applied"],
)
def test_of_a_callback(claimed: Claimed, write: Callable[[Claimed, InboxEntry], object]) -> None:
    entry = claimed.entries[0]
    assert claimed.changed(lambda: write(claimed, replace(entry, lease=BY_ANOTHER))) == set()
    assert claimed.changed(lambda: write(claimed, entry)) == {entry.digest}
    row = claimed.rows()[entry.digest]
    assert (row["lease"], row["lease_until"]) == (None, None)


def test_a_callback_is_finished_by_its_verdict_and_not_while_it_is_held(claimed: Claimed) -> None:
    first, second = claimed.entries
    again = claimed.now + timedelta(seconds=30)
    held = Disposition(Verdict.HELD, "unknown_payment", again, attempts=0)
    verdicts = [(first, Disposition(Verdict.APPLIED)), (second, held)]
    inbox_claim.record_dispositions(claimed.work, verdicts, now=claimed.now)
    rows = [claimed.rows()[entry.digest] for entry in (first, second)]
    assert [(row["finished_at"], row["due_at"], row["open_claims"], row["attempts"]) for row in rows] == [
        (claimed.now, None, 0, 1),
        (None, again, 0, 0),
    ]


def test_another_body_is_stored_for_its_own_callback_alone(claimed: Claimed) -> None:
    entry = claimed.entries[0]
    assert claimed.changed(lambda: inbox_claim.rewrite(claimed.work, entry, b"masked")) == {entry.digest}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (lambda push, now: Conclusion(push, OutboxState.WRITTEN), "written"),
        (lambda push, now: Conclusion(push, OutboxState.WRITTEN, refusal=OF_STATUS), "written"),
        (lambda push, now: Conclusion(push, OutboxState.REFUSED, "A_CODE", refusal=REFUSAL), "refused"),
        (lambda push, now: Conclusion(push, OutboxState.WAITING, "A_CODE", now), "waiting"),
    ],
    ids=["written", "written without its status", "refused", "postponed"],
)
def test_of_a_push(claimed: Claimed, outcome: Callable[[OutboxEntry, datetime], Conclusion], state: str) -> None:
    push = claimed.pushes[0]

    def conclude(one: OutboxEntry) -> None:
        outbox_conclusions.conclude(claimed.work, [outcome(one, claimed.now)], now=claimed.now)

    assert claimed.changed(lambda: conclude(replace(push, lease=BY_ANOTHER))) == set()
    assert claimed.changed(lambda: conclude(push)) == {push.order_id}
    row = claimed.rows()[push.order_id]
    assert (row["lease"], row["lease_until"], row["state"]) == (None, None, state)


def test_what_another_has_taken_over_is_not_held_any_more(claimed: Claimed) -> None:
    first, second = claimed.entries
    assert row_leases.still_held(claimed.work, [first, replace(second, lease=BY_ANOTHER)]) == {first.digest}


def test_a_process_gives_back_its_own_claims_alone(claimed: Claimed) -> None:
    assert row_leases.release_owner(claimed.work, "w2", now=claimed.now) == 0
    assert row_leases.release_owner(claimed.work, "w", now=claimed.now) == 0
    assert row_leases.release_owner(claimed.work, "w1", now=claimed.now) == 4
    rows = [claimed.rows()[entry.digest] for entry in claimed.entries]
    assert {(row["lease"], row["due_at"], row["open_claims"]) for row in rows} == {(None, claimed.now, 0)}, (
        "a stop is no sign that an entry kills processes"
    )


def test_a_start_takes_what_was_claimed_and_nothing_that_has_ended(claimed: Claimed) -> None:
    ended, held = claimed.entries
    written, pushed = claimed.pushes
    inbox_claim.record_dispositions(claimed.work, [(ended, Disposition(Verdict.APPLIED))], now=claimed.now)
    outbox_conclusions.conclude(claimed.work, [Conclusion(written, OutboxState.WRITTEN)], now=claimed.now)
    assert claimed.changed(lambda: row_leases.release_all(claimed.work, now=claimed.now)) == {
        held.digest, pushed.order_id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "most", "without", "found"),
    [
        (-1, 5, [], []),
        (0, 5, [], [b"first"]),
        (1, 5, [], [b"first", b"second"]),
        (1, 1, [], [b"first"]),
        (1, 5, ["acme"], []),
        (1, 5, ["globex"], [b"first", b"second"]),
    ],
)
def test_callbacks_are_claimed_once_they_are_due_the_oldest_first(
    world: World, clock: Clock, seconds: int, most: int, without: list[str], found: list[bytes]
) -> None:
    begun = clock()
    for body in (b"first", b"second"):
        world.callback(body)
        clock.pass_by(seconds=1)
    now = begun + timedelta(seconds=seconds)
    lease = Lease.of("w1", now + timedelta(minutes=1))
    with world.services.store.write() as work:
        entries = inbox_claim.claim(work, now=now, lease=lease, most=most, without=without)
        assert [entry.body for entry in entries] == found
        assert inbox_claim.claim(work, now=lease.until - timedelta(seconds=1), lease=lease, most=0) == []
        later = inbox_claim.claim(work, now=lease.until, lease=lease, most=5, without=without)
        assert len(later) == (0 if without == ["acme"] else 2), "what a dead process left is due when its lease ends"


def test_of_callbacks_and_bells_those_that_are_due_longest_are_claimed_first(world: World, clock: Clock) -> None:
    """However they lie in their tables: the later one was put off until before the earlier one is due."""
    world.tenant()
    for body in (b"first", b"second"):
        world.callback(body)
    bells = [News(Medium.AGENT, Bell.PAID, f"c2p_{name}", "801xx0000000001AAA", 1) for name in ("first", "second")]
    lease = Lease.of("w1", clock() + timedelta(minutes=1))
    later = {
        row["digest"] for row in world.rows("inbox") if row["digest"] != Arrival("acme", "", b"first", clock()).digest
    }
    with world.services.store.write() as work:
        news_rows.add(work, "acme", bells, {}, now=clock())
        put_off = {"due_at": clock() - timedelta(minutes=1)}
        work.connection.execute(update(tables.inbox).where(tables.inbox.c.digest.in_(later)).values(put_off))
        of = tables.payment_news.c
        work.connection.execute(update(tables.payment_news).where(of.reference == "c2p_second").values(put_off))
        entries = inbox_claim.claim(work, now=clock(), lease=lease, most=1)
        rung = news_rows.claim(work, "acme", news_rows.BELLS, now=clock(), lease=lease, most=1)
    assert [entry.body for entry in entries] == [b"second"]
    assert [one.news.reference for one in rung] == ["c2p_second"]
