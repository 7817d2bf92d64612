"""Payment requests: insert, find, save."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, or_, select, text, union_all, update
from sqlalchemy.exc import IntegrityError

from connector.domain.payments.payment import Channel, PaymentRequest, Person, Purpose
from connector.domain.payments.status import Link, Message, Money, States
from connector.store.schema.tables import payment_requests, verb_calls
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault

_PLAIN = [
    "reference",
    "tenant_id",
    "order_id",
    "order_number",
    "amount",
    "tax",
    "sub_total",
    "currency",
    "language",
    "phone_changed",
    "created_at",
    "live",
    "replaces",
    "core_status",
    "link_reference",
    "receipt_reference",
    "reconciliation_reference",
    "reason",
    "authorized",
    "captured",
    "reversed",
    "sending_until",
    "sent_at",
    "opened_at",
    "finished_at",
    "open_by",
    "pay_by",
    "paid_at",
    "closed_at",
    "taken_at",
    "proven_at",
    "awaiting_confirmation",
    "money_after_close",
    "end_reported_at",
    "released_at",
    "customer_told",
    "not_told_because",
    "version",
    "consent_basis",
    "consent_at",
    "order_total",
    "money_moved_at",
    "message_failure",
    "message_at",
    "attention",
    "attention_at",
    "do_not_ship",
    "capture_before",
    "settled",
    "charging",
    "charging_at",
]


# Below the number of parameters that any SQLite takes in one statement.
_NAMES_AT_ONCE = 500
# Replaces the digest of an erased number: no number has it.
FORGOTTEN = bytes(32)
_CHOSEN = (
    *("purpose", "channel", "message", "link", "money"),
    *("requested_by_id", "requested_by_name", "handled_by_id", "handled_by_name", "ask_at"),
)
_SAVE = (
    update(payment_requests)
    .where(payment_requests.c.reference == bindparam("of_reference"))
    .values({name: bindparam(name) for name in (*_PLAIN, *_CHOSEN) if name != "reference"})
)


@dataclass(frozen=True)
class IdempotentCall:
    """What an idempotency key was first used for."""

    reference: str
    body_digest: bytes


class RequestConflict(Exception):
    """The order has a live request already, or the idempotency key is taken, by a unique index."""


def add(
    work: UnitOfWork,
    request: PaymentRequest,
    *,
    phone_digest: bytes,
    key: str | None,
    body_digest: bytes | None,
) -> None:
    """Insert a new request; ``phone_digest`` is the tenant's keyed digest of its number.

    Raises:
        RequestConflict: the order has a live one, or the idempotency key is taken.
    """
    values = _values(request) | {
        "phone": work.vault.seal(request.tenant_id, request.phone.digits.encode()),
        "phone_digest": phone_digest,
        "idempotency_key": key,
        "body_digest": body_digest,
    }
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            work.connection.execute(insert(payment_requests).values(values))
    except IntegrityError as error:
        raise RequestConflict from error


def update_phone(work: UnitOfWork, request: PaymentRequest, *, phone_digest: bytes) -> None:
    """Write the number that a stored request is now sent to."""
    sealed = work.vault.seal(request.tenant_id, request.phone.digits.encode())
    mine = payment_requests.c.reference == request.reference
    work.connection.execute(update(payment_requests).where(mine).values(phone=sealed, phone_digest=phone_digest))


def save(work: UnitOfWork, request: PaymentRequest) -> None:
    """Write every mutable field of a stored request.

    Raises:
        RequestConflict: it became live beside a live one.
    """
    query = update(payment_requests).where(payment_requests.c.reference == request.reference).values(_values(request))
    try:
        with work.connection.begin_nested():
            work.connection.execute(query)
    except IntegrityError as error:
        raise RequestConflict from error


def save_many(work: UnitOfWork, requests: Sequence[PaymentRequest]) -> None:
    """Write every mutable field of several stored requests, none of which becomes live."""
    if requests:
        work.connection.execute(_SAVE, [{**_values(one), "of_reference": one.reference} for one in requests])


def find(
    work: UnitOfWork,
    tenant_id: str,
    reference: str,
) -> PaymentRequest | None:
    """Find one request of one tenant by our reference."""
    found = _matching(work, payment_requests.c.reference == reference, tenant_id)
    return found[0] if found else None


def get(work: UnitOfWork, tenant_id: str, reference: str) -> PaymentRequest:
    """Return a request that was stored once; requests are never deleted."""
    return _matching(work, payment_requests.c.reference == reference, tenant_id)[0]


def reread(work: UnitOfWork, request: PaymentRequest) -> PaymentRequest:
    """Return a stored request as it is now."""
    return get(work, request.tenant_id, request.reference)


def find_by_references(
    work: UnitOfWork,
    tenant_id: str,
    references: Collection[str],
) -> list[PaymentRequest]:
    """Return the requests with any of these references of ours, in whatever case they are written."""
    # Ours are lower case, and a core or a person may write them otherwise.
    wanted = sorted({form for name in references for form in (name, name.lower())})
    return _among(work, payment_requests.c.reference, wanted, tenant_id)


def find_by_links(
    work: UnitOfWork,
    tenant_id: str,
    link_references: Collection[str],
) -> list[PaymentRequest]:
    """Return the requests that are bound to any of the core's links, in whatever case they are written."""
    wanted = sorted({form for name in link_references for form in (name, name.lower(), name.upper())})
    return _among(work, payment_requests.c.link_reference, wanted, tenant_id)


