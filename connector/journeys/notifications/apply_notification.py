"""Apply callback notifications: which requests each names, whether it fits them, and what is true now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import manifests
from connector.core.statuses import lifecycle
from connector.domain.payments.moves import Evidence, apply_evidence
from connector.domain.payments.notification import CoreRecord, Notification, differing, ends_a_link, speaks_of_money
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Money
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.await_record import await_end, await_record, back_off
from connector.journeys.notifications.confirm_notification import (
    CoreAnswer,
    NotYet,
    confirm_notification,
    needs_confirming,
)
from connector.journeys.notifications.take_record import Mismatch, proofs_of, rebinding, take_record
from connector.journeys.recording.record_changes import Change, record_changes
from connector.journeys.recording.record_opt_out import is_opt_out_accepted, orders_written_to, record_opt_out
from connector.store.inbox.inbox import END_DENIED, Disposition, EntryReferences, InboxEntry, Verdict
from connector.store.orders import orders
from connector.store.requests import payments
from connector.store.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.money import ZERO

log = get_logger()
_RULES = manifests.load("connector.json")["callback"]
_YOUNG = timedelta(minutes=_RULES["young_minutes"])
# Whoever knows an address that needs no proof may make up names by the thousand.
_YOUNG_UNPROVEN = timedelta(minutes=_RULES["unproven"]["young_minutes"])
_BELIEVED = timedelta(minutes=5)  # how far from ours the clock of news may be that nobody confirms
# What several requests that one notification names come to: the first of these that any of them comes to.
_WEIGHT = (Verdict.AWAITING_CONFIRMATION, Verdict.APPLIED, Verdict.ANOMALY, Verdict.UNREADABLE, Verdict.STALE)


@dataclass(frozen=True)
class ReceivedNotification:
    """A notification with the entry it came in, and the requests of ours that it names, as they were when it was read.

    ``answers``: what the core said of each, by our reference; None for news that needs no question.
    """

    entry: InboxEntry
    notification: Notification
    spoken_of: tuple[PaymentRequest, ...] = ()
    answers: Mapping[str, CoreAnswer] | None = None

    @property
    def names(self) -> EntryReferences:
        """What the ledger lists the entry under."""
        ours = self.spoken_of[0].reference if self.spoken_of else self.notification.reference
        return EntryReferences(self.notification.link_reference, ours)


@dataclass(frozen=True)
class AppliedStep:
    """What one notification means for one request: a ruling, and the request as it stands after it."""

    ruling: Disposition
    after: PaymentRequest
    events: tuple[RequestEvent, ...] = ()


def apply_notifications(
    work: UnitOfWork, tenant: Tenant, arrived: Sequence[ReceivedNotification], *, now: datetime
) -> list[Disposition]:
    """Apply notifications of one tenant inside the caller's transaction: order rows locked first, no network.

    Returns one ruling per notification, in the same sequence.
    """
    named = {request.order_id for one in arrived for request in one.spoken_of}
    named |= orders_written_to(work, tenant, [one.notification for one in arrived])
    kept = orders.lock_many(work, tenant.tenant_id, named)
    every = payments.find_by_orders(work, tenant.tenant_id, list(kept))
    before = {one.reference: one for requests in every.values() for one in requests}
    after, rulings = dict(before), []
    events: dict[str, list[RequestEvent]] = {}
    for one in arrived:
        if one.notification.customer_word is not None:
            rulings.append(_hear(work, tenant, one, now=now))
            continue
        ruling, steps = dispose(one, after, tenant, now=now)
        rulings.append(ruling)
        for step in steps:
            after[step.after.reference] = step.after
            if step.events:
                events.setdefault(step.after.reference, []).extend(step.events)
    changes = [Change(before[name], after[name], tuple(lines)) for name, lines in events.items()]
    record_changes(work, changes, kept=kept, now=now)
    _show(work, tenant, [one for name, one in after.items() if one != before[name] and name not in events])
    return rulings


def dispose(
    one: ReceivedNotification, known: Mapping[str, PaymentRequest], tenant: Tenant, *, now: datetime
) -> tuple[Disposition, list[AppliedStep]]:
    """Decide about one notification and the requests it speaks of, as they stand now. Nothing is written."""
    present = [known[request.reference] for request in one.spoken_of if request.reference in known]
    if not present:
        return _of_nobody(one, now), []
    if one.answers is not None:
        steps = [_asked(one, request, one.answers[request.reference], tenant, now) for request in present]
    elif not one.entry.proven or needs_confirming(
        tenant, one.notification, present
    ):  # it changed since it was looked at
        return Disposition(Verdict.HELD, "to_be_confirmed", now, names=one.names), []
    else:
        steps = [_believed(one, present[0], now)]
    return min((step.ruling for step in steps), key=lambda ruling: _WEIGHT.index(ruling.verdict)), steps


def _asked(
    one: ReceivedNotification, present: PaymentRequest, answer: CoreAnswer, tenant: Tenant, now: datetime
) -> AppliedStep:
    """Hold a notification against what the core says of one request: the core's record is taken in, whatever the news says."""
    notification = one.notification
    differs = (
        differing(notification, present, environment=tenant.core.environment) if notification.error is None else []
    )
    if len(one.spoken_of) > 1 and notification.error is None:
        differs = differs or ["reference"]  # it names one request and another's link
    if isinstance(answer, NotYet):
        return _unless_it_differs(one, present, answer.reason, differs, now)
    record, ends = answer.record, ends_a_link(notification.news)
    ended_at = _near_ours(one) if ends and record.news.link is notification.news.link else None
    try:
        taken = take_record(present, answer, tenant=tenant, now=now, ended_at=ended_at)
    except Mismatch as error:
        return _anomaly(one, present, f"mismatch:{error.field}")
    if not confirm_notification(notification, record):
        proven = replace(taken, proven_at=now)
        step = _unless_it_differs(one, proven, "core_says_otherwise", differs, now)
        line = RequestEvent(EventKind.HEALED, occurred_at=now, recorded_at=now, core_status=record.core_status)
        return step if taken == present else replace(step, events=(*rebinding(present, taken, now=now), line))
    proven = replace(taken, proven_at=now, awaiting_confirmation=False)
    odd = f"differs:{','.join(differs)}" if differs else notification.error
    if taken == present:
        verdict = Verdict.UNREADABLE if notification.error else Verdict.STALE
        return AppliedStep(Disposition(verdict, odd, names=one.names), proven)
    at = proofs_of(record, now=now, ended_at=ended_at)[-1 if ends else 0].occurred_at
    line = RequestEvent(EventKind.CALLBACK, occurred_at=at, recorded_at=now, core_status=_word(notification, record))
    return AppliedStep(
        Disposition(Verdict.APPLIED, odd, names=one.names), proven, (*rebinding(present, taken, now=now), line)
    )


