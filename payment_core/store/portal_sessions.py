"""One-time sign-in links of the portal and the sessions that they become; only digests of their tokens are stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import portal_sessions

_LINK, _SESSION = "link", "session"


@dataclass(frozen=True)
class Person:
    """Who signs in, and whose portal it is."""

    merchant_id: str
    name: str


def add_link(work: UnitOfWork, token: str, person: Person, *, until: datetime) -> None:
    """Insert a link that signs a person in once."""
    _add(work, _LINK, token, person, until)


def add_session(work: UnitOfWork, token: str, person: Person, *, until: datetime) -> None:
    """Insert a session."""
    _add(work, _SESSION, token, person, until)


def use_link(work: UnitOfWork, token: str, *, now: datetime) -> Person | None:
    """Use a link up and return whom it signs in; None for one that is used, too old or unknown."""
    mine = portal_sessions.c.token_digest == _digest(token)
    unused = (portal_sessions.c.used_at.is_(None), portal_sessions.c.expires_at > now)
    is_link = portal_sessions.c.kind == _LINK
    # The update decides: of two who follow one link at once, one gets in.
    if not work.connection.execute(update(portal_sessions).where(mine, is_link, *unused).values(used_at=now)).rowcount:
        return None
    row = work.connection.execute(select(portal_sessions).where(mine)).one()
    return Person(row.merchant_id, row.person)


def link_person(work: UnitOfWork, token: str, *, now: datetime) -> Person | None:
    """Return whom a link would sign in, without using it."""
    return _find(work, _LINK, token, now)


def merchant_of_link(work: UnitOfWork, token: str) -> str | None:
    """Return whose portal a link was made for, whether or not it still works; None for an unknown one."""
    mine = (portal_sessions.c.token_digest == _digest(token), portal_sessions.c.kind == _LINK)
    merchant_id: str | None = work.connection.execute(select(portal_sessions.c.merchant_id).where(*mine)).scalar()
    return merchant_id


def session_person(work: UnitOfWork, token: str, *, now: datetime) -> Person | None:
    """Return whose session this is; None for one that is over or unknown."""
    return _find(work, _SESSION, token, now)


def end(work: UnitOfWork, token: str) -> None:
    """End a session."""
    work.connection.execute(delete(portal_sessions).where(portal_sessions.c.token_digest == _digest(token)))


def forget_ended(work: UnitOfWork, *, now: datetime) -> None:
    """Delete links and sessions whose time is over."""
    work.connection.execute(delete(portal_sessions).where(portal_sessions.c.expires_at <= now))


def _add(work: UnitOfWork, kind: str, token: str, person: Person, until: datetime) -> None:
    row = {"token_digest": _digest(token), "merchant_id": person.merchant_id, "person": person.name[:80]}
    work.connection.execute(insert(portal_sessions).values(kind=kind, expires_at=until, **row))


def _find(work: UnitOfWork, kind: str, token: str, now: datetime) -> Person | None:
    mine = (portal_sessions.c.token_digest == _digest(token), portal_sessions.c.kind == kind)
    open_ones = (portal_sessions.c.expires_at > now, portal_sessions.c.used_at.is_(None))
    row = work.connection.execute(select(portal_sessions).where(*mine, *open_ones)).one_or_none()
    return Person(row.merchant_id, row.person) if row else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