def find_by_order(
    work: UnitOfWork,
    tenant_id: str,
    order_id: str,
) -> list[PaymentRequest]:
    """Return all requests of an order, oldest first."""
    return _matching(work, payment_requests.c.order_id == order_id, tenant_id)


def find_by_orders(
    work: UnitOfWork,
    tenant_id: str,
    order_ids: Sequence[str],
) -> dict[str, list[PaymentRequest]]:
    """Return all requests of several orders of one tenant, by order."""
    found: dict[str, list[PaymentRequest]] = {order_id: [] for order_id in order_ids}
    for request in _matching(work, payment_requests.c.order_id.in_(order_ids), tenant_id):
        found[request.order_id].append(request)
    return found


def find_idempotent_call(work: UnitOfWork, tenant_id: str, key: str) -> IdempotentCall | None:
    """Return what an idempotency key was first used for, a send or another operation."""
    by_key = (
        select(table.c.reference, table.c.body_digest).where(
            table.c.tenant_id == tenant_id, table.c.idempotency_key == key
        )
        for table in (payment_requests, verb_calls)
    )
    row = work.connection.execute(union_all(*by_key)).first()
    return IdempotentCall(row.reference, row.body_digest) if row else None


def live_or_created_since(
    work: UnitOfWork,
    tenant_id: str,
    *,
    begun: datetime,
) -> list[PaymentRequest]:
    """Return a tenant's requests that are live or were created since ``begun``, oldest first."""
    recent = or_(text("payment_requests.live"), payment_requests.c.created_at >= begun)
    return _matching(work, recent, tenant_id)


def _among(
    work: UnitOfWork,
    column: ColumnElement[str],
    wanted: Sequence[str],
    tenant_id: str,
) -> list[PaymentRequest]:
    # In pieces, because databases limit the number of bound parameters.
    some = [wanted[start : start + _NAMES_AT_ONCE] for start in range(0, len(wanted), _NAMES_AT_ONCE)]
    return [one for names in some for one in _matching(work, column.in_(names), tenant_id)]


def _matching(
    work: UnitOfWork,
    condition: ColumnElement[bool],
    tenant_id: str,
) -> list[PaymentRequest]:
    mine = (payment_requests.c.tenant_id == tenant_id) & condition
    query = select(payment_requests).where(mine).order_by(payment_requests.c.created_at, payment_requests.c.reference)
    return [request_of(row, work.vault) for row in work.connection.execute(query)]


def _values(request: PaymentRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in _PLAIN} | {
        "purpose": request.purpose.value,
        "channel": request.channel.value,
        "message": request.states.message.value,
        "link": request.states.link.value,
        "money": request.states.money.value,
        "requested_by_id": request.requested_by.user_id,
        "requested_by_name": request.requested_by.name,
        "handled_by_id": request.handled_by.user_id,
        "handled_by_name": request.handled_by.name,
        "ask_at": request.ask_at,
    }


def request_of(row: Row[Any], vault: Vault) -> PaymentRequest:
    """Build a request from its row; its number is decrypted when it is read."""
    return PaymentRequest(
        **{name: getattr(row, name) for name in _PLAIN},
        purpose=Purpose(row.purpose),
        channel=Channel(row.channel),
        phone=vault.phone(row.tenant_id, row.phone),
        requested_by=Person(row.requested_by_id, row.requested_by_name),
        handled_by=Person(row.handled_by_id, row.handled_by_name),
        states=States(Message(row.message), Link(row.link), Money(row.money)),
        forgotten=bytes(row.phone_digest) == FORGOTTEN,
    )
