"""Capture authorized money, and report the true outcome, ``unknown`` included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.operation import IdempotencyKey, Operation
from connector.domain.payments.order import Order, OrderProblem
from connector.domain.payments.payment import PaymentRequest, Person
from connector.journeys.amending.limit_capture import limit_capture, read_before_capture, stored_order
from connector.journeys.amending.move_money import move_money
from connector.journeys.context import Context


class CaptureOutcome(StrEnum):
    """What a capture came to."""

    CAPTURED = "captured"
    ALREADY_CAPTURED = "already_captured"
    AMOUNT_TOO_HIGH = "amount_too_high"
    NOT_PAYABLE = "not_payable"
    ORDER_GONE = "order_gone"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Captured:
    """The outcome, the request and the ``most`` that may be taken as they are now.

    ``unfinished``: the outcome of an earlier call is not known yet. ``bar``: what makes the order one that is not payable.
    """

    outcome: CaptureOutcome
    request: PaymentRequest
    unfinished: bool
    most: Decimal
    bar: OrderProblem | None = None


def capture_payment(
    context: Context,
    *,
    request: PaymentRequest,
    amount: Decimal | None,
    by: Person,
    keyed: IdempotencyKey | None,
    read_order: Callable[[], Order | None],
) -> Captured:
    """Capture authorized money: ``amount`` in the request's currency, or all of it, but never more than is due.

    ``read_order`` reads and saves the order as it is now; None where it is not shown. A call once begun is never repeated.

    Raises:
        Invalid: the key was used for another request; TenantProblem: captures are switched off, or the core's address is
        wrong; CoreUnavailable, and what ``read_order`` raises: nothing was sent, and the same key may try again.
    """
    moved = move_money(
        Operation.CAPTURE,
        context,
        request=request,
        amount=amount,
        by=by,
        keyed=keyed,
        is_shown=lambda: read_before_capture(read_order),
    )
    with context.store.read() as work:
        order = stored_order(work, request).order
        most = limit_capture(work, moved.request, order)
    return Captured(CaptureOutcome(moved.word), moved.request, moved.unfinished, most, order.bars_capture)
