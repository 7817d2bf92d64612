"""Replay stored notifications: requeue them for the drain, or preview what that would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.domain.payments.balance import balance_of
from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.apply_notification import ReceivedNotification, apply_notifications
from connector.store.inbox import inbox_admin
from connector.store.inbox.inbox import Disposition, InboxEntry
from connector.store.inbox.inbox_admin import ListedEntry, OpenedEntry
from connector.store.orders import orders
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork
from foundation.money import to_text

# All of them are applied in one transaction, which on SQLite keeps arriving callbacks waiting.
MOST_FORESEEN = 200
# Without fields that only record that the core was asked, and without the customer's number.
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
    "message_failure",
    "attention",
    "do_not_ship",
    "capture_before",
    "settled",
    "charging",
)
_BALANCE_FIELDS = ("due", "paid", "authorized", "reversed", "paid_at")


@dataclass(frozen=True)
class Readable:
    """An entry of a known tenant as the drain would apply it, with the core's answers where the drain would ask."""

    opened: OpenedEntry
    tenant: Tenant
    arrived: ReceivedNotification


@dataclass(frozen=True)
class ReplayDifference:
    """One field of a payment request or of an order, as it is and as it would be."""

    of: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ReplayPreview:
    """What would become of an entry if it were applied now."""

    entry: ListedEntry
    disposition: Disposition
    core_asked: bool
    differences: tuple[ReplayDifference, ...]


def replay_notifications(*, entries: Sequence[ListedEntry], store: Store, now: datetime) -> list[ListedEntry]:
    """Make entries due for the running server to drain, whatever their verdict; return those that are due now.

    An entry that is being drained at this moment is left alone.
    """
    requeued: set[bytes] = set()
    # In short transactions: callbacks that arrive meanwhile must not wait for thousands of rows.
    for some in inbox_admin.chunks([entry.digest for entry in entries]):
        with store.write() as work:
            requeued |= inbox_admin.requeue(work, some, now=now)
    return [entry for entry in entries if entry.digest in requeued]


def preview_replay(*, readable: Sequence[Readable], store: Store, now: datetime) -> list[ReplayPreview]:
    """Apply entries in sequence in a transaction that is rolled back; at most ``MOST_FORESEEN`` of them.

    The journeys write log lines all the same, so the caller has to keep the log quiet.
    """
    with store.write() as work:
        # The orders stay locked until the rollback, so only so many entries are previewed at once.
        savepoint = work.connection.begin_nested()
        previews = [_preview(work, one, now=now) for one in readable]
        savepoint.rollback()
    return previews


def as_claimed(opened: OpenedEntry) -> InboxEntry:
    """Return an entry as the drain would claim it after a requeue: with the first attempt counted."""
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


def _preview(work: UnitOfWork, one: Readable, *, now: datetime) -> ReplayPreview:
    before = _snapshot(work, one)
    disposition = apply_notifications(work, one.tenant, [one.arrived], now=now)[0]
    after = _snapshot(work, one)
    return ReplayPreview(one.opened.entry, disposition, one.arrived.answers is not None, _differences(before, after))


def _snapshot(work: UnitOfWork, one: Readable) -> dict[tuple[str, str], Any]:
    """Return every compared field of the orders that a notification concerns, and of all their requests."""
    named = {request.order_id for request in one.arrived.requests}
    requests = request_rows.find_by_orders(work, one.tenant.tenant_id, list(named))
    snapshot: dict[tuple[str, str], Any] = {}
    for order_id in sorted(named):
        stored = orders.find(work, one.tenant.tenant_id, order_id)
        for request in requests[order_id]:
            snapshot |= {(f"request {request.reference}", name): value for name, value in _fields(request).items()}
        if stored is not None:
            of, balance = f"order {stored.order.number}", balance_of(stored.order, requests[order_id])
            snapshot[of, "payment_state"] = balance.state.value
            snapshot |= {(of, name): _plain(getattr(balance, name), stored.order.currency) for name in _BALANCE_FIELDS}
            snapshot[of, "version"] = stored.version
    return snapshot


def _fields(request: PaymentRequest) -> dict[str, Any]:
    states = {"message": request.states.message, "link": request.states.link, "money": request.states.money}
    return {name: _plain(getattr(request, name), request.currency) for name in _REQUEST_FIELDS} | states


def _plain(value: Any, currency: str) -> Any:
    """Return an amount with its currency's digits, however many the core sent; other values as they are."""
    return to_text(value, currency) if isinstance(value, Decimal) else value


def _differences(
    before: Mapping[tuple[str, str], Any], after: Mapping[tuple[str, str], Any]
) -> tuple[ReplayDifference, ...]:
    return tuple(
        ReplayDifference(of, name, before.get((of, name)), value)
        for (of, name), value in after.items()
        if before.get((of, name)) != value
    )
