"""Apply callback notifications to the payment requests that they name, with the core's record where it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import manifests
from connector.core.lifecycle import lifecycle
from connector.domain.payments.evidence import apply_evidence
from connector.domain.payments.notification import (
    CoreRecord,
    Notification,
    OptOutMessage,
    differences,
    ends_a_link,
    speaks_of_money,
)
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Money
from connector.domain.tenants.tenant import Tenant
from connector.journeys.notifications.await_record import await_end, await_record, held_wait
from connector.journeys.notifications.confirm_notification import (
    LAGS,
    CoreAnswer,
    NotYet,
    confirm_notification,
    needs_confirming,
)
from connector.journeys.notifications.find_record import as_review_end
from connector.journeys.notifications.take_record import (
    Mismatch,
    evidence_of,
    near_ours,
    own_evidence,
    record_lines,
    take_record,
)
from connector.journeys.recording.record_changes import RequestChange, record_changes
from connector.journeys.recording.record_opt_out import is_opt_out_accepted, orders_written_to, record_opt_out
from connector.store.inbox.inbox import END_DENIED, Disposition, EntryReferences, InboxEntry, Verdict
from connector.store.orders import orders
from connector.store.requests import request_rows
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
_RULES = manifests.load("connector.json")["callback"]
_YOUNG = timedelta(minutes=_RULES["young_minutes"])
# Shorter, because whoever knows an address that needs no proof can invent references by the thousand.
_YOUNG_UNPROVEN = timedelta(minutes=_RULES["unproven"]["young_minutes"])
# Where one notification names several requests, its verdict is the first of these that any of them gets.
_WEIGHT = (Verdict.AWAITING_CONFIRMATION, Verdict.APPLIED, Verdict.ANOMALY, Verdict.UNREADABLE, Verdict.STALE)


@dataclass(frozen=True)
class ReceivedNotification:
    """A notification with its inbox entry, and the requests that it names as they were when it was read.

    ``answers``: the core's answer about each, by our reference; None for a notification that needs no confirmation.
    """

    entry: InboxEntry
    notification: Notification
    requests: tuple[PaymentRequest, ...] = ()
    answers: Mapping[str, CoreAnswer] | None = None

    @property
    def names(self) -> EntryReferences:
        """Return the references under which the inbox lists the entry."""
        ours = self.requests[0].reference if self.requests else self.notification.reference
        return EntryReferences(self.notification.link_reference, ours)


@dataclass(frozen=True)
class AppliedStep:
    """What one notification means for one request: the disposition of the entry, and the request after it."""

    disposition: Disposition
    after: PaymentRequest
    events: tuple[RequestEvent, ...] = ()


def apply_notifications(
    work: UnitOfWork, tenant: Tenant, arrived: Sequence[ReceivedNotification], *, now: datetime
) -> list[Disposition]:
    """Apply notifications of one tenant in the caller's transaction, without network; return a disposition for each."""
    named = {request.order_id for one in arrived for request in one.requests}
    messages = [(said, next(iter(one.requests), None)) for one in arrived if (said := one.notification.opt_out_message)]
    named |= orders_written_to(work, tenant, messages, now=now)
    # Orders are locked before their requests are read, here as everywhere, so that no two transactions deadlock.
    locked = orders.lock_many(work, tenant.tenant_id, named)
    every = request_rows.find_by_orders(work, tenant.tenant_id, list(locked))
    before = {one.reference: one for requests in every.values() for one in requests}
    # Later notifications of the batch build on the request as earlier ones left it; each request is written once.
    after, dispositions = dict(before), []
    events: dict[str, list[RequestEvent]] = {}
    for one in arrived:
        if one.notification.opt_out_message is not None:
            dispositions.append(_record_opt_out(work, tenant, one, one.notification.opt_out_message, now=now))
            continue
        disposition, steps = dispose(one, after, tenant, now=now)
        dispositions.append(disposition)
        for step in steps:
            after[step.after.reference] = step.after
            if step.events:
                events.setdefault(step.after.reference, []).extend(step.events)
    changes = [RequestChange(before[name], after[name], tuple(lines)) for name, lines in events.items()]
    record_changes(work, changes, locked=locked, now=now)
    _save_for_pages(work, tenant, [one for name, one in after.items() if one != before[name] and name not in events])
    return dispositions


def dispose(
    one: ReceivedNotification, known: Mapping[str, PaymentRequest], tenant: Tenant, *, now: datetime
) -> tuple[Disposition, list[AppliedStep]]:
    """Decide about one notification and the requests that it names, as they are now. Nothing is written."""
    present = [known[request.reference] for request in one.requests if request.reference in known]
    if not present:
        return _unknown_payment(one, now), []
    if one.answers is not None:
        steps = [_apply_answer(one, request, one.answers[request.reference], tenant, now) for request in present]
    elif not one.entry.proven or needs_confirming(tenant, one.notification, present):
        # The request has changed since it was read without a lock, so the core was not asked: the next round does.
        return Disposition(Verdict.HELD, "to_be_confirmed", now, names=one.names), []
    else:
        steps = [_apply_unconfirmed(one, present[0], now)]
    return min((step.disposition for step in steps), key=lambda disposition: _WEIGHT.index(disposition.verdict)), steps


