"""Decides what callback notifications change: which request each speaks of, whether it fits, and what is true now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from connector.journeys.change_request import Change, change_requests
from connector.journeys.confirm_notification import LAGS, Confirmation, Confirmed, Contradicted, NotYet
from connector.journeys.hear_customer import hear_customer, orders_written_to
from connector.journeys.reconcile_payment import Mismatch, check_match, proof_of
from connector.log import get_logger
from connector.store import orders, payments
from connector.store.inbox import InboxEntry, Names, Ruling, Verdict
from connector.store.payments import Event
from connector.store.vault import Vault

log = get_logger()
_YOUNG = timedelta(minutes=manifests.load("connector.json")["callback"]["young_minutes"])
_MOST_LAGS = 6  # so many answers of the core that lag behind its own notification; then it is a contradiction
_LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True)
class Arrived:
    """A notification with the entry it came in and, for news of money, what the core said about it.

    ``confirmation`` is None for news that is not of money, and where the tenant has switched confirming off.
    """

    entry: InboxEntry
    notification: Notification
    confirmation: Confirmation | None


@dataclass(frozen=True)
class Decision:
    """What one notification means: a ruling on its entry and, perhaps, its request as it stands after it."""

    ruling: Ruling
    after: PaymentRequest | None = None
    event: Event | None = None


def apply_notifications(
    connection: Connection, tenant: Tenant, arrived: Sequence[Arrived], *, vault: Vault, now: datetime
) -> list[Ruling]:
    """Apply notifications of one tenant inside the caller's transaction: order rows locked first, no network.

    Returns one ruling per notification, in the same sequence.
    """
    notifications = [one.notification for one in arrived]
    named = orders_of(connection, tenant, notifications) | orders_written_to(connection, tenant, notifications)
    kept = orders.lock_many(connection, tenant.tenant_id, named, vault=vault)
    every = payments.of_orders(connection, tenant.tenant_id, list(kept), vault=vault)
    before = {one.reference: one for requests in every.values() for one in requests}
    after, rulings = dict(before), []
    events: dict[str, list[Event]] = {}
    for one in arrived:
        if one.notification.customer_word is not None:
            answered = _one_named(one.notification, after)
            rulings.append(_hear(connection, tenant, one, answered, vault=vault, now=now))
            continue
        decision = decide(one, _request_of(one.notification, after), tenant, now=now)
        rulings.append(decision.ruling)
        if decision.after:
            after[decision.after.reference] = decision.after
        if decision.after and decision.event:
            events.setdefault(decision.after.reference, []).append(decision.event)
    changes = [Change(before[name], after[name], tuple(lines)) for name, lines in events.items()]
    change_requests(connection, changes, kept=kept, now=now)
    _show(connection, tenant, [one for name, one in after.items() if one != before[name] and name not in events])
    return rulings


def orders_of(connection: Connection, tenant: Tenant, notifications: Sequence[Notification]) -> set[str]:
    """Return the orders that notifications speak of."""
    return payments.orders_named(
        connection,
        tenant.tenant_id,
        references={one.reference for one in notifications if one.reference},
        link_references={one.link_reference for one in notifications if one.link_reference},
    )


def decide(one: Arrived, present: PaymentRequest | None, tenant: Tenant, *, now: datetime) -> Decision:
    """Decide about one notification and the request it speaks of, as that stands now. Nothing is written."""
    if present is None:
        return Decision(_unknown_payment(one.entry, one.notification, now))
    try:
        _check(one.notification, present, tenant)
        match one.confirmation:
            case NotYet(reason):
                return _wait(present, one, reason, now)
            case Contradicted(reason):
                return Decision(_anomaly(present, one.notification, reason))
            case Confirmed(record):
                check_match(record, present, tenant)
                proof = proof_of(record, now=now)
            case None:
                proof = _own_proof(one.notification, present, one.entry.received_at)
    except Mismatch as fault:
        return Decision(_anomaly(present, one.notification, f"mismatch:{fault.field}"))
    return _move(present, proof, one.notification, now)


def _hear(
    connection: Connection, tenant: Tenant, one: Arrived, named: PaymentRequest | None, *, vault: Vault, now: datetime
) -> Ruling:
    """Keep a customer's STOP or START, which needs no order."""
    notification = one.notification
    names = Names(notification.link_reference, notification.reference)
    if notification.environment not in (None, tenant.core.environment):
        log.error("anomaly", tenant=tenant.tenant_id, inbox=one.entry.name, reason="mismatch:environment")
        return Ruling(Verdict.ANOMALY, "mismatch:environment", names=names)
    said_at = notification.occurred_at or one.entry.received_at
    heard = notification.customer_word is not None and hear_customer(
        connection, tenant, notification.customer_word, named=named, vault=vault, said_at=said_at, now=now
    )
    if heard is None:
        log.error("customer_word_unread", tenant=tenant.tenant_id, inbox=one.entry.name)
        return Ruling(Verdict.UNREADABLE, "customer_word", names=names)
    return Ruling(Verdict.APPLIED if heard else Verdict.STALE, names=names)


