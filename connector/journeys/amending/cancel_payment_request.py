"""Cancel a payment link, and report the request's true state where it cannot be cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from connector.core.client import core_refusal
from connector.core.lifecycle import lifecycle
from connector.core.schemas import CancelledLink
from connector.core.statuses import status_update
from connector.domain.payments.evidence import Evidence, apply_evidence
from connector.domain.payments.message_delivery import is_only_previewed
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Status, StatusUpdate
from connector.errors import CoreRefused, TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.journeys.recording.change_request import ChangedRequest, change_request
from connector.store.requests import request_events, request_rows
from connector.store.store import Store
from manifests.core_hosts import is_vendors_core

# Why a customer was not told of a cancellation: another link came in its place. A word of ``manifests/core/ours.json``.
REPLACED = "replaced"


class CancelOutcome(StrEnum):
    """What a cancellation came to; beside the first, each names what the request is instead."""

    CANCELLED = "cancelled"
    ALREADY_CLICKED = "already_clicked"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"
    PAID = "paid"
    AUTHORIZED = "authorized"
    IN_REVIEW = "in_review"
    DECLINED = "declined"
    REVERSED = "reversed"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cancelled:
    """The outcome and the request as it is now; ``closed_by``: the name of whoever had cancelled it before, if anybody."""

    outcome: CancelOutcome
    request: PaymentRequest
    closed_by: str | None = None


_OUTCOME_BY_STATUS = {
    Status.OPENED: CancelOutcome.ALREADY_CLICKED,
    Status.CANCELLED: CancelOutcome.ALREADY_CANCELLED,
    Status.EXPIRED: CancelOutcome.EXPIRED,
    Status.PART_PAID: CancelOutcome.PAID,
    Status.PAID: CancelOutcome.PAID,
    Status.AUTHORIZED: CancelOutcome.AUTHORIZED,
    Status.IN_REVIEW: CancelOutcome.IN_REVIEW,
    Status.DECLINED: CancelOutcome.DECLINED,
    Status.REVERSED: CancelOutcome.REVERSED,
    Status.CREATED: CancelOutcome.NOT_SENT,
    Status.REJECTED: CancelOutcome.NOT_SENT,
}


def cancel_payment_request(
    context: Context,
    *,
    request: PaymentRequest,
    by: Person,
    for_replacement: bool = False,
) -> Cancelled:
    """Cancel a link if it can still be cancelled; return what the request is otherwise. No error of the core's escapes.

    ``for_replacement``: another link follows at once; where the core can, only that one's message tells the customer.
    """
    cancelled = _try_to_cancel(context, request, by, for_replacement=for_replacement)
    if cancelled.outcome is CancelOutcome.ALREADY_CANCELLED:
        return replace(cancelled, closed_by=_closed_by(cancelled.request, context.store))
    return cancelled


def refreshed_request(context: Context, request: PaymentRequest) -> PaymentRequest:
    """Return the request as the core's record shows it now; as it is stored where the core cannot be asked."""
    reconcile_payment(context, request=request)
    with context.store.read() as work:
        return request_rows.reread(work, request)


def _try_to_cancel(
    context: Context,
    request: PaymentRequest,
    by: Person,
    *,
    for_replacement: bool,
) -> Cancelled:
    # A send whose answer was lost may have made a link after all, which only the core can name.
    if request.states.link is Link.UNKNOWN:
        request = refreshed_request(context, request)
    # If the link was only previewed, the core may still be able to close it: it is asked.
    is_open = request.status is Status.SENT or is_only_previewed(request)
    if not is_open or request.link_reference is None:
        return Cancelled(_OUTCOME_BY_STATUS.get(request.status, CancelOutcome.UNKNOWN), request)
    try:
        answer = context.core.cancel(context.tenant.core, request.link_reference, for_replacement=for_replacement)
    except CoreRefused as refusal:
        return _after_refusal(context, request, refusal)
    # The call may have arrived: only the record shows whether the link can still be paid.
    except (UpstreamError, TenantProblem):
        return _after_unclear_answer(context, request, by)
    if for_replacement and not is_vendors_core(context.tenant.core.base_url):
        # Not a failure: the message of the new link says it.
        answer = replace(answer, not_told_because=REPLACED)
    if not _confirms_cancellation(answer):
        return _after_unclear_answer(context, request, by)
    return Cancelled(CancelOutcome.CANCELLED, _settle(context, request, answer, by=by))


def _closed_by(request: PaymentRequest, store: Store) -> str | None:
    with store.read() as work:
        events = request_events.history_of(work, [request.reference])[request.reference]
    return next((one.person for one in reversed(events) if one.event is EventKind.CANCELLED), None)


def _confirms_cancellation(answer: CancelledLink) -> bool:
    """Return whether the core's answer to our own call confirms the cancellation."""
    news = status_update(answer.core_status) if answer.core_status else None
    return news is not None and news.link is Link.CANCELLED


def _after_unclear_answer(
    context: Context,
    request: PaymentRequest,
    by: Person,
) -> Cancelled:
    """Read the core's record to find out whether the link was closed."""
    present = refreshed_request(context, request)
    if present.states.link is Link.CANCELLED:
        # The call arrived though its answer was lost, so this person has closed the link.
        closed = CancelledLink(present.core_status, present.customer_told, present.not_told_because)
        return Cancelled(CancelOutcome.CANCELLED, _settle(context, present, closed, by=by))
    return Cancelled(_OUTCOME_BY_STATUS.get(present.status, CancelOutcome.UNKNOWN), present)


def _after_refusal(
    context: Context,
    request: PaymentRequest,
    refusal: CoreRefused,
) -> Cancelled:
    """Return the outcome after the core refused to cancel: by its record, or else by its reason."""
    # A refusal means that our state is outdated (the customer opened or paid the link): the record decides first.
    present = refreshed_request(context, request)
    outcome = _OUTCOME_BY_STATUS.get(present.status)
    if outcome is not None:
        return Cancelled(outcome, present)
    word = core_refusal("cancel_payment_link", refusal)
    return Cancelled(CancelOutcome(word) if word else CancelOutcome.UNKNOWN, present)


def _settle(context: Context, request: PaymentRequest, answer: CancelledLink, *, by: Person) -> PaymentRequest:
    # By the core's clock, as its own times decide whether money came after the close.
    now, closed_at = context.now(), context.core_now()
    evidence = Evidence(news=StatusUpdate(link=Link.CANCELLED), occurred_at=closed_at, core_status=answer.core_status)
    line = RequestEvent(
        EventKind.CANCELLED, occurred_at=closed_at, recorded_at=now, core_status=answer.core_status, person=by.name
    )

    def cancelled(present: PaymentRequest) -> ChangedRequest:
        after = replace(
            apply_evidence(present, evidence, lifecycle=lifecycle()),
            handled_by=by,
            proven_at=now,
            customer_told=answer.customer_told,
            not_told_because=answer.not_told_because,
        )
        return after, [line]

    return change_request(context.store, request, cancelled, now=now)
