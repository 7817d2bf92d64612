"""Send a new link in place of an old one, once the core's own record shows that the old one is dead.

Whatever could stop the new link (amounts, consent, limits) is checked before the old one is closed. A repeat under the
same key resumes: the old link is closed once more, which changes nothing, and at most one new link is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connector.core.client import core_refusal
from connector.domain.payments.message_delivery import is_only_previewed
from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.status import Link, Money, Status
from connector.errors import CoreRefused, TenantProblem, UpstreamError
from connector.journeys.amending.bind_idempotency_key import bind_idempotency_key, record_outcome
from connector.journeys.amending.cancel_payment_request import (
    CancelOutcome,
    cancel_payment_request,
    refreshed_request,
)
from connector.journeys.amending.move_money import known_call
from connector.journeys.context import Context
from connector.journeys.notifications.find_record import find_record
from connector.journeys.notifications.take_record import Mismatch
from connector.journeys.reconciling.reconcile_payment import apply_record
from connector.journeys.requesting.explain_core_refusal import explain_by_code
from connector.journeys.requesting.limit_sends import limit_sends
from connector.journeys.requesting.send_payment_request import Replacement, SendCommand, send_payment_request

_DEAD_LINKS = (Link.EXPIRED, Link.CANCELLED)
_NO_MONEY = (None, Money.NONE, Money.DECLINED, Money.REFUSED)
_STILL_OPEN = (Status.SENT, Status.UNKNOWN)


class ReplaceOutcome(StrEnum):
    """What a replacement came to."""

    REPLACED = "replaced"
    NOT_DEAD = "not_dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Replaced:
    """The outcome and its request, the new one once it exists; ``repeated``: the call is a repetition and did not finish.

    ``being_paid``: the core does not close the old link, as somebody may be paying it, whatever its state shows so far.
    """

    outcome: ReplaceOutcome
    request: PaymentRequest
    repeated: bool = False
    being_paid: bool = False


class _Stopped(Exception):
    """Signals that the old link is not proven dead, so that nothing is sent."""

    def __init__(self, outcome: ReplaceOutcome, request: PaymentRequest, *, being_paid: bool = False) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome
        self.request = request
        self.being_paid = being_paid


def replace_payment_request(
    context: Context,
    *,
    request: PaymentRequest,
    command: SendCommand,
    read_order: Callable[[], Order],
    by: Person,
    keyed: IdempotencyKey | None,
) -> Replaced:
    """Close a link and send another in its place, as ``command`` says.

    Raises:
        Whatever ``send_payment_request`` raises: before the old link is closed where the caller can correct it, after it
        only where the core or a concurrent link prevents the new one; a repeat under the same key resumes there.
    """
    known = known_call(context.store, request, keyed)
    if known is not None and known.outcome == ReplaceOutcome.NOT_DEAD:
        return Replaced(ReplaceOutcome.NOT_DEAD, request)
    if known is None and (_is_in_use(request) or request.states.money not in _NO_MONEY):
        bind_idempotency_key(context, request, Operation.REPLACE, by=by, keyed=keyed)
        record_outcome(context, keyed, ReplaceOutcome.NOT_DEAD.value)
        return Replaced(ReplaceOutcome.NOT_DEAD, request)
    try:
        sent = send_payment_request(
            context,
            order_id=request.order_id,
            read_order=read_order,
            command=command,
            by=by,
            key=_sending_key(keyed),
            replacing=Replacement(
                request.reference, clear=lambda draft: _clear(context, request, draft, by=by, keyed=keyed)
            ),
        )
    except _Stopped as stopped:
        if stopped.outcome is ReplaceOutcome.NOT_DEAD:
            record_outcome(context, keyed, stopped.outcome.value)
        return Replaced(stopped.outcome, stopped.request, repeated=known is not None, being_paid=stopped.being_paid)
    except CoreRefused as refusal:
        if core_refusal("send_payment_link", refusal) != "previous_paid":
            raise
        # Paid after its end: the new link's refusal alone would not say how much.
        present = refreshed_request(context, request)
        if present.states.money in _NO_MONEY:
            raise
        record_outcome(context, keyed, ReplaceOutcome.NOT_DEAD.value)
        return Replaced(ReplaceOutcome.NOT_DEAD, present)
    if sent.states.link is Link.REJECTED:
        # Only a repeat gets here, and it gets the answer of the first press, which the core's refusal had ended.
        refused = CoreRefused(
            "The payment core refused this request.", operation="send_payment_link", status=422, reason=sent.reason
        )
        explain_by_code(refused)
        raise refused
    if sent.states.link in (Link.SENDING, Link.UNKNOWN):
        return Replaced(ReplaceOutcome.UNKNOWN, sent, repeated=known is not None)
    record_outcome(context, keyed, ReplaceOutcome.REPLACED.value)
    return Replaced(ReplaceOutcome.REPLACED, sent)


def _is_in_use(request: PaymentRequest) -> bool:
    return request.states.link is Link.OPENED and not is_only_previewed(request)


def _sending_key(keyed: IdempotencyKey | None) -> str | None:
    """Return the key that the new link is sent under, derived from the caller's."""
    # The caller's key is bound to the replacement itself. No caller's key can contain a slash, so the two never collide.
    return f"replace/{hashlib.sha256(keyed.key.encode()).hexdigest()}" if keyed else None