def back_off(attempts: int, *, longest: timedelta = _LONGEST_WAIT) -> timedelta:
    """Return how long a held entry waits: 1 s at first, doubling, at most a minute unless said otherwise."""
    return min(longest, timedelta(seconds=2 ** max(0, min(attempts, 20) - 1)))


def _request_of(notification: Notification, known: Mapping[str, PaymentRequest]) -> PaymentRequest | None:
    """Find the request by our own echoed reference, else by the core's link reference."""
    if notification.reference and notification.reference in known:
        return known[notification.reference]
    if notification.link_reference is None:
        return None
    return next((one for one in known.values() if one.link_reference == notification.link_reference), None)


def _one_named(notification: Notification, known: Mapping[str, PaymentRequest]) -> PaymentRequest | None:
    """Return the request that a customer was answering, unless the two references name two."""
    found = _request_of(notification, known)
    link = notification.link_reference
    return found if found is None or link in (None, found.link_reference) else None


def _check(notification: Notification, request: PaymentRequest, tenant: Tenant) -> None:
    differing = [
        ("amount", notification.total is not None and not request.asks_for(notification.total)),
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


def _move(present: PaymentRequest, proof: Proof, notification: Notification, now: datetime) -> Decision:
    moved = applied(present, proof, lifecycle=lifecycle())
    names = Names(notification.link_reference, present.reference)
    proven = replace(moved, proven_at=now, awaiting_confirmation=False)
    if moved == present:
        return Decision(Ruling(Verdict.STALE, names=names), proven)
    if moved.money_after_close and not present.money_after_close:
        log.error("money_after_close", tenant=moved.tenant_id, order=moved.order_id, reference=moved.reference)
    line = Event("callback", occurred_at=proof.occurred_at, recorded_at=now, core_status=notification.core_status)
    return Decision(Ruling(Verdict.APPLIED, names=names), proven, line)


def _unknown_payment(entry: InboxEntry, notification: Notification, now: datetime) -> Ruling:
    """The notification may precede our own commit: hold it while it is young."""
    names = Names(notification.link_reference, notification.reference)
    if now - entry.received_at < _YOUNG:
        return Ruling(Verdict.HELD, "unknown_payment", now + back_off(entry.attempts), names=names)
    log.error("orphan", tenant=entry.tenant_id, inbox=entry.name, link_reference=notification.link_reference)
    return Ruling(Verdict.ORPHAN, "unknown_payment", names=names)


def _wait(present: PaymentRequest, one: Arrived, reason: str, now: datetime) -> Decision:
    """The core could not be asked: the page says so, Salesforce is not told."""
    # What an outage took is no lag: a core that comes back may be a second behind.
    attempts = 1 if reason in LAGS and one.entry.reason not in LAGS else one.entry.attempts
    if reason in LAGS and attempts >= _MOST_LAGS:
        return Decision(_anomaly(present, one.notification, reason), replace(present, awaiting_confirmation=False))
    names = Names(one.notification.link_reference, present.reference)
    ruling = Ruling(Verdict.AWAITING_CONFIRMATION, reason, now + back_off(attempts), names=names, attempts=attempts)
    return Decision(ruling, replace(present, awaiting_confirmation=True))


def _anomaly(present: PaymentRequest, notification: Notification, reason: str) -> Ruling:
    log.error("anomaly", tenant=present.tenant_id, order=present.order_id, reference=present.reference, reason=reason)
    return Ruling(Verdict.ANOMALY, reason, names=Names(notification.link_reference, present.reference))


def _show(connection: Connection, tenant: Tenant, changed: Sequence[PaymentRequest]) -> None:
    """Write what only an open page must know: how fresh this is, and that a confirmation is awaited."""
    payments.save_many(connection, changed)
    orders.touch_many(connection, tenant.tenant_id, [one.order_id for one in changed])
