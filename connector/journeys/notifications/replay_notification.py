"""Replay stored notifications: requeue them for the drain, or preview what that would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.payments.payment import PaymentRequest, balance_of
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.apply_notification import ReceivedNotification, apply_notifications
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox import Disposition, InboxEntry
from connector.store.inbox.inbox_admin import ListedEntry, OpenedEntry
from connector.store.orders import orders
from connector.store.requests import payments
from connector.store.store import Store
from connector.store.unit_of_work import UnitOfWork
from foundation.money import to_text

MOST_FORESEEN = 200
# What only says that we looked, and the customer's number, are no difference that anybody asks for.
_REQUEST_FIELDS = (
    "status",
    "live",
    "core_status",
    "link_reference",
    "receipt_reference",
    "reconciliation_reference",
    "reason",
    "authorized",
    "captured",
    "reversed",
    "sent_at",
    "opened_at",
    "finished_at",
    "open_by",
    "pay_by",
    "paid_at",
    "awaiting_confirmation",
    "money_after_close",
)
_BALANCE_FIELDS = ("due", "paid", "authorized", "reversed", "paid_at")


@dataclass(frozen=True)
class Readable:
    """An entry of a known tenant, and what the drain would hold in its hands: the core was asked where it would ask."""

    opened: OpenedEntry
    tenant: Tenant
    arrived: ReceivedNotification


@dataclass(frozen=True)
class Difference:
    """One field of a payment request or of an order, as it stands and as it would stand."""

    of: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ReplayPreview:
    """What would become of an entry if it were applied now."""

    entry: ListedEntry
    ruling: Disposition
    core_asked: bool
    differences: tuple[Difference, ...]


def replay_notifications(*, entries: Sequence[ListedEntry], store: Store, now: datetime) -> list[ListedEntry]:
    """Make entries due, whatever was ruled about them, for the running server to drain; return those that are.

    An entry that is being drained just now is left alone.
    """
    brought: set[bytes] = set()
    for some in inbox_admin.chunks([entry.digest for entry in entries]):
        with store.write() as work:
            brought |= inbox_admin.requeue(work, some, now=now)
    return [entry for entry in entries if entry.digest in brought]


def preview_replay(*, readable: Sequence[Readable], store: Store, now: datetime) -> list[ReplayPreview]:
    """Apply entries one after the other in a transaction that is taken back; at most ``MOST_FORESEEN``.

    Log lines of the journeys are written all the same, so a caller keeps the log quiet.
    """
    with store.write() as work:
        undone = work.connection.begin_nested()
        foreseen = [_foresee(work, one, store=store, now=now) for one in readable]
        undone.rollback()
    return foreseen


def as_claimed(opened: OpenedEntry) -> InboxEntry:
    """Return an entry as the drain would hold it: what is brought back begins anew, and a claim counts the attempt."""
    entry = opened.entry
    return InboxEntry(
        digest=entry.digest,
        tenant_id=entry.tenant_id,
        kind=entry.kind,
        body=opened.body,
        received_at=entry.received_at,
        attempts=1,
        open_claims=1,
        reason=inbox_admin.REPLAYED,
        lease="foreseen",
        proven=entry.proven,
    )


def _foresee(work: UnitOfWork, one: Readable, *, store: Store, now: datetime) -> ReplayPreview:
    before = _picture(work, one, store)
    ruling = apply_notifications(work, one.tenant, [one.arrived], now=now)[0]
    after = _picture(work, one, store)
    return ReplayPreview(one.opened.entry, ruling, one.arrived.answers is not None, _differences(before, after))


def _picture(work: UnitOfWork, one: Readable, store: Store) -> dict[tuple[str, str], Any]:
    """Return every field of the orders that a notification speaks of, and of all their requests."""
    named = {request.order_id for request in one.arrived.spoken_of}
    requests = payments.find_by_orders(work, one.tenant.tenant_id, list(named))
    picture: dict[tuple[str, str], Any] = {}
    for order_id in sorted(named):
        kept = orders.find(work, one.tenant.tenant_id, order_id)
        for request in requests[order_id]:
            picture |= {(f"request {request.reference}", name): value for name, value in _fields(request).items()}
        if kept is not None:
            of, balance = f"order {kept.order.number}", balance_of(kept.order, requests[order_id])
            picture[of, "payment_state"] = balance.state.value
            picture |= {(of, name): _plain(getattr(balance, name), kept.order.currency) for name in _BALANCE_FIELDS}
            picture[of, "version"] = kept.version
    return picture


def _fields(request: PaymentRequest) -> dict[str, Any]:
    states = {"message": request.states.message, "link": request.states.link, "money": request.states.money}
    return {name: _plain(getattr(request, name), request.currency) for name in _REQUEST_FIELDS} | states


def _plain(value: Any, currency: str) -> Any:
    """An amount is told in its currency's digits, however many the core wrote."""
    return to_text(value, currency) if isinstance(value, Decimal) else value


def _differences(before: Mapping[tuple[str, str], Any], after: Mapping[tuple[str, str], Any]) -> tuple[Difference, ...]:
    return tuple(
        Difference(of, name, before.get((of, name)), value)
        for (of, name), value in after.items()
        if before.get((of, name)) != value
    )
