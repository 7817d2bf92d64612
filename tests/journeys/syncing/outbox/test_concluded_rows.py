"""What each outcome of a push leaves in an order's row, column by column: nothing else of it changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.push_refusal import RefusedPart, make_refusal, refusal_of
from connector.store.outbox import outbox, outbox_claim, outbox_conclusions
from connector.store.outbox.outbox import Announcement, OutboxState
from connector.store.outbox.outbox_conclusions import Conclusion
from connector.store.schema import tables
from foundation.database.lease import Lease
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World
from tests.unit.examples import make_order

# What is decided here is decided of values, and is no database's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIRST, SECOND = make_refusal(RefusedPart.ORDER, "FIRST"), make_refusal(RefusedPart.STATUS, "SECOND")
TIMES = ("failing_since", "tried_at", "probed_at", "pushed_at")
# What is known of an order whose version 3 is claimed for the fifth time, and of one that was refused before.
KNOWN = {
    "version": 3,
    "requests_version": 2,
    "pushed_version": 2,
    "final": True,
    "attempts": 4,
    "written_state": "unpaid",
}
REFUSED = {"state": "refused", "reason": "FIRST", "blocked_by": FIRST.cause}
NO_LEASE = {"lease": None, "lease_until": None}
WRITTEN = {
    "state": "written", "due_at": None, "final": False, "pushed_version": 3, "requests_version": 3, "pushed_at": "now",
    "attempts": 0, **NO_LEASE,
}  # fmt: skip
NEWER = {"state": "waiting", "due_at": "now", "final": True}
HEALED = {"reason": None, "blocked_by": None, "refusal": None, "failing_since": None, "probed_at": None}
BLOCKED = {
    "state": "buried", "reason": "SECOND", "due_at": None, "blocked_by": SECOND.cause, "refusal": SECOND, "attempts": 0,
    "tried_at": "now", **NO_LEASE,
}  # fmt: skip
PUT_OFF = {"due_at": "later", "tried_at": "now", **NO_LEASE}
REQUESTS = {"requests_version": 3, "pushed_at": "now"}
DONE: dict[str, Any] = {"state": OutboxState.WRITTEN}
WITHOUT_STATUS = {**DONE, "reason": "SECOND", "refusal": SECOND}
BURIED: dict[str, Any] = {"state": OutboxState.BURIED, "reason": "SECOND", "refusal": SECOND}
AGAIN: dict[str, Any] = {"state": OutboxState.WAITING, "reason": "SECOND", "refusal": SECOND, "due_at": "later"}


@pytest.mark.parametrize(
    ("known", "outcome", "changes"),
    [
        pytest.param(REFUSED, {**DONE, "written_state": "paid"}, {**WRITTEN, **HEALED, "told_state": "paid"}, id="written"),
        pytest.param({}, DONE, {**WRITTEN, **HEALED}, id="written, the same payment state"),
        pytest.param(
            {}, WITHOUT_STATUS,
            {**WRITTEN, "reason": "SECOND", "blocked_by": SECOND.cause, "refusal": SECOND, "tried_at": "now"},
            id="written without its Status",
        ),
        pytest.param(
            {"failing_since": None}, WITHOUT_STATUS,
            {
                **WRITTEN, "reason": "SECOND", "blocked_by": SECOND.cause, "refusal": SECOND, "tried_at": "now",
                "failing_since": "now",
            },
            id="written without its Status for the first time",
        ),
        pytest.param({}, BURIED, {**BLOCKED, **REQUESTS}, id="blocked, its requests written"),
        pytest.param({}, {**BURIED, "requests_written": False}, BLOCKED, id="blocked"),
        pytest.param(
            {"pushed_version": 3}, {**BURIED, "requests_written": False}, {**BLOCKED, "pushed_version": 2},
            id="blocked, though it was written once",
        ),
        pytest.param(
            {"failing_since": None}, {**BURIED, "requests_written": False}, {**BLOCKED, "failing_since": "now"},
            id="blocked for the first time",
        ),
        pytest.param(
            {}, {**AGAIN, "requests_written": False}, {**PUT_OFF, "state": "waiting", "reason": "SECOND", "refusal": SECOND},
            id="put off",
        ),
        pytest.param(
            {}, AGAIN, {**PUT_OFF, **REQUESTS, "state": "waiting", "reason": "SECOND", "refusal": SECOND},
            id="put off, its requests written",
        ),
        pytest.param(REFUSED, {**AGAIN, "requests_written": False}, PUT_OFF, id="put off where it was refused before"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newer", [False, True])
def test_of_an_order(
    world: World, clock: Clock, known: dict[str, Any], outcome: dict[str, Any], changes: dict[str, Any], *, newer: bool
) -> None:
    (order_id,) = crowd(world, 1)
    earlier, later = clock() - timedelta(hours=1), clock() + timedelta(minutes=1)
    with world.services.store.write() as work:
        sealed = work.vault.seal("acme", FIRST.to_bytes()) if known is REFUSED else None
        row = {**KNOWN, **dict.fromkeys(TIMES, earlier), "refusal": sealed, **known}
        work.connection.execute(update(tables.outbox).values(row))
        lease = Lease.of("w1", later)
        (entry,) = outbox_claim.claim(work, "acme", range(outbox.PARTITIONS), now=clock(), lease=lease, most=1)
        if newer:
            announcement = Announcement(make_order(order_id=order_id), 4, final=False)
            outbox.announce(work, [announcement], now=clock())
    before = seen(world)
    due_at = {"due_at": clock() + timedelta(minutes=9)} if "due_at" in outcome else {}
    with world.services.store.write() as work:
        outbox_conclusions.conclude(work, [Conclusion(entry, **{**outcome, **due_at})], now=clock())
    named = {"now": clock(), "later": clock() + timedelta(minutes=9)}
    if newer and changes.get("due_at", "later") is None:
        changes = {**changes, **NEWER}
    expected = {name: named.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    assert seen(world) == {**before, **expected}


def seen(world: World) -> dict[str, Any]:
    """Return the order's row, its refusal decrypted."""
    row = world.row("outbox")
    opened = refusal_of(world.services.store.vault.open("acme", row["refusal"])) if row["refusal"] else None
    return {**row, "refusal": opened}
