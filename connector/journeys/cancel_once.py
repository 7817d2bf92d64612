"""Decides what a caller is told who cancels under an idempotency key: what the first call came to, not what it left behind."""

from __future__ import annotations

from connector.domain.payment import PaymentRequest, Person
from connector.domain.verb import Keyed, Verb
from connector.journeys.cancel_payment_request import Cancelled, CancelOutcome, cancel_payment_request
from connector.journeys.move_money import Means
from connector.journeys.note_begun import note_begun, note_outcome

_ENDS = frozenset(CancelOutcome) - {CancelOutcome.UNKNOWN}


def cancel_once(means: Means, *, request: PaymentRequest, by: Person, keyed: Keyed | None) -> Cancelled:
    """Cancel a link if it can still be cancelled; a key whose call has ended is answered what that was.

    Raises:
        Invalid: the key was used for something else.
    """
    call = note_begun(means, request, Verb.CANCEL, by=by, keyed=keyed)
    if call is not None and call.outcome in _ENDS:
        return Cancelled(CancelOutcome(call.outcome), request)
    cancelled = cancel_payment_request(
        tenant=means.tenant, request=request, by=by, store=means.store, core=means.core, now=means.now
    )
    if cancelled.outcome in _ENDS:
        # Of two calls under one key that overlap, the one that closed the link tells what they came to.
        note_outcome(means, keyed, cancelled.outcome.value, over=CancelOutcome.ALREADY_CANCELLED)
    return cancelled