def _apply_answer(
    one: ReceivedNotification, present: PaymentRequest, answer: CoreAnswer, tenant: Tenant, now: datetime
) -> AppliedStep:
    """Apply the core's record of one request, whatever the notification says, and judge the notification by it."""
    notification = one.notification
    readable = notification.error is None
    differs = differences(notification, present, environment=tenant.core.environment) if readable else []
    if len(one.requests) > 1 and readable:
        differs = differs or ["reference"]  # it names one request, and the link of another
    if isinstance(answer, NotYet):
        return _await_or_refuse(one, present, answer.reason, differs, now)
    if one.entry.proven and _is_after_review(answer.record, notification):
        answer = replace(answer, record=as_review_end(answer.record))
    record, ends = answer.record, ends_a_link(notification.news)
    ended_at = near_ours(one.entry, notification) if ends and record.news.link is notification.news.link else None
    try:
        taken = take_record(present, answer, tenant=tenant, now=now, ended_at=ended_at)
    except Mismatch as error:
        return _anomaly(one, present, f"mismatch:{error.field}")
    # The record is applied even where it contradicts the notification: it is the core's own word, read just now.
    asked = next(known for known in one.requests if known.reference == present.reference)
    if not confirm_notification(notification, record, asked):
        proven = replace(taken, proven_at=now)
        step = _await_or_refuse(one, proven, "core_says_otherwise", differs, now)
        line = RequestEvent(EventKind.HEALED, occurred_at=now, recorded_at=now, core_status=record.core_status)
        return step if taken == present else replace(step, events=record_lines(present, taken, line, now=now))
    proven = replace(taken, proven_at=now, awaiting_confirmation=False)
    odd = f"differs:{','.join(differs)}" if differs else notification.error
    if taken == present:
        verdict = Verdict.UNREADABLE if notification.error else Verdict.STALE
        return AppliedStep(Disposition(verdict, odd, names=one.names), proven)
    at = evidence_of(record, now=now, ended_at=ended_at)[-1 if ends else 0].occurred_at
    line = RequestEvent(
        EventKind.CALLBACK, occurred_at=at, recorded_at=now, core_status=_status_for_history(notification, record)
    )
    return AppliedStep(
        Disposition(Verdict.APPLIED, odd, names=one.names), proven, record_lines(present, taken, line, now=now)
    )


def _is_after_review(record: CoreRecord, notification: Notification) -> bool:
    """Return whether a record is, by the core's own clock, newer than the review of which a notification tells."""
    reviewed_at = notification.occurred_at if notification.news.money is Money.IN_REVIEW else None
    return reviewed_at is not None and record.decided_at is not None and record.decided_at > reviewed_at


def _apply_unconfirmed(one: ReceivedNotification, present: PaymentRequest, now: datetime) -> AppliedStep:
    """Apply a notification that needs no confirmation."""
    evidence = own_evidence(one.entry, one.notification, present)
    moved = apply_evidence(present, evidence, lifecycle=lifecycle())
    # News of the message alone answers nothing about money that waits for the record.
    awaited = present.awaiting_confirmation and not speaks_of_money(one.notification.news)
    proven = replace(moved, proven_at=now, awaiting_confirmation=awaited)
    if replace(moved, message_at=present.message_at) == present:  # at most it is known since an earlier time
        return AppliedStep(Disposition(Verdict.STALE, names=one.names), proven)
    line = RequestEvent(
        EventKind.CALLBACK, occurred_at=evidence.occurred_at, recorded_at=now, core_status=one.notification.core_status
    )
    return AppliedStep(Disposition(Verdict.APPLIED, names=one.names), proven, (line,))


def _status_for_history(notification: Notification, record: CoreRecord) -> str | None:
    """Return the core status for the history: the notification's where the record shows the same, else the record's."""
    if ends_a_link(notification.news):
        return record.link_word if ends_a_link(record.news) else record.core_status
    same = notification.news.money == record.news.money and (
        notification.news.money or notification.news.link == record.news.link
    )
    return notification.core_status if notification.core_status and same else record.core_status