def _believed(one: ReceivedNotification, present: PaymentRequest, now: datetime) -> AppliedStep:
    """Take in news that needs no question."""
    proof = _own_proof(one, present)
    moved = apply_evidence(present, proof, lifecycle=lifecycle())
    awaited = present.awaiting_confirmation and not speaks_of_money(one.notification.news)
    proven = replace(moved, proven_at=now, awaiting_confirmation=awaited)
    if moved == present:
        return AppliedStep(Disposition(Verdict.STALE, names=one.names), proven)
    line = RequestEvent(
        EventKind.CALLBACK, occurred_at=proof.occurred_at, recorded_at=now, core_status=one.notification.core_status
    )
    return AppliedStep(Disposition(Verdict.APPLIED, names=one.names), proven, (line,))


def _word(notification: Notification, record: CoreRecord) -> str | None:
    """Return the word that history shows: the news' own where the core's record shows the same, else the record's."""
    if ends_a_link(notification.news):
        return record.link_word if ends_a_link(record.news) else record.core_status
    same = notification.news.money == record.news.money and (
        notification.news.money or notification.news.link == record.news.link
    )
    return notification.core_status if notification.core_status and same else record.core_status


def _unless_it_differs(
    one: ReceivedNotification, present: PaymentRequest, reason: str, differs: Sequence[str], now: datetime
) -> AppliedStep:
    """What differs from what we asked for, and the core's record does not bear out, is put aside; all else waits for it."""
    notification, entry = one.notification, one.entry
    if not entry.proven:
        return _unproven(one, present, reason, now)
    if differs and reason != "core_unreachable":
        return _anomaly(one, present, f"mismatch:{differs[0]}")
    wait = await_end if ends_a_link(notification.news) else await_record
    until = wait(entry, present, reason, now=now)
    if until is None and notification.error:
        return AppliedStep(Disposition(Verdict.UNREADABLE, notification.error, names=one.names), present)
    if until is None:
        denied = END_DENIED if ends_a_link(notification.news) else reason
        return _anomaly(one, _awaited(present, notification, since=None), denied)
    ruling = Disposition(Verdict.AWAITING_CONFIRMATION, reason, until.due_at, names=one.names, attempts=until.attempts)
    return AppliedStep(ruling, _awaited(present, notification, since=entry.received_at))


def _unproven(one: ReceivedNotification, present: PaymentRequest, reason: str, now: datetime) -> AppliedStep:
    """What came without a proof is asked about a few times, in case the core is slower than its own news, and forgotten then.

    No page shows that it is awaited, and it contradicts nobody: anybody may have made it up.
    """
    until = await_record(one.entry, present, reason, now=now)
    if until is None:
        verdict, why = (Verdict.UNREADABLE, error) if (error := one.notification.error) else (Verdict.STALE, reason)
        return AppliedStep(Disposition(verdict, f"unproven:{why}", names=one.names), present)
    ruling = Disposition(Verdict.AWAITING_CONFIRMATION, reason, until.due_at, names=one.names, attempts=until.attempts)
    return AppliedStep(ruling, present)


