"""Cancel a payment link under an idempotency key: a repeat gets the first call's outcome."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.bind_idempotency_key import bind_idempotency_key, record_outcome
from connector.journeys.amending.cancel_payment_request import Cancelled, CancelOutcome, cancel_payment_request
from connector.journeys.amending.move_money import known_call
from connector.journeys.context import Context

_ENDS = frozenset(CancelOutcome) - {CancelOutcome.UNKNOWN}


def cancel_once(context: Context, *, request: PaymentRequest, by: Person, keyed: IdempotencyKey | None) -> Cancelled:
    """Cancel a link if it can still be cancelled; a key whose call has ended gets that call's outcome.

    Raises:
        Invalid: the key was used for another request.
    """
    earlier = known_call(context.store, request, keyed)
    call = bind_idempotency_key(context, request, Operation.CANCEL, by=by, keyed=keyed)
    if call is not None and call.outcome in _ENDS:
        return Cancelled(CancelOutcome(call.outcome), request)
    cancelled = cancel_payment_request(context, request=request, by=by)
    if cancelled.outcome is CancelOutcome.ALREADY_CANCELLED and cancelled.closed_by is None and earlier is not None:
        # The earlier press has closed it, and its process died before it could note that.
        cancelled = replace(cancelled, closed_by=earlier.by.name)
    if cancelled.outcome in _ENDS:
        # Where two calls under one key overlap, the outcome of the one that closed the link counts for both.
        record_outcome(context, keyed, cancelled.outcome.value, over=CancelOutcome.ALREADY_CANCELLED)
    return cancelled
