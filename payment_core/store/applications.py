"""Applications: insert or change, find, list."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.application import Application, Proof
from payment_core.domain.enums import ApplicationKind, ApplicationStatus
from payment_core.store.schema.tables import applications

_PLAIN = (
    "application_id",
    "merchant_id",
    "name",
    "payment_status_url",
    "transaction_status_url",
    "settings_url",
    "wants_messages",
)
# Never deleted as rows: links and deliveries of years refer to them.
_NOT_DELETED = applications.c.status != ApplicationStatus.DELETED.value
_FIND = Prepared(
    select(applications).where(
        applications.c.merchant_id == bindparam("of_merchant"),
        applications.c.application_id == bindparam("of_application"),
        _NOT_DELETED,
    )
)


def find(work: UnitOfWork, merchant_id: str, application_id: str) -> Application | None:
    """Return an application that is not deleted."""
    row = _FIND.one(work.connection, of_merchant=merchant_id, of_application=application_id)
    return _application(row, work) if row else None


def listed(work: UnitOfWork, merchant_id: str) -> list[Application]:
    """Return a merchant's applications that are not deleted, the oldest first."""
    query = select(applications).where(applications.c.merchant_id == merchant_id, _NOT_DELETED)
    rows = work.connection.execute(query.order_by(applications.c.created_at, applications.c.application_id))
    return [_application(row, work) for row in rows]


def enabled(work: UnitOfWork, merchant_id: str) -> list[Application]:
    """Return a merchant's applications that take notifications."""
    return [one for one in listed(work, merchant_id) if one.is_enabled]


def save(work: UnitOfWork, application: Application, *, now: datetime) -> None:
    """Insert an application, or change the one of its id; a deleted one comes back."""
    work.changed.add(application.application_id)
    # Without an upsert: the time of the first insert has to stay.
    values = _values(work, application)
    mine = (
        applications.c.merchant_id == application.merchant_id,
        applications.c.application_id == application.application_id,
    )
    if not work.connection.execute(update(applications).where(*mine).values(values)).rowcount:
        work.connection.execute(insert(applications).values(created_at=now, **values))


def is_anothers(work: UnitOfWork, merchant_id: str, application_id: str) -> bool:
    """Return whether an id is taken by an application of another merchant, be it deleted."""
    theirs = (applications.c.application_id == application_id, applications.c.merchant_id != merchant_id)
    return work.connection.execute(select(applications.c.application_id).where(*theirs)).first() is not None


def set_status(work: UnitOfWork, merchant_id: str, application_id: str, status: ApplicationStatus) -> bool:
    """Enable, disable or delete an application; return whether there is one."""
    work.changed.add(application_id)
    mine = (applications.c.merchant_id == merchant_id, applications.c.application_id == application_id)
    done = work.connection.execute(update(applications).where(*mine, _NOT_DELETED).values(status=status.value))
    return bool(done.rowcount)


def _application(row: Row[Any], work: UnitOfWork) -> Application:
    return Application(
        **{name: getattr(row, name) for name in _PLAIN},
        kind=ApplicationKind(row.kind),
        status=ApplicationStatus(row.status),
        proof=_proof(work, row),
    )


def _proof(work: UnitOfWork, row: Row[Any]) -> Proof:
    if row.proof is None:
        return Proof()
    stored = json.loads(work.vault.open(row.merchant_id, bytes(row.proof)))
    return Proof(stored["basic_user"], Secret(stored["basic_password"]), Secret(stored["hmac_key"]))


def _values(work: UnitOfWork, application: Application) -> dict[str, Any]:
    proof = application.proof
    plain = {
        "basic_user": proof.basic_user,
        "basic_password": proof.basic_password.value,
        "hmac_key": proof.hmac_key.value,
    }
    # Sealed for its merchant, so that a row which is copied to another one cannot be opened there.
    sealed = work.vault.seal(application.merchant_id, json.dumps(plain).encode()) if any(plain.values()) else None
    return {
        **{name: getattr(application, name) for name in _PLAIN},
        "kind": application.kind.value,
        "status": application.status.value,
        "proof": sealed,
    }
