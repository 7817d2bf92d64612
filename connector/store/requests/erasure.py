"""Find what the database keeps of a person, and erase it: numbers, message texts, notes; never the account of money."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, delete, literal, or_, select, update

from connector.domain.health.push_refusal import refusal_of
from connector.errors import TenantProblem
from connector.store.inbox.inbox import InboxState
from connector.store.orders import order_notes
from connector.store.requests.request_rows import FORGOTTEN
from connector.store.schema.tables import (
    findings,
    inbox,
    launches,
    orders,
    outbox,
    payment_events,
    payment_requests,
    verb_calls,
    watched_orders,
)
from foundation.database.unit_of_work import UnitOfWork

_AT_ONCE = 200  # rows in one transaction, short because arriving callbacks wait for it


@dataclass(frozen=True)
class StoredBody:
    """One callback body: its key, its request and link, whether it was applied. ``body``: None where no key decrypts it."""

    digest: bytes
    body: bytes | None
    is_finished: bool
    reference: str | None
    link_reference: str | None


def orders_by_number(work: UnitOfWork, tenant_id: str, number: str) -> list[str]:
    """Return the ids of the orders with this number, or this id."""
    mine = (orders.c.tenant_id == tenant_id) & or_(orders.c.order_id == number, orders.c.number == number)
    asked = (payment_requests.c.tenant_id == tenant_id) & or_(
        payment_requests.c.order_id == number, payment_requests.c.order_number == number
    )
    # In both tables: an order that was renumbered in Salesforce keeps its old number in its requests.
    found = set(work.connection.execute(select(orders.c.order_id).where(mine)).scalars())
    return sorted(found | set(work.connection.execute(select(payment_requests.c.order_id).where(asked)).scalars()))


def orders_by_digest(work: UnitOfWork, tenant_id: str, digests: Sequence[bytes]) -> list[str]:
    """Return the ids of the orders with a request that went to a number with one of these digests."""
    mine = (payment_requests.c.tenant_id == tenant_id) & payment_requests.c.phone_digest.in_(digests)
    return sorted(set(work.connection.execute(select(payment_requests.c.order_id).where(mine)).scalars()))


def numbers_of_orders(work: UnitOfWork, tenant_id: str) -> Iterator[tuple[str, str]]:
    """Yield the id of each order with a number, and the number with its notes, as last read from Salesforce."""
    query = select(orders.c.order_id, orders.c.phone, orders.c.phone_notes).where(
        orders.c.tenant_id == tenant_id, or_(orders.c.phone.is_not(None), orders.c.phone_notes.is_not(None))
    )
    # Opened one by one: encrypted values cannot be searched by the database.
    for row in work.connection.execute(query):
        yield (
            row.order_id,
            " ".join(_opened(work, tenant_id, sealed) for sealed in (row.phone, row.phone_notes) if sealed),
        )


def bodies(work: UnitOfWork, tenant_id: str, *, after: bytes) -> list[StoredBody]:
    """Return the next callback bodies of a tenant by their keys."""
    columns = (inbox.c.digest, inbox.c.body, inbox.c.state, inbox.c.reference, inbox.c.link_reference)
    query = select(*columns).where(inbox.c.tenant_id == tenant_id, inbox.c.digest > after)
    rows = work.connection.execute(query.order_by(inbox.c.digest).limit(_AT_ONCE)).all()
    finished = (InboxState.DONE.value, InboxState.BURIED.value)
    return [
        StoredBody(
            bytes(row.digest),
            _plain(work, tenant_id, row.body),
            row.state in finished,
            row.reference,
            row.link_reference,
        )
        for row in rows
    ]


def rewrite_bodies(work: UnitOfWork, tenant_id: str, rewritten: dict[bytes, bytes]) -> None:
    """Store other bodies under the same keys, so that the same callback stays a known one."""
    for digest, body in rewritten.items():
        sealed = work.vault.seal_body(tenant_id, body)
        work.connection.execute(update(inbox).where(inbox.c.digest == digest).values(body=sealed))


def erase_requests(work: UnitOfWork, tenant_id: str, references: Collection[str]) -> None:
    """Erase the number from requests, and the free texts of their history."""
    mine = (payment_requests.c.tenant_id == tenant_id) & payment_requests.c.reference.in_(references)
    gone = {
        "phone": work.vault.seal(tenant_id, b""),
        "phone_digest": FORGOTTEN,
        "not_told_because": None,
        # It is a digest of the call as a whole, by which a number could be guessed.
        "body_digest": FORGOTTEN,
    }
    work.connection.execute(update(payment_requests).where(mine).values(gone))
    theirs = (payment_events.c.tenant_id == tenant_id) & payment_events.c.reference.in_(references)
    work.connection.execute(update(payment_events).where(theirs).values(note=None))


def erase_keys(work: UnitOfWork, tenant_id: str, needles: Collection[str]) -> None:
    """Replace idempotency keys that their callers derived from a number; the same key then counts as another."""
    for table, key in ((payment_requests, payment_requests.c.reference), (verb_calls, verb_calls.c.call_id)):
        for needle in needles:
            holds = table.c.idempotency_key.contains(needle, autoescape=True) & (table.c.tenant_id == tenant_id)
            work.connection.execute(update(table).where(holds).values(idempotency_key=literal("forgotten:") + key))


def erase_orders(work: UnitOfWork, tenant_id: str, order_ids: Collection[str]) -> None:
    """Erase numbers, notes and choices of orders, end their open pages, and drop what Salesforce said of them."""
    mine = (orders.c.tenant_id == tenant_id) & orders.c.order_id.in_(order_ids)
    gone = {"phone": None, "phone_notes": None, "country": None, "notes": None, "consents": None}
    work.connection.execute(update(orders).where(mine).values(gone))
    order_notes.erase(work, tenant_id, order_ids)
    opened = (launches.c.tenant_id == tenant_id) & launches.c.order_id.in_(order_ids)
    work.connection.execute(update(launches).where(opened).values(agent_token=None))
    # The digest of what the org showed is made from the number, too.
    shown = (watched_orders.c.tenant_id == tenant_id) & watched_orders.c.order_id.in_(order_ids)
    work.connection.execute(delete(watched_orders).where(shown))
    blocked = (outbox.c.tenant_id == tenant_id) & outbox.c.order_id.in_(order_ids) & outbox.c.refusal.is_not(None)
    for row in work.connection.execute(select(outbox.c.order_id, outbox.c.refusal).where(blocked)).all():
        _wipe_sentence(work, tenant_id, row.order_id, row.refusal)


def erase_findings(work: UnitOfWork, tenant_id: str, needles: Collection[str]) -> None:
    """Delete findings whose text holds a number; the next examination finds again what is still so."""
    texts: tuple[ColumnElement[str], ...] = (
        findings.c.subject,
        findings.c.wrong,
        findings.c.mend,
        findings.c.otherwise,
    )
    holds = [text.contains(needle, autoescape=True) for text in texts for needle in needles]
    if holds:
        work.connection.execute(delete(findings).where(findings.c.tenant_id == tenant_id, or_(*holds)))


def _wipe_sentence(work: UnitOfWork, tenant_id: str, order_id: str, sealed: bytes) -> None:
    """Keep the code of a refusal and not its sentence, which is the org's own and may name anybody."""
    plain = _plain(work, tenant_id, sealed)
    kept = replace(refusal_of(plain), message="", held=None).to_bytes() if plain else None
    mine = (outbox.c.tenant_id == tenant_id) & (outbox.c.order_id == order_id)
    refusal = work.vault.seal(tenant_id, kept) if kept else None
    work.connection.execute(update(outbox).where(mine).values(refusal=refusal))


def _opened(work: UnitOfWork, tenant_id: str, sealed: bytes) -> str:
    return (_plain(work, tenant_id, sealed) or b"").decode(errors="replace")


def _plain(work: UnitOfWork, tenant_id: str, sealed: bytes) -> bytes | None:
    try:
        return work.vault.open(tenant_id, bytes(sealed))
    except TenantProblem:
        return None  # the key that encrypted it was removed, so nobody reads it any more
