"""Which checks of tenants are due before the night: those that an event asks for, and those of open findings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from connector.store.schema.health_tables import looks_due
from connector.store.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

# A look that was taken up and never ended is due again then.
_TAKEN_UP_FOR = timedelta(minutes=5)
# The round of all looks that ask nobody is a row like the others: in a fleet one worker makes it.
_ROUND = {"tenant_id": "", "check": "every minute"}
_EVERY = timedelta(minutes=1)


def request_checks(work: UnitOfWork, tenant_id: str, checks: Iterable[str], *, at: datetime) -> None:
    """Let these looks be due at a moment; one that is due earlier stays so."""
    for check in sorted(checks):
        put = insert_into(work.connection.dialect.name, looks_due).values(tenant_id=tenant_id, check=check, due_at=at)
        names = [looks_due.c.tenant_id, looks_due.c.check]
        later = looks_due.c.due_at > at
        work.connection.execute(put.on_conflict_do_update(index_elements=names, set_={"due_at": at}, where=later))


def bring_forward(work: UnitOfWork, tenant_id: str, *, now: datetime) -> None:
    """Somebody has changed the tenant, perhaps to mend it: what is looked at sooner or later is looked at now."""
    later = (looks_due.c.tenant_id == tenant_id) & (looks_due.c.due_at > now)
    work.connection.execute(update(looks_due).where(later).values(due_at=now))


def any_due(work: UnitOfWork, *, now: datetime) -> bool:
    """Say whether there is anything to look at now; a database in which nobody has looked yet has."""
    due = select(looks_due.c.check).where(looks_due.c.due_at <= now).limit(1)
    return work.connection.execute(due).first() is not None or not _has_round(work)


def claim_due(work: UnitOfWork, *, now: datetime) -> dict[str, set[str]]:
    """Return the looks that are due, by tenant; for a while nobody else takes them up."""
    mine = looks_due.c.due_at <= now
    taken = update(looks_due).where(mine, looks_due.c.check != _ROUND["check"]).values(due_at=now + _TAKEN_UP_FOR)
    found: dict[str, set[str]] = {}
    for row in work.connection.execute(taken.returning(looks_due.c.tenant_id, looks_due.c.check)):
        found.setdefault(row.tenant_id, set()).add(row.check)
    return found


def begin_round(work: UnitOfWork, *, now: datetime) -> bool:
    """Say whether a minute has passed since the last round, and begin another if so."""
    put = insert_into(work.connection.dialect.name, looks_due).values(**_ROUND, due_at=now + _EVERY)
    names = [looks_due.c.tenant_id, looks_due.c.check]
    over = looks_due.c.due_at <= now
    again = put.on_conflict_do_update(index_elements=names, set_={"due_at": now + _EVERY}, where=over)
    return work.connection.execute(again.returning(looks_due.c.check)).first() is not None


def finish(work: UnitOfWork, tenant_id: str, checks: Iterable[str], *, now: datetime) -> None:
    """Forget looks that were taken; what was asked for meanwhile stays due."""
    mine = (looks_due.c.tenant_id == tenant_id) & looks_due.c.check.in_(sorted(checks))
    work.connection.execute(delete(looks_due).where(mine, looks_due.c.due_at > now))


def _has_round(work: UnitOfWork) -> bool:
    mine = (looks_due.c.tenant_id == "") & (looks_due.c.check == _ROUND["check"])
    return work.connection.execute(select(looks_due.c.check).where(mine)).first() is not None
