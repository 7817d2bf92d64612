"""Checks that are due before the nightly examination: requested by an event, or by an open finding."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from connector.store.schema.health_tables import looks_due
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

# A claimed check that was never finished is due again after this.
_TAKEN_UP_FOR = timedelta(minutes=5)
# The round of all checks that call no peer is a row like the others, so that one worker of a fleet makes it.
_ROUND = {"tenant_id": "", "check": "every minute"}
_EVERY = timedelta(minutes=1)


def request_checks(work: UnitOfWork, tenant_id: str, checks: Iterable[str], *, at: datetime) -> None:
    """Make checks due at a time; one that is due earlier stays so."""
    for check in sorted(checks):  # in one order everywhere, so that two processes do not deadlock
        put = insert_into(work.connection.dialect.name, looks_due).values(tenant_id=tenant_id, check=check, due_at=at)
        names = [looks_due.c.tenant_id, looks_due.c.check]
        later = looks_due.c.due_at > at
        work.connection.execute(put.on_conflict_do_update(index_elements=names, set_={"due_at": at}, where=later))


def bring_forward(work: UnitOfWork, tenant_id: str, *, now: datetime) -> None:
    """Make a tenant's scheduled checks due now, because somebody has changed the tenant, perhaps to fix a fault."""
    later = (looks_due.c.tenant_id == tenant_id) & (looks_due.c.due_at > now)
    work.connection.execute(update(looks_due).where(later).values(due_at=now))


def any_due(work: UnitOfWork, *, now: datetime) -> bool:
    """Return whether any check is due now, or the first round was never made."""
    due = select(looks_due.c.check).where(looks_due.c.due_at <= now).limit(1)
    return work.connection.execute(due).first() is not None or not _has_round(work)


def claim_due(work: UnitOfWork, *, now: datetime) -> dict[str, set[str]]:
    """Return the due checks by tenant, and keep them from being claimed again for a while."""
    mine = looks_due.c.due_at <= now
    taken = update(looks_due).where(mine, looks_due.c.check != _ROUND["check"]).values(due_at=now + _TAKEN_UP_FOR)
    found: dict[str, set[str]] = {}
    for row in work.connection.execute(taken.returning(looks_due.c.tenant_id, looks_due.c.check)):
        found.setdefault(row.tenant_id, set()).add(row.check)
    return found


def begin_round(work: UnitOfWork, *, now: datetime) -> bool:
    """Return whether a minute has passed since the last round, and begin the next one if so."""
    put = insert_into(work.connection.dialect.name, looks_due).values(**_ROUND, due_at=now + _EVERY)
    names = [looks_due.c.tenant_id, looks_due.c.check]
    over = looks_due.c.due_at <= now
    again = put.on_conflict_do_update(index_elements=names, set_={"due_at": now + _EVERY}, where=over)
    return work.connection.execute(again.returning(looks_due.c.check)).first() is not None


def finish(work: UnitOfWork, tenant_id: str, checks: Iterable[str], *, now: datetime) -> None:
    """Remove checks that have run; one that was requested meanwhile stays due."""
    mine = (looks_due.c.tenant_id == tenant_id) & looks_due.c.check.in_(sorted(checks))
    work.connection.execute(delete(looks_due).where(mine, looks_due.c.due_at > now))


def _has_round(work: UnitOfWork) -> bool:
    mine = (looks_due.c.tenant_id == "") & (looks_due.c.check == _ROUND["check"])
    return work.connection.execute(select(looks_due.c.check).where(mine)).first() is not None
