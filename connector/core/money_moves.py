"""The two operations that move money at the core: capture and reversal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from connector.core.client import CoreClient
from connector.core.schemas import MovedMoney
from connector.domain.payments.operation import Operation, capture_obstacle, is_given_back, reverse_obstacle
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Money
from connector.domain.tenants.tenant import CoreAccess


@dataclass(frozen=True)
class MoneyMove:
    """One operation that moves money. ``outcome_before`` returns the outcome if there is nothing to move, else None.

    ``new_money``: forbidden to a disabled tenant, and never more than the order owes.
    """

    verb: Operation
    operation: str
    done: str
    already: str
    reaches: Money
    new_money: bool
    call: Callable[[CoreClient, CoreAccess, str, Decimal], MovedMoney]
    all_of: Callable[[PaymentRequest], Decimal]
    outcome_before: Callable[[PaymentRequest, Decimal | None], str | None]
    shown_by: Callable[[PaymentRequest], bool]


MOVES = {
    Operation.CAPTURE: MoneyMove(
        verb=Operation.CAPTURE,
        operation="capture_payment",
        done="captured",
        already="already_captured",
        reaches=Money.PAID,
        new_money=True,
        call=lambda core, access, link_reference, amount: core.capture(access, link_reference, amount),
        all_of=lambda request: request.held,
        outcome_before=capture_obstacle,
        # Either: a record may show the status before the amount, or the amount before the status.
        shown_by=lambda request: request.states.money is Money.PAID or request.captured > 0,
    ),
    Operation.REVERSE: MoneyMove(
        verb=Operation.REVERSE,
        operation="reverse_payment",
        done="reversed",
        already="already_reversed",
        reaches=Money.REVERSED,
        # Giving money back stays possible after a tenant was disabled.
        new_money=False,
        call=lambda core, access, link_reference, _amount: core.reverse(access, link_reference),
        all_of=lambda request: request.held + request.paid,
        outcome_before=reverse_obstacle,
        shown_by=is_given_back,
    ),
}
