"""Orders as last read from Salesforce, with a version for Salesforce and a revision for open pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, literal, select, update

from connector.domain.payments.order import Order, OrderProblem, OrderRemark
from connector.errors import TenantProblem
from connector.store.schema.tables import orders
from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from foundation.encryption.vault import Vault
from foundation.phones.choose_phone_field import NoteReason, PhoneNote
from foundation.phones.phone import Phone

# The reason of an order that Salesforce shows without a total that can be read.
TOTAL_UNREADABLE = "ORDER_TOTAL_UNREADABLE"
_LONGEST_READING = timedelta(minutes=2)
_NAMED = (orders.c.tenant_id == bindparam("of_tenant")) & (orders.c.order_id == bindparam("of_order"))
# Every poll of an open page reads its order.
_FIND = Prepared(select(orders).where(_NAMED))
_TOUCH = update(orders).where(_NAMED).values(revision=orders.c.revision + 1)
# Columns that no reading of an order sets.
_NOT_READ = ("tenant_id", "order_id", "version", "revision", "changed_at", "phone_since")
_SAVE = (
    update(orders)
    .where(_NAMED)
    .values(
        {
            column.key: bindparam(f"to_{column.key}", type_=column.type)
            for column in orders.c
            if column.key not in _NOT_READ
        }
    )
)
_SET_PHONE_SINCE = (
    update(orders).where(_NAMED).values(phone_since=bindparam("to_since", type_=orders.c.phone_since.type))
)
_SET_VERSION = update(orders).where(_NAMED).values(version=bindparam("to_version"), revision=orders.c.revision + 1)


@dataclass(frozen=True)
class StoredOrder:
    """An order as last read, with its counters: ``version`` for Salesforce, ``revision`` for open pages.

    ``unread_because``: why the org's last answer, at ``unread_at``, did not show it; None where it did. ``changed_at``: since
    when the org shows it otherwise than before; a page that read it earlier reads it again. ``phone_since``: since when
    Salesforce has this number; None where it was never seen to change.
    """

    order: Order
    version: int
    revision: int
    unread_because: str | None = None
    changed_at: datetime | None = None
    phone_since: datetime | None = None
    unread_at: datetime | None = None

    @property
    def answered_at(self) -> datetime:
        """Return when the org was last asked for it with an answer, whether that showed it or not."""
        return max(self.order.read_at, self.unread_at or self.order.read_at)

    @property
    def takes_money(self) -> bool:
        """Return whether money may be taken for it, as far as is known; of a total of zero nothing is due."""
        return self.unread_because is None and self.order.bars_capture is None


def save(work: UnitOfWork, order: Order, *, known: StoredOrder | None = None) -> None:
    """Store an order as it was just read; the revision rises where a page would show something else.

    ``known`` is the order as the caller has just locked it, which saves another read.
    """
    if known is None:
        first = _values(order, work.vault) | {"version": 0, "revision": 1}
        if work.connection.execute(_adding(work.connection.dialect.name), first).first():
            return
        known = lock_many(work, order.tenant_id, [order.order_id])[order.order_id]
    if is_outdated(order, known):
        return
    order = completed(order, known)
    named = {"of_tenant": order.tenant_id, "of_order": order.order_id}
    values = {f"to_{name}": value for name, value in _values(order, work.vault).items() if name not in _NOT_READ}
    work.connection.execute(_SAVE, values | named)
    if known.order.phone != order.phone:
        work.connection.execute(_SET_PHONE_SINCE, named | {"to_since": order.read_at})
    if known.unread_because != _unread_because(order) or _page_content(known.order) != _page_content(order):
        touch(work, order.tenant_id, order.order_id)


def is_news(order: Order, known: StoredOrder) -> bool:
    """Return whether a reading differs from what is stored, apart from its time."""
    return known.unread_because != _unread_because(order) or _content(known.order) != _content(completed(order, known))


def mark_read(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str], *, read_at: datetime) -> None:
    """Record that locked orders were read again without a difference."""
    mine = (orders.c.tenant_id == tenant_id) & orders.c.order_id.in_(order_ids)
    if order_ids:
        as_before = case((orders.c.unread_because.is_not(None), literal(read_at, orders.c.read_at.type)), else_=None)
        work.connection.execute(update(orders).where(mine).values(read_at=read_at, unread_at=as_before))


def mark_unread(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str], *, because: str, at: datetime) -> list[str]:
    """Record that the org answered at ``at`` without these orders; return those that were not marked so before."""
    mine = (orders.c.tenant_id == tenant_id) & orders.c.order_id.in_(order_ids)
    older = orders.c.read_at < at  # a later reading has seen the order
    known = orders.c.unread_because.is_distinct_from(because[:80])
    new = list(work.connection.execute(select(orders.c.order_id).where(mine, older, known)).scalars())
    marked = update(orders).where(mine, older).values(unread_at=at, unread_because=because[:80])
    work.connection.execute(marked)
    touch_many(work, tenant_id, new)
    return new


def completed(order: Order, known: StoredOrder) -> Order:
    """Return a reading with what it did not cover taken from the one before: consents by query, numbers, unclear totals."""
    last = known.order
    order = replace(order, consents={**last.consents, **order.consents})
    if not order.numbers_read:
        order = replace(order, phone=last.phone, phone_notes=last.phone_notes, country=last.country)
    if not order.is_unclear:
        return order
    # Money must not be compared with a total, or in a currency, that could not be read.
    return replace(order, total=last.total, tax=last.tax, sub_total=last.sub_total, currency=last.currency)


def is_outdated(order: Order, known: StoredOrder) -> bool:
    """Return whether a slow reading arrives after a quicker one that began later, and must not restore what that replaced.

    That is older amounts, or an order that the org did not show any more.
    """
    # A stored time further ahead than a reading can last was written under a wrong clock, and must not win for ever.
    return timedelta(0) < known.answered_at - order.read_at < _LONGEST_READING


@cache
def _adding(dialect: str) -> Any:
    """Return the insert of a new order; two agents may open the same one at once, and one of them inserts it."""
    return insert_into(dialect, orders).on_conflict_do_nothing().returning(orders.c.order_id)


def find(
    work: UnitOfWork,
    tenant_id: str,
    order_id: str,
) -> StoredOrder | None:
    """Return an order as last read."""
    row = _FIND.one(work.connection, of_tenant=tenant_id, of_order=order_id)
    return _last_stored(row, work.vault) if row else None


def lock(work: UnitOfWork, tenant_id: str, order_id: str) -> None:
    """Lock an order, and by that its requests, until this transaction ends."""
    work.connection.execute(select(orders.c.version).where(_is(tenant_id, order_id)).with_for_update()).first()


def lock_many(
    work: UnitOfWork,
    tenant_id: str,
    order_ids: Iterable[str],
) -> dict[str, StoredOrder]:
    """Lock several orders of one tenant and return them as last read."""
    mine = (orders.c.tenant_id == tenant_id) & orders.c.order_id.in_(sorted(set(order_ids)))
    # Always locked in the same order, so that two transactions do not deadlock.
    query = select(orders).where(mine).order_by(orders.c.order_id).with_for_update()
    return {row.order_id: _stored(row, work.vault) for row in work.connection.execute(query)}


def find_many(
    work: UnitOfWork,
    tenant_id: str,
    order_ids: Iterable[str],
) -> dict[str, StoredOrder]:
    """Return several orders of one tenant as last read."""
    mine = (orders.c.tenant_id == tenant_id) & orders.c.order_id.in_(list(order_ids))
    rows = work.connection.execute(select(orders).where(mine))
    return {row.order_id: _stored(row, work.vault) for row in rows}


def set_versions(work: UnitOfWork, tenant_id: str, versions: Mapping[str, int]) -> None:
    """Write the new versions of locked orders; their revisions rise too, since pages show the same changes."""
    if versions:
        rows = [{"of_order": order_id, "to_version": version} for order_id, version in versions.items()]
        work.connection.execute(_SET_VERSION, [{"of_tenant": tenant_id, **row} for row in rows])


def touch_many(work: UnitOfWork, tenant_id: str, order_ids: Iterable[str]) -> None:
    """Raise the revision of orders by one, for changes that only open pages show."""
    rows = [{"of_tenant": tenant_id, "of_order": order_id} for order_id in sorted(set(order_ids))]
    if rows:
        work.connection.execute(_TOUCH, rows)


def touch(work: UnitOfWork, tenant_id: str, order_id: str) -> None:
    """Raise the revision of one order."""
    touch_many(work, tenant_id, [order_id])


# A page polls the same row about once a second: it is decrypted and read once.
@lru_cache(maxsize=1024)
def _last_stored(row: Row[Any], vault: Vault) -> StoredOrder:
    return _stored(row, vault)


def _stored(row: Row[Any], vault: Vault) -> StoredOrder:
    times = (row.changed_at, row.phone_since, row.unread_at)
    return StoredOrder(_order(row, vault), row.version, row.revision, row.unread_because, *times)


def _is(tenant_id: str, order_id: str) -> ColumnElement[bool]:
    return (orders.c.tenant_id == tenant_id) & (orders.c.order_id == order_id)


def _page_content(order: Order) -> tuple[Any, ...]:
    amounts = (order.currency, order.digits, order.total, order.tax, order.sub_total)
    customer = (order.phone, order.phone_notes, order.country, order.language)
    return (order.number, *amounts, *customer, order.problems, order.notes, order.consents)


def _unread_because(order: Order) -> str | None:
    return TOTAL_UNREADABLE if order.is_unclear else None


def _content(order: Order) -> tuple[Any, ...]:
    return (*_page_content(order), order.account_id, order.original_id)


def _values(order: Order, vault: Vault) -> dict[str, Any]:
    return {
        "tenant_id": order.tenant_id,
        "order_id": order.order_id,
        "number": order.number,
        "currency": order.currency,
        "total": order.total,
        "tax": order.tax,
        "sub_total": order.sub_total,
        "account_id": order.account_id,
        "original_id": order.original_id,
        "phone": vault.seal(order.tenant_id, order.phone.digits.encode()) if order.phone else None,
        "phone_notes": _sealed_notes(order, vault) if order.phone_notes else None,
        "country": order.country,
        "language": order.language,
        "problems": json.dumps([asdict(problem) for problem in order.problems]),
        "notes": json.dumps([asdict(note) for note in order.notes]) if order.notes else None,
        "consents": json.dumps(dict(order.consents)) if order.consents else None,
        "read_at": order.read_at,
        "unread_at": order.read_at if order.is_unclear else None,
        "unread_because": _unread_because(order),
    }


def _sealed_notes(order: Order, vault: Vault) -> bytes:
    """Encrypt notes about phone fields, because a field that is not readable as a number may still contain one."""
    notes = [
        {"field": one.field, "reason": one.reason.value, "numbers": [phone.digits for phone in one.numbers]}
        for one in order.phone_notes
    ]
    return vault.seal(order.tenant_id, json.dumps(notes).encode())


def _notes(row: Row[Any], vault: Vault) -> tuple[PhoneNote, ...]:
    """Decrypt notes about phone fields."""
    try:
        kept = json.loads(vault.open(row.tenant_id, row.phone_notes))
    except TenantProblem:
        return ()  # they only help an agent: news of money must not fail because their key is lost
    return tuple(PhoneNote(one["field"], NoteReason(one["reason"]), tuple(map(Phone, one["numbers"]))) for one in kept)


def _order(row: Row[Any], vault: Vault) -> Order:
    return Order(
        tenant_id=row.tenant_id,
        order_id=row.order_id,
        number=row.number,
        currency=row.currency,
        total=row.total,
        tax=row.tax,
        sub_total=row.sub_total,
        account_id=row.account_id,
        original_id=row.original_id,
        phone=vault.phone(row.tenant_id, row.phone) if row.phone else None,
        country=row.country,
        language=row.language,
        phone_notes=_notes(row, vault) if row.phone_notes else (),
        read_at=row.read_at,
        problems=tuple(OrderProblem(**problem) for problem in json.loads(row.problems)),
        notes=tuple(OrderRemark(**note) for note in json.loads(row.notes)) if row.notes else (),
        consents=json.loads(row.consents) if row.consents else {},
    )
