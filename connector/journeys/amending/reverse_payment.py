"""Release authorized money or void an unsettled payment, and report the true outcome.

Works for a disabled tenant too: disabling stops new money, and must not keep customers from getting theirs back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.move_money import move_money
from connector.journeys.context import Context


class ReverseOutcome(StrEnum):
    """What a reversal came to."""

    REVERSED = "reversed"
    ALREADY_REVERSED = "already_reversed"
    TOO_LATE_REFUND_AT_GATEWAY = "too_late_refund_at_gateway"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reversed:
    """The outcome and the request as it is now; ``unfinished``: the outcome of an earlier call is not known yet."""

    outcome: ReverseOutcome
    request: PaymentRequest
    unfinished: bool


def reverse_payment(context: Context, *, request: PaymentRequest, by: Person, keyed: IdempotencyKey | None) -> Reversed:
    """Give back all money that a request has authorized or captured. A call once begun is never repeated.

    Raises:
        Invalid: the key was used for another request; CoreUnavailable, TenantProblem: nothing was sent, and the same key
        may try again.
    """
    moved = move_money(Operation.REVERSE, context, request=request, amount=None, by=by, keyed=keyed)
    return Reversed(ReverseOutcome(moved.word), moved.request, moved.unfinished)
