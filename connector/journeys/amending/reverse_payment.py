"""Release a hold or void a payment that is not settled yet, and answer with what is true.

Also for a disabled tenant: switching off stops new money, and must not keep anybody from getting theirs back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.move_money import move_money
from connector.journeys.context import Context


class ReverseOutcome(StrEnum):
    """The answers to a reversal."""

    REVERSED = "reversed"
    ALREADY_REVERSED = "already_reversed"
    TOO_LATE_REFUND_AT_GATEWAY = "too_late_refund_at_gateway"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Reversed:
    """The answer, and the request as it stands now; ``unfinished``: an earlier call is still being found out about."""

    outcome: ReverseOutcome
    request: PaymentRequest
    unfinished: bool


def reverse_payment(context: Context, *, request: PaymentRequest, by: Person, keyed: IdempotencyKey | None) -> Reversed:
    """Give back all that a request holds or has taken. What was begun before is found out, never repeated.

    Raises:
        Invalid: the key was used for something else; CoreUnavailable, TenantProblem: nothing left, the same key tries again.
    """
    moved = move_money(Operation.REVERSE, context, request=request, amount=None, by=by, keyed=keyed)
    return Reversed(ReverseOutcome(moved.word), moved.request, moved.unfinished)
