"""Times of the latest callbacks by tenant and address, written at most once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from connector.store.schema.health_tables import callback_times
from foundation.database.outage import reason_of
from foundation.database.unit_of_work import Transactions, UnitOfWork
from foundation.database.upsert import insert_into
from foundation.log import get_logger

log = get_logger()
# Callbacks within this time after a stored one are not stored, so that a burst of them is not a burst of writes.
STORED_EVERY = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
Address = tuple[str, str]  # (tenant, kind)


class CallbackTimes:
    """Stores when callbacks arrived; a row that another process wrote a moment ago is left alone."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._stored: dict[Address, datetime] = {}

    def record(self, arrivals: Mapping[Address, datetime]) -> None:
        """Store the latest arrivals; where the database refuses, the next ones are stored instead."""
        new = {one: at for one, at in arrivals.items() if at - self._stored.get(one, _NEVER) >= STORED_EVERY}
        if not new:
            return
        try:
            with self._transactions.write() as work:
                for address in sorted(new):  # in one order everywhere, so that two processes do not deadlock
                    _put(work, address, new[address])
        except SQLAlchemyError as error:
            # The caller drains these callbacks next, which matters more than when they arrived.
            log.warning("not_noted", where="callbacks_heard", reason=reason_of(error))
            return
        self._stored |= new


def latest_callbacks(work: UnitOfWork, tenant_id: str) -> dict[str, datetime]:
    """Return when a callback last arrived at each of a tenant's addresses, exact to a minute."""
    query = select(callback_times).where(callback_times.c.tenant_id == tenant_id)
    return {row.kind: row.heard_at for row in work.connection.execute(query)}


def _put(work: UnitOfWork, address: Address, at: datetime) -> None:
    tenant_id, kind = address
    put = insert_into(work.connection.dialect.name, callback_times).values(tenant_id=tenant_id, kind=kind, heard_at=at)
    names = [callback_times.c.tenant_id, callback_times.c.kind]
    earlier = callback_times.c.heard_at <= at - STORED_EVERY
    work.connection.execute(put.on_conflict_do_update(index_elements=names, set_={"heard_at": at}, where=earlier))
