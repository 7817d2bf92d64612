"""Release a payment request, so that its order may get a new link: a supervisor's decision, with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connector import metrics
from connector.core.lifecycle import lifecycle
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Money
from connector.journeys.context import Context
from connector.journeys.reconciling.reconcile_payment import reconcile_payment
from connector.journeys.recording.change_request import locked_request
from connector.journeys.recording.record_changes import record_change
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
RELEASED = "released"
_BEING_SENT = (Link.CREATED, Link.SENDING)


class ReleaseOutcome(StrEnum):
    """What a release came to."""

    RELEASED = "released"
    ALREADY_ENDED = "already_ended"
    STILL_LIVE = "still_live"
    TOO_EARLY = "too_early"


@dataclass(frozen=True)
class Released:
    """The outcome and the request as it is now; ``not_before``: the earliest time of a release."""

    outcome: ReleaseOutcome
    request: PaymentRequest
    not_before: datetime | None = None


def release_payment_request(
    context: Context,
    *,
    request: PaymentRequest,
    reason: str,
    by: Person,
) -> Released:
    """Let another link be sent for an order although the outcome of this one is unknown.

    The request keeps its states; money that arrives on it later counts, and raises an alarm.
    """
    if not request.live:
        return Released(ReleaseOutcome.ALREADY_ENDED, request)
    if request.states.link in _BEING_SENT:
        return Released(ReleaseOutcome.TOO_EARLY, request, request.sending_until)
    # The core's record goes before the supervisor's decision: a link that it knows is to be cancelled, not released.
    reconciled = reconcile_payment(context, request=request)
    with context.store.write() as work:
        present = locked_request(work, request)
        if not present.live:
            return Released(ReleaseOutcome.ALREADY_ENDED, present)
        if reconciled.known or present.states.money is Money.IN_REVIEW:
            return Released(ReleaseOutcome.STILL_LIVE, present)
        # While the link can still be paid, releasing it would put two payable links side by side.
        over_at = present.over_at(lifecycle()) + lifecycle().grace
        if present.states.link is not Link.UNKNOWN and context.now() < over_at:
            return Released(ReleaseOutcome.TOO_EARLY, present, over_at)
        released = _release(work, present, reason, by, now=context.now())
    log.error(
        "request_released",
        tenant=context.tenant.tenant_id,
        order=request.order_id,
        reference=request.reference,
        user=by.user_id,
    )
    metrics.registry.count(metrics.REQUESTS_RELEASED)
    return Released(ReleaseOutcome.RELEASED, released)


def _release(work: UnitOfWork, present: PaymentRequest, reason: str, by: Person, *, now: datetime) -> PaymentRequest:
    """Take the order's live place from a request and record who decided so."""
    released = replace(
        present,
        live=False,
        released_at=now,
        # Closed from the beginning, so that any money on it from now on is reported as money after the close.
        closed_at=present.created_at,
        end_reported_at=None,
        handled_by=by,
    )
    line = RequestEvent(EventKind.RELEASED, occurred_at=now, recorded_at=now, person=by.name, note=reason)
    return record_change(work, present, released, now=now, events=[line])
