"""Reset a payment request to what the core's record says: an operator's decision, with a reason.

Records otherwise only raise a request's states (ADR 16). This undoes what an older version accepted without a record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connector import metrics
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, States
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.notifications.find_record import Found, find_record
from connector.journeys.notifications.take_record import Mismatch, take_record
from connector.journeys.recording.change_request import locked_request
from connector.journeys.recording.record_changes import record_change
from connector.store.requests.request_rows import RequestConflict
from connector.store.store import Store
from foundation.log import get_logger
from foundation.money import ZERO

log = get_logger()
CORRECTED = "corrected"
_COMPARED = ("states", "live", "link_reference", "core_status", "authorized", "captured", "reversed")


class CorrectOutcome(StrEnum):
    """What a correction came to."""

    CORRECTED = "corrected"
    NOTHING_TO_CORRECT = "nothing_to_correct"
    ANOTHER_LIVE = "another_live"
    NO_RECORD = "no_record"
    MISFIT = "misfit"
    CORE_UNREACHABLE = "core_unreachable"


@dataclass(frozen=True)
class Corrected:
    """The outcome, and the request before and after."""

    outcome: CorrectOutcome
    before: PaymentRequest
    after: PaymentRequest


def correct_payment_request(
    context: Context,
    *,
    request: PaymentRequest,
    reason: str,
    by: Person,
) -> Corrected:
    """Make a request what the core's record says, also where ours goes further, money included."""
    try:
        found = find_record(context.tenant, request, context.core)
    except (UpstreamError, TenantProblem):
        return Corrected(CorrectOutcome.CORE_UNREACHABLE, request, request)
    if found is None:
        return Corrected(CorrectOutcome.NO_RECORD, request, request)
    try:
        corrected = _corrected(context.tenant, request, found, reason, by, store=context.store, now=context.now())
    except Mismatch:
        return Corrected(CorrectOutcome.MISFIT, request, request)
    except RequestConflict:  # this one would become live beside it, so the whole transaction is rolled back
        return Corrected(CorrectOutcome.ANOTHER_LIVE, request, request)
    if corrected.outcome is CorrectOutcome.CORRECTED:
        # An error, which alarms: money of ours was changed by hand.
        log.error(
            "request_corrected", tenant=context.tenant.tenant_id, order=request.order_id, reference=request.reference,
            user=by.user_id,
        )  # fmt: skip
        metrics.registry.count(metrics.REQUESTS_CORRECTED)
    return corrected


def _corrected(
    tenant: Tenant, request: PaymentRequest, found: Found, reason: str, by: Person, *, store: Store, now: datetime
) -> Corrected:
    with store.write() as work:
        present = locked_request(work, request)
        after = replace(take_record(_blank(present), found, tenant=tenant, now=now), proven_at=now)
        if all(getattr(after, name) == getattr(present, name) for name in _COMPARED):
            return Corrected(CorrectOutcome.NOTHING_TO_CORRECT, present, present)
        line = RequestEvent(EventKind.CORRECTED, occurred_at=now, recorded_at=now, person=by.name, note=reason)
        after = record_change(work, present, after, now=now, events=[line])
        return Corrected(CorrectOutcome.CORRECTED, present, after)


def _blank(present: PaymentRequest) -> PaymentRequest:
    """Return the request as it was asked for, without any reported state of its link and its money."""
    return replace(
        present,
        # How far the message got is no part of what is corrected; "unknown" leaves room for whatever the record shows.
        states=States(message=present.states.message, link=Link.UNKNOWN),
        live=True,
        core_status=None,
        receipt_reference=None,
        reconciliation_reference=None,
        reason=None,
        authorized=ZERO,
        captured=ZERO,
        reversed=ZERO,
        capture_before=None,
        settled=False,
        opened_at=None,
        finished_at=None,
        pay_by=None,
        paid_at=None,
        closed_at=None,
        taken_at=None,
        awaiting_confirmation=False,
        end_reported_at=None,
        released_at=None,
    )