def _awaited(request: PaymentRequest, notification: Notification, *, since: datetime | None) -> PaymentRequest:
    """Return the request as the page must show it: something is reported that the core's record does not show, or no more."""
    if ends_a_link(notification.news):
        reported_at = (request.end_reported_at or since) if since and request.live else None
        return replace(request, end_reported_at=reported_at)
    if speaks_of_money(notification.news):
        return replace(request, awaiting_confirmation=since is not None)
    return request


def _anomaly(one: ReceivedNotification, present: PaymentRequest, reason: str) -> AppliedStep:
    log.error("anomaly", tenant=present.tenant_id, order=present.order_id, reference=present.reference, reason=reason)
    return AppliedStep(Disposition(Verdict.ANOMALY, reason, names=one.names), present)


def _own_proof(one: ReceivedNotification, present: PaymentRequest) -> Evidence:
    """Turn news that needs no question into proof. It binds no link, and its own clock moves no deadline."""
    notification, money = one.notification, one.notification.news.money
    total = notification.total or ZERO
    return Evidence(
        news=notification.news,
        occurred_at=_near_ours(one),
        core_status=notification.core_status,
        receipt_reference=notification.receipt_reference,
        reconciliation_reference=notification.reconciliation_reference,
        authorized=total if money is Money.AUTHORIZED else ZERO,
        captured=total if money is Money.PAID else ZERO,
        reversed=total if money is Money.REVERSED else ZERO,
        sent_at=present.sent_at,
    )


def _near_ours(one: ReceivedNotification) -> datetime:
    """Return the time that news gives itself where it is near the time it came at, else that."""
    said, came = one.notification.occurred_at, one.entry.received_at
    if said is None or abs(said - came) <= _BELIEVED:
        return said or came
    log.warning(
        "time_not_believed", tenant=one.entry.tenant_id, inbox=one.entry.name, found=said.isoformat(),
        expected=came.isoformat(),
    )  # fmt: skip
    return came


def _hear(work: UnitOfWork, tenant: Tenant, one: ReceivedNotification, *, now: datetime) -> Disposition:
    """Keep a customer's STOP or START, which needs no order. What it was an answer to is known unless it names two."""
    notification = one.notification
    answered = next(iter(one.spoken_of), None)
    if answered and (len(one.spoken_of) > 1 or "link_reference" in differing(notification, answered, environment="")):
        answered = None
    names = EntryReferences(notification.link_reference, notification.reference)
    if notification.environment not in (None, tenant.core.environment):
        log.error("anomaly", tenant=tenant.tenant_id, inbox=one.entry.name, reason="mismatch:environment")
        return Disposition(Verdict.ANOMALY, "mismatch:environment", names=names)
    said_at = notification.occurred_at or one.entry.received_at
    if notification.customer_word is None:
        return Disposition(Verdict.STALE, names=names)
    if not one.entry.proven and not is_opt_out_accepted(
        work, tenant, notification.customer_word, named=answered, now=now
    ):
        return Disposition(Verdict.ORPHAN, "word_without_proof_or_live_link", names=names)
    heard = record_opt_out(work, tenant, notification.customer_word, named=answered, said_at=said_at, now=now)
    if heard is None:
        log.error("customer_word_unread", tenant=tenant.tenant_id, inbox=one.entry.name)
        return Disposition(Verdict.UNREADABLE, "customer_word", names=names)
    return Disposition(Verdict.APPLIED if heard else Verdict.STALE, names=names)


def _of_nobody(one: ReceivedNotification, now: datetime) -> Disposition:
    """The notification may precede our own commit: hold it while it is young."""
    entry, notification = one.entry, one.notification
    if notification.error:
        return Disposition(Verdict.UNREADABLE, notification.error, names=one.names)
    if now - entry.received_at < (_YOUNG if entry.proven else _YOUNG_UNPROVEN):
        return Disposition(Verdict.HELD, "unknown_payment", now + back_off(entry.attempts), names=one.names)
    log.error("orphan", tenant=entry.tenant_id, inbox=entry.name, link_reference=notification.link_reference)
    return Disposition(Verdict.ORPHAN, "unknown_payment", names=one.names)


def _show(work: UnitOfWork, tenant: Tenant, changed: Sequence[PaymentRequest]) -> None:
    """Write what only an open page must know: how fresh this is, and that a confirmation is awaited."""
    payments.save_many(work, changed)
    orders.touch_many(work, tenant.tenant_id, [one.order_id for one in changed])
