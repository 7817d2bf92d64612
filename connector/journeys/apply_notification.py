"""Decides what a callback notification changes: which request it speaks of, whether it fits, and what is true now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

import manifests
from connector.core.statuses import lifecycle
from connector.domain.money import ZERO
from connector.domain.moves import Proof, applied
from connector.domain.notification import Notification, speaks_of_money
from connector.domain.payment import PaymentRequest
from connector.domain.status import Money
from connector.domain.tenant import Tenant
from connector.journeys.change_request import change_request
from connector.journeys.confirm_notification import Confirmation, Confirmed, Contradicted, NotYet
from connector.journeys.reconcile_payment import Mismatch, check_match, proof_of
from connector.log import get_logger
from connector.store import orders, payments
from connector.store.inbox import InboxEntry, Names, Ruling, Verdict
from connector.store.payments import Event
from connector.store.vault import Vault

log = get_logger()
_YOUNG = timedelta(minutes=manifests.load("connector.json")["callback"]["young_minutes"])
_LAGS = 6  # so many answers of the core that lag behind its own notification; then it is a contradiction


@dataclass(frozen=True)
class Applied:
    """What was ruled, and the order that Salesforce must now be told of, if any."""

    ruling: Ruling
    changed: bool = False


def apply_notification(
    connection: Connection,
    *,
    tenant: Tenant,
    entry: InboxEntry,
    notification: Notification,
    confirmation: Confirmation | None,
    vault: Vault,
    now: datetime,
) -> Applied:
    """Apply one notification inside the caller's transaction: order row locked first, no network.

    ``confirmation`` is None for news that is not of money, and where the tenant has switched confirming off.
    """
    request = find_request(connection, tenant, notification, vault=vault)
    if request is None:
        return Applied(_unknown_payment(entry, notification, now))
    orders.lock(connection, tenant.tenant_id, request.order_id)
    present = payments.find(connection, tenant.tenant_id, request.reference, vault=vault) or request
    try:
        _check(notification, present, tenant)
        match confirmation:
            case NotYet(reason):
                return Applied(_wait(connection, present, entry, notification, reason, now))
            case Contradicted(reason):
                return Applied(_anomaly(present, notification, reason))
            case Confirmed(record):
                check_match(record, present, tenant)
                proof = proof_of(record, now=now)
            case None:
                proof = _own_proof(notification, present, entry.received_at)
    except Mismatch as fault:
        return Applied(_anomaly(present, notification, f"mismatch:{fault.field}"))
    return _move(connection, present, proof, notification, vault=vault, now=now)


def find_request(
    connection: Connection, tenant: Tenant, notification: Notification, *, vault: Vault
) -> PaymentRequest | None:
    """Find the request by our own echoed reference, else by the core's link reference."""
    found = None
    if notification.reference:
        found = payments.find(connection, tenant.tenant_id, notification.reference, vault=vault)
    if found is None and notification.link_reference:
        found = payments.find_by_link(connection, tenant.tenant_id, notification.link_reference, vault=vault)
    return found


def back_off(attempts: int) -> timedelta:
    """Return how long a held entry waits: 1 s at first, doubling, at most a minute."""
    return timedelta(seconds=min(60, 2 ** max(0, attempts - 1)))


def _check(notification: Notification, request: PaymentRequest, tenant: Tenant) -> None:
    differing = [
        ("amount", notification.total not in (None, request.amount)),
        ("currency", notification.currency not in (None, request.currency)),
        ("environment", notification.environment not in (None, tenant.core.environment)),
        ("order_number", notification.order_number not in (None, request.order_number)),
        ("link_reference", None not in (notification.link_reference, request.link_reference)
         and notification.link_reference != request.link_reference),
        ("reference", notification.reference not in (None, request.reference)),
    ]  # fmt: skip
    for name, differs in differing:
        if differs:
            raise Mismatch(name)


def _own_proof(notification: Notification, request: PaymentRequest, received_at: datetime) -> Proof:
    """Without the core's record the notification itself must name the money it speaks of."""
    money = notification.news.money
    if speaks_of_money(notification.news) and notification.total is None:
        raise Mismatch("amount")
    total = notification.total or ZERO
    return Proof(
        news=notification.news,
        occurred_at=notification.occurred_at or received_at,
        core_status=notification.core_status,
        link_reference=notification.link_reference,
        receipt_reference=notification.receipt_reference,
        reconciliation_reference=notification.reconciliation_reference,
        authorized=total if money is Money.AUTHORIZED else ZERO,
        captured=total if money is Money.PAID else ZERO,
        reversed=total if money is Money.REVERSED else ZERO,
    )


def _move(
    connection: Connection,
    present: PaymentRequest,
    proof: Proof,
    notification: Notification,
    *,
    vault: Vault,
    now: datetime,
) -> Applied:
    moved = applied(present, proof, lifecycle=lifecycle())
    names = Names(notification.link_reference, present.reference)
    proven = replace(moved, proven_at=now, awaiting_confirmation=False)
    if moved == replace(present, awaiting_confirmation=moved.awaiting_confirmation):
        payments.save(connection, proven)
        orders.touch(connection, present.tenant_id, present.order_id)
        return Applied(Ruling(Verdict.STALE, names=names))
    line = Event("callback", occurred_at=proof.occurred_at, recorded_at=now, core_status=notification.core_status)
    saved = change_request(connection, proven, vault=vault, now=now, event=line)
    if saved.money_after_close and not present.money_after_close:
        log.error("money_after_close", tenant=saved.tenant_id, order=saved.order_id, reference=saved.reference)
    return Applied(Ruling(Verdict.APPLIED, names=names), changed=True)


def _unknown_payment(entry: InboxEntry, notification: Notification, now: datetime) -> Ruling:
    """The notification may precede our own commit: hold it while it is young."""
    names = Names(notification.link_reference, notification.reference)
    if now - entry.received_at < _YOUNG:
        return Ruling(Verdict.HELD, "unknown_payment", now + back_off(entry.attempts), names=names)
    log.error("orphan", tenant=entry.tenant_id, inbox=entry.name, link_reference=notification.link_reference)
    return Ruling(Verdict.ORPHAN, "unknown_payment", names=names)


def _wait(
    connection: Connection,
    present: PaymentRequest,
    entry: InboxEntry,
    notification: Notification,
    reason: str,
    now: datetime,
) -> Ruling:
    """The core could not be asked: the page says so, Salesforce is not told."""
    if reason != "core_unreachable" and entry.attempts >= _LAGS:
        return _anomaly(present, notification, reason)
    if not present.awaiting_confirmation:
        payments.save(connection, replace(present, awaiting_confirmation=True))
        orders.touch(connection, present.tenant_id, present.order_id)
    names = Names(notification.link_reference, present.reference)
    return Ruling(Verdict.AWAITING_CONFIRMATION, reason, now + back_off(entry.attempts), names=names)


def _anomaly(present: PaymentRequest, notification: Notification, reason: str) -> Ruling:
    log.error("anomaly", tenant=present.tenant_id, order=present.order_id, reference=present.reference, reason=reason)
    names = Names(notification.link_reference, present.reference)
    return Ruling(Verdict.ANOMALY, reason, names=names)