def _await_or_refuse(
    one: ReceivedNotification, present: PaymentRequest, reason: str, differs: Sequence[str], now: datetime
) -> AppliedStep:
    """Wait for the core's record to confirm a notification; one that contradicts what we asked for is an anomaly."""
    notification, entry = one.notification, one.entry
    if not entry.proven:
        return _unproven(one, present, reason, now)
    # While the core is unreachable, or its record unreadable, nothing is known against the notification yet.
    if differs and reason in LAGS:
        return _anomaly(one, present, f"mismatch:{differs[0]}")
    wait = await_end if ends_a_link(notification.news) else await_record
    until = wait(entry, present, reason, now=now)
    if until is None and notification.error:
        return AppliedStep(Disposition(Verdict.UNREADABLE, notification.error, names=one.names), present)
    if until is None:
        denied = END_DENIED if ends_a_link(notification.news) else reason
        return _anomaly(one, _marked_as_reported(present, notification, since=None), denied)
    disposition = Disposition(
        Verdict.AWAITING_CONFIRMATION, reason, until.due_at, names=one.names, attempts=until.attempts
    )
    return AppliedStep(disposition, _marked_as_reported(present, notification, since=entry.received_at))


def _unproven(one: ReceivedNotification, present: PaymentRequest, reason: str, now: datetime) -> AppliedStep:
    """Wait a little for the core's record to confirm an unproven notification, in case it lags; then drop it."""
    # Anybody may have invented it, so no page shows that a confirmation is outstanding, and it is never an anomaly.
    until = await_record(one.entry, present, reason, now=now)
    if until is None:
        verdict, why = (Verdict.UNREADABLE, error) if (error := one.notification.error) else (Verdict.STALE, reason)
        return AppliedStep(Disposition(verdict, f"unproven:{why}", names=one.names), present)
    disposition = Disposition(
        Verdict.AWAITING_CONFIRMATION, reason, until.due_at, names=one.names, attempts=until.attempts
    )
    return AppliedStep(disposition, present)


def _marked_as_reported(
    request: PaymentRequest, notification: Notification, *, since: datetime | None
) -> PaymentRequest:
    """Return the request marked with what is reported but not in the core's record; ``since`` None takes the mark away."""
    if ends_a_link(notification.news):
        reported_at = (request.end_reported_at or since) if since and request.live else None
        return replace(request, end_reported_at=reported_at)
    if speaks_of_money(notification.news):
        return replace(request, awaiting_confirmation=since is not None)
    return request


def _anomaly(one: ReceivedNotification, present: PaymentRequest, reason: str) -> AppliedStep:
    log.error("anomaly", tenant=present.tenant_id, order=present.order_id, reference=present.reference, reason=reason)
    return AppliedStep(Disposition(Verdict.ANOMALY, reason, names=one.names), present)


def _record_opt_out(
    work: UnitOfWork, tenant: Tenant, one: ReceivedNotification, message: OptOutMessage, *, now: datetime
) -> Disposition:
    """Record a customer's STOP or START, which needs no order."""
    notification = one.notification
    answered = next(iter(one.requests), None)
    # Which request the customer answered is only known if the notification does not name two.
    if answered and (len(one.requests) > 1 or "link_reference" in differences(notification, answered, environment="")):
        answered = None
    names = EntryReferences(notification.link_reference, notification.reference)
    if notification.environment not in (None, tenant.core.environment):
        log.error("anomaly", tenant=tenant.tenant_id, inbox=one.entry.name, reason="mismatch:environment")
        return Disposition(Verdict.ANOMALY, "mismatch:environment", names=names)
    said_at = notification.occurred_at or one.entry.received_at
    if not one.entry.proven and not is_opt_out_accepted(work, tenant, message, named=answered, now=now):
        return Disposition(Verdict.ORPHAN, "opt_out_without_proof_or_live_link", names=names)
    recorded = record_opt_out(work, tenant, message, named=answered, said_at=said_at, now=now)
    if recorded is None:
        log.error("opt_out_unread", tenant=tenant.tenant_id, inbox=one.entry.name)
        return Disposition(Verdict.UNREADABLE, "opt_out_unread", names=names)
    return Disposition(Verdict.APPLIED if recorded else Verdict.STALE, names=names)


def _unknown_payment(one: ReceivedNotification, now: datetime) -> Disposition:
    """Decide about a notification that names no known request: hold it while it is young, then it is an orphan."""
    entry, notification = one.entry, one.notification
    if notification.error:
        return Disposition(Verdict.UNREADABLE, notification.error, names=one.names)
    # The callback may overtake our own commit of the link that it is about.
    if now - entry.received_at < (_YOUNG if entry.proven else _YOUNG_UNPROVEN):
        return Disposition(Verdict.HELD, "unknown_payment", now + held_wait(entry.attempts), names=one.names)
    log.error("orphan", tenant=entry.tenant_id, inbox=entry.name, link_reference=notification.link_reference)
    return Disposition(Verdict.ORPHAN, "unknown_payment", names=one.names)


def _save_for_pages(work: UnitOfWork, tenant: Tenant, changed: Sequence[PaymentRequest]) -> None:
    """Save what only an open page shows, such as an outstanding confirmation; nothing is pushed to Salesforce."""
    request_rows.save_many(work, changed)
    orders.touch_many(work, tenant.tenant_id, [one.order_id for one in changed])
