"""Capture authorized money and answer with what is true, `unknown` included."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.move_money import move_money
from connector.journeys.context import Context


class CaptureOutcome(StrEnum):
    """The answers to a capture."""

    CAPTURED = "captured"
    ALREADY_CAPTURED = "already_captured"
    AMOUNT_TOO_HIGH = "amount_too_high"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Captured:
    """The answer, and the request as it stands now; ``unfinished``: an earlier call is still being found out about."""

    outcome: CaptureOutcome
    request: PaymentRequest
    unfinished: bool


def capture_payment(
    context: Context,
    *,
    request: PaymentRequest,
    amount: Decimal | None,
    by: Person,
    keyed: IdempotencyKey | None,
) -> Captured:
    """Take held money, all of it unless ``amount`` says less. What was begun before is found out, never repeated.

    Raises:
        Invalid: the key was used for something else; TenantProblem: captures are switched off, or the core's address is
        wrong; CoreUnavailable: nothing left, the same key tries again.
    """
    moved = move_money(Operation.CAPTURE, context, request=request, amount=amount, by=by, keyed=keyed)
    return Captured(CaptureOutcome(moved.word), moved.request, moved.unfinished)
