"""Save changed requests with their history, raise their orders' versions, and announce them to the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connector import metrics
from connector.domain.payments.alarms import needs_look
from connector.domain.payments.evidence import is_final, money_moved
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.store.health import due_checks
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from connector.store.requests import request_events, request_rows
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()


@dataclass(frozen=True)
class RequestChange:
    """A request before and after a change, and the history events of it."""

    before: PaymentRequest
    after: PaymentRequest
    events: tuple[RequestEvent, ...] = ()


def record_change(
    work: UnitOfWork,
    before: PaymentRequest,
    after: PaymentRequest,
    *,
    now: datetime,
    events: Sequence[RequestEvent],
) -> PaymentRequest:
    """Save one request inside the caller's transaction and announce its order's new version.

    Raises:
        request_rows.RequestConflict: the request became live beside a live one.
    """
    locked = orders.lock_many(work, after.tenant_id, [after.order_id])
    if after.live:
        request_rows.save(work, after)  # in a savepoint, because the unique index decides whether another one is live
    return record_changes(work, [RequestChange(before, after, tuple(events))], locked=locked, now=now)[0]


def record_changes(
    work: UnitOfWork, changes: Sequence[RequestChange], *, locked: Mapping[str, StoredOrder], now: datetime
) -> list[PaymentRequest]:
    """Save changed requests of one tenant, whose orders are ``locked``, and announce each order's new version."""
    versions = {one.after.order_id: locked[one.after.order_id].version + 1 for one in changes}
    saved = [_stamped(one, version=versions[one.after.order_id], now=now) for one in changes]
    request_rows.save_many(work, saved)
    request_events.add(work, [(one.after, event) for one in changes for event in one.events])
    # Final changes are pushed even when the org's API calls are scarce.
    finals = {one.after.order_id for one in changes if is_final(one.before, one.after)}
    if changes:
        orders.set_versions(work, changes[0].after.tenant_id, versions)
    announced = [
        Announcement(locked[order_id].order, version, order_id in finals) for order_id, version in versions.items()
    ]
    # In the transaction of the change: a crash can lose neither alone.
    outbox.announce(work, announced, now=now)
    late = [one.after for one in changes if one.after.money_after_close and not one.before.money_after_close]
    metrics.registry.count(metrics.MONEY_AFTER_CLOSE, times=len(late))
    for request in late:
        log.error("money_after_close", tenant=request.tenant_id, order=request.order_id, reference=request.reference)
    for one in changes:
        if needs_look(one.after) and one.after.attention != one.before.attention:
            after = one.after
            log.error(
                "payment_needs_person", tenant=after.tenant_id, order=after.order_id, reference=after.reference,
                reason=after.attention,
            )  # fmt: skip
        if money_moved(one.before, one.after) and one.after.currency != locked[one.after.order_id].order.currency:
            alarm_other_currency(work, one.after, locked[one.after.order_id].order, now=now)
    _log_changes(saved)
    return saved


def alarm_other_currency(work: UnitOfWork, request: PaymentRequest, order: Order, *, now: datetime) -> None:
    """Report by log, metrics and a finding that an order has money which does not count towards it."""
    due_checks.request_checks(work, order.tenant_id, ["other_currency"], at=now)
    log.error(
        "money_in_other_currency", tenant=order.tenant_id, order=order.order_id, reference=request.reference,
        expected=order.currency, found=request.currency,
    )  # fmt: skip
    metrics.registry.count(metrics.OTHER_CURRENCY)


def _stamped(change: RequestChange, *, version: int, now: datetime) -> PaymentRequest:
    moved_at = now if money_moved(change.before, change.after) else change.after.money_moved_at
    return replace(change.after, version=version, money_moved_at=moved_at)


def _log_changes(saved: Sequence[PaymentRequest]) -> None:
    for one in saved:
        log.info(
            "payment_request_changed",
            tenant=one.tenant_id,
            order=one.order_id,
            reference=one.reference,
            status=one.status.value,
            core_status=one.core_status,
            version=one.version,
        )
