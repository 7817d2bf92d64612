"""Reconcile one payment request with the core's record, by the same state changes as a callback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from connector.core.lifecycle import lifecycle
from connector.core.parsing import unread_fields
from connector.domain.payments.evidence import Evidence, apply_evidence
from connector.domain.payments.payment import PaymentRequest, Reason
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, StatusUpdate
from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.notifications.find_record import Found, cannot_look_up, find_record
from connector.journeys.notifications.take_record import (
    Mismatch,
    disputed,
    is_only_of_charge,
    record_lines,
    take_record,
)
from connector.journeys.recording.change_request import ChangedRequest, change_request, locked_request
from connector.journeys.recording.record_changes import record_change
from connector.store.orders import orders
from connector.store.requests import polling, request_rows
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


class Freshness(StrEnum):
    """Whether the core could be asked."""

    FRESH = "fresh"
    CORE_UNREACHABLE = "core_unreachable"


class Discrepancy(StrEnum):
    """How our request compares with the core's record."""

    SAME = "same"
    HEALED = "healed"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Reconciled:
    """Whether the core answered with what can be read, whether it has a record of the request (``known``), and the comparison.

    ``description``: what a person should look at. ``silent``: the core is away, so it need not be asked about others now.
    """

    freshness: Freshness
    finding: Discrepancy = Discrepancy.SAME
    description: str | None = None
    known: bool = False
    silent: bool = False


def reconcile_payment(
    context: Context,
    *,
    request: PaymentRequest,
) -> Reconciled:
    """Read the core's own record of a request and apply it, which makes up for a lost callback.

    A core that cannot be asked changes nothing, for however long: a send without an answer stays unknown, and blocks.
    """
    try:
        found = find_record(context.tenant, request, context.core)
    except (UpstreamError, TenantProblem) as error:
        unread = unread_fields(error)
        log.warning(
            "core_not_asked", tenant=context.tenant.tenant_id, reference=request.reference, code=str(error.code),
            reason=unread,
        )  # fmt: skip
        if request.live:  # an ended request is asked about only once, so a failed attempt must not count as that
            _note_asked(request, context.store, context.now())
        if unread:
            why = f"the payment core's record cannot be read ({unread})"
            return Reconciled(Freshness.CORE_UNREACHABLE, Discrepancy.UNEXPLAINED, why)
        return Reconciled(Freshness.CORE_UNREACHABLE, silent=not cannot_look_up(error))
    reconciled = _take(context.tenant, request, found, store=context.store, now=context.now())
    _note_asked(request, context.store, context.now())
    return reconciled


def _take(tenant: Tenant, request: PaymentRequest, found: Found | None, *, store: Store, now: datetime) -> Reconciled:
    if found is None:
        return _absent(request, store=store, now=now)
    try:
        present = apply_record(request, found, tenant=tenant, store=store, now=now)
    except Mismatch as error:
        log.error("core_record_mismatch", tenant=tenant.tenant_id, reference=request.reference, fields=error.field)
        misfit = f"the payment core's record does not fit what we asked for: {error.field.replace('_', ' ')}"
        return Reconciled(Freshness.FRESH, Discrepancy.UNEXPLAINED, misfit)
    if description := disputed(present, found.record, now=now):
        log.warning("core_record_disputed", tenant=tenant.tenant_id, reference=request.reference, reason=description)
        return Reconciled(Freshness.FRESH, Discrepancy.UNEXPLAINED, description, known=True)
    healed = present.version != request.version
    return Reconciled(Freshness.FRESH, Discrepancy.HEALED if healed else Discrepancy.SAME, known=True)


def apply_record(
    request: PaymentRequest, found: Found, *, tenant: Tenant, store: Store, now: datetime
) -> PaymentRequest:
    """Apply the core's record to a request in a transaction of its own.

    Raises:
        Mismatch: the record does not belong to this request.
    """
    with store.write() as work:
        present = locked_request(work, request)
        taken = take_record(present, found, tenant=tenant, now=now)
        healed = replace(taken, proven_at=now, awaiting_confirmation=False)
        if is_only_of_charge(present, taken):
            request_rows.save(work, healed)
            orders.touch(work, request.tenant_id, request.order_id)
            return healed
        word = found.record.core_status
        line = RequestEvent(EventKind.HEALED, occurred_at=now, recorded_at=now, core_status=word)
        lines = record_lines(present, taken, line, now=now)
        return record_change(work, present, healed, now=now, events=lines)


def _absent(request: PaymentRequest, *, store: Store, now: datetime) -> Reconciled:
    """Conclude from a core that has no record: it forgot a link of its own, or our call never arrived."""
    if request.link_reference:
        log.error("core_forgot_link", tenant=request.tenant_id, reference=request.reference)
        return Reconciled(Freshness.FRESH, Discrepancy.UNEXPLAINED, "the payment core does not know this link any more")
    # "No such reference" counts only once no link of that call could be alive any more (ADR 16).
    over = request.created_at + lifecycle().unknown
    if request.live and now >= over and not _end_never_arrived(request, store=store, now=now).live:
        return Reconciled(Freshness.FRESH, Discrepancy.HEALED)
    return Reconciled(Freshness.FRESH)


def _end_never_arrived(request: PaymentRequest, *, store: Store, now: datetime) -> PaymentRequest:
    """End a request that the core never received, which gives the order's live place back; return it as it is now."""
    evidence = Evidence(news=StatusUpdate(link=Link.REJECTED), occurred_at=now, reason=Reason.NEVER_ARRIVED)

    def ended(present: PaymentRequest) -> ChangedRequest | None:
        if present.states.link is not Link.UNKNOWN or present.link_reference:
            return None  # a callback has found its link meanwhile
        line = RequestEvent(EventKind.NEVER_ARRIVED, occurred_at=now, recorded_at=now)
        return apply_evidence(present, evidence, lifecycle=lifecycle()), [line]

    return change_request(store, request, ended, now=now)


def _note_asked(request: PaymentRequest, store: Store, now: datetime) -> None:
    with store.write() as work:
        polling.mark_asked(work, request.reference, now=now)
