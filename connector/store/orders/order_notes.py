"""Notes on orders: one for each order, encrypted, kept for a while."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, tuple_, update

from connector.domain.payments.payment import Person
from connector.domain.people.order_note import KEPT_FOR, OrderNote
from connector.store.schema.note_tables import order_notes
from foundation.database.unit_of_work import UnitOfWork


def find(work: UnitOfWork, tenant_id: str, order_id: str, *, now: datetime) -> OrderNote | None:
    """Return an order's note; one without text was taken away or is too old. None where there never was one."""
    row = work.connection.execute(select(order_notes).where(_is(tenant_id, order_id))).first()
    if row is None:
        return None
    shown = row.text is not None and row.written_at > now - KEPT_FOR
    text = work.vault.open(tenant_id, bytes(row.text)).decode() if shown else ""
    return OrderNote(text, Person(row.author_id, row.author_name), row.written_at, row.version)


def write(work: UnitOfWork, tenant_id: str, order_id: str, note: OrderNote) -> None:
    """Store a note in place of the one before; its order must be locked."""
    values = {
        "text": work.vault.seal(tenant_id, note.text.encode()) if note.text else None,
        "author_id": note.author.user_id,
        "author_name": note.author.name,
        "written_at": note.written_at,
        "version": note.version,
    }
    if not work.connection.execute(update(order_notes).where(_is(tenant_id, order_id)).values(values)).rowcount:
        work.connection.execute(order_notes.insert().values(tenant_id=tenant_id, order_id=order_id, **values))


def delete_old(work: UnitOfWork, *, now: datetime, most: int) -> int:
    """Delete notes of all tenants that are too old to be shown, ``most`` at once; return how many."""
    key = tuple_(order_notes.c.tenant_id, order_notes.c.order_id)
    old = select(order_notes.c.tenant_id, order_notes.c.order_id).where(order_notes.c.written_at <= now - KEPT_FOR)
    return work.connection.execute(delete(order_notes).where(key.in_(old.limit(most)))).rowcount


def erase(work: UnitOfWork, tenant_id: str, order_ids: Collection[str]) -> None:
    """Erase the notes of orders."""
    mine = (order_notes.c.tenant_id == tenant_id) & order_notes.c.order_id.in_(order_ids)
    work.connection.execute(delete(order_notes).where(mine))


def texts(work: UnitOfWork, tenant_id: str) -> list[tuple[str, str]]:
    """Return (order id, text) of a tenant's notes."""
    mine = (order_notes.c.tenant_id == tenant_id) & order_notes.c.text.is_not(None)
    rows = work.connection.execute(select(order_notes.c.order_id, order_notes.c.text).where(mine)).all()
    return [(row.order_id, work.vault.open(tenant_id, bytes(row.text)).decode()) for row in rows]


def _is(tenant_id: str, order_id: str) -> ColumnElement[bool]:
    return (order_notes.c.tenant_id == tenant_id) & (order_notes.c.order_id == order_id)
