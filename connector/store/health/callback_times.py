"""When callbacks last came, by tenant and address: written at most once a minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from connector.store.schema.health_tables import callbacks_heard
from connector.store.unit_of_work import Transactions, UnitOfWork
from foundation.database.outage import reason_of
from foundation.database.upsert import insert_into
from foundation.log import get_logger

log = get_logger()
# What came within this time after the moment that is noted may not be noted by itself.
NOTED_EVERY = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
Address = tuple[str, str]  # (tenant, kind)


class CallbackTimes:
    """Notes what this process has heard; a row that another process wrote a moment ago is left alone."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._noted: dict[Address, datetime] = {}

    def note(self, heard: Mapping[Address, datetime]) -> None:
        """Note when something last came. A database that refuses keeps nobody's news: it is noted with the next one."""
        news = {one: at for one, at in heard.items() if at - self._noted.get(one, _NEVER) >= NOTED_EVERY}
        if not news:
            return
        try:
            with self._transactions.write() as work:
                for address in sorted(news):
                    _put(work, address, news[address])
        except SQLAlchemyError as error:
            log.warning("not_noted", where="callbacks_heard", reason=reason_of(error))
            return
        self._noted |= news


def heard_of(work: UnitOfWork, tenant_id: str) -> dict[str, datetime]:
    """Return when something last came to each of a tenant's addresses; what came within a minute of it is not told."""
    query = select(callbacks_heard).where(callbacks_heard.c.tenant_id == tenant_id)
    return {row.kind: row.heard_at for row in work.connection.execute(query)}


def _put(work: UnitOfWork, address: Address, at: datetime) -> None:
    tenant_id, kind = address
    put = insert_into(work.connection.dialect.name, callbacks_heard).values(tenant_id=tenant_id, kind=kind, heard_at=at)
    names = [callbacks_heard.c.tenant_id, callbacks_heard.c.kind]
    earlier = callbacks_heard.c.heard_at <= at - NOTED_EVERY
    work.connection.execute(put.on_conflict_do_update(index_elements=names, set_={"heard_at": at}, where=earlier))
