"""On PostgreSQL a blocked order may be pushed at the very moment at which it is chosen to be tried again."""

from __future__ import annotations

import pytest
from sqlalchemy import event, insert

from connector.store.outbox import outbox_claim, probes
from connector.store.schema import tables
from foundation.database.lease import Lease
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World, once
from tests.overtaken.locks.test_locks import LEASE

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.mark.parametrize("copied", [False, True], ids=["one org", "and a copied org with the same orders"])
def test_an_order_that_is_pushed_meanwhile_is_not_made_due_beside_its_push(
    world: World, clock: Clock, copied: bool
) -> None:
    (order_id,) = crowd(world, 1)
    world.org.refuses = {order_id: "FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    world.push()
    if copied:
        row = world.row("outbox") | {"tenant_id": "globex"}
        twin = insert(tables.outbox).values({column.key: row[column.name] for column in tables.outbox.c})
        with world.services.store.write() as work:
            work.connection.execute(twin)
    clock.pass_by(minutes=10)
    lease = Lease.of("w1", clock() + LEASE)

    @once
    def push_by_hand() -> None:
        with world.services.store.write() as other:
            assert probes.push_blocked(other, "acme", now=clock()) == [order_id]
            partitions = [one.partition for one in outbox_claim.due_partitions(other, now=clock())]
            assert len(outbox_claim.claim(other, "acme", partitions, now=clock(), lease=lease, most=5)) == 1

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "UPDATE outbox" in statement:
            push_by_hand()

    engine = world.services.store.database.engine
    event.listen(engine, "before_cursor_execute", meanwhile)
    try:
        with world.services.store.write() as work:
            assert probes.probe(work, "acme", now=clock()) == 0
    finally:
        event.remove(engine, "before_cursor_execute", meanwhile)
    pushed = {row["tenant_id"]: row["due_at"] for row in world.rows("outbox")}
    assert pushed["acme"] == lease.until
    assert set(pushed.values()) == ({lease.until, None} if copied else {lease.until})