def _clear(
    context: Context, request: PaymentRequest, draft: PaymentRequest, *, by: Person, keyed: IdempotencyKey | None
) -> str | None:
    """Record the replacement, close the old link, and return its reference at the core, once it is dead.

    Raises:
        _Stopped: it is not dead, or that is unknown; TooMany: a limit stops the new link, so the old one stays as it is.
    """
    with context.store.write() as work:
        number = context.tenant.digest_of(draft.phone)
        limit_sends(work, tenant=context.tenant, sending=draft, number=number, now=context.now())
    bind_idempotency_key(context, request, Operation.REPLACE, by=by, keyed=keyed)
    if request.states.link is Link.CREATED:
        return None  # nothing of it was ever sent
    present = request
    if request.status in _STILL_OPEN or is_only_previewed(request):
        cancelled = cancel_payment_request(context, request=request, by=by, for_replacement=True)
        present = cancelled.request
        if cancelled.outcome is CancelOutcome.ALREADY_CLICKED:
            # Also of a link that nobody opened: the customer may be paying by a reply.
            raise _Stopped(ReplaceOutcome.NOT_DEAD, present, being_paid=True)
    if present.status in (*_STILL_OPEN, Status.SENDING):
        raise _Stopped(ReplaceOutcome.UNKNOWN, present)
    if present.states.link not in (*_DEAD_LINKS, Link.REJECTED):
        raise _Stopped(ReplaceOutcome.NOT_DEAD, present)
    return _require_dead(context, present).link_reference


def _require_dead(context: Context, request: PaymentRequest) -> PaymentRequest:
    """Return the request by the core's own record, which shows the link dead and without money.

    Raises:
        _Stopped: the record shows otherwise, or cannot be read.
    """
    try:
        found = find_record(context.tenant, request, context.core)
    except (UpstreamError, TenantProblem) as error:
        raise _Stopped(ReplaceOutcome.UNKNOWN, request) from error
    if found is None:
        if request.states.link is Link.REJECTED and request.link_reference is None:
            return request  # the core refused to make it or never received it, and its record still shows none
        raise _Stopped(ReplaceOutcome.UNKNOWN, request)
    try:
        request = apply_record(request, found, tenant=context.tenant, store=context.store, now=context.now())
    except Mismatch as error:
        raise _Stopped(ReplaceOutcome.UNKNOWN, request) from error
    if found.record.news.link not in _DEAD_LINKS or found.record.news.money not in _NO_MONEY:
        # Where our own state says that the link is over, the record knows better.
        raise _Stopped(ReplaceOutcome.NOT_DEAD, request, being_paid=found.record.news.link is Link.OPENED)
    return request
