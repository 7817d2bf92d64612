"""The balance of an order: what its payment requests add up to, against its present total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Money
from foundation.money import ZERO


class OrderPaymentState(StrEnum):
    """What an order's payment requests add up to."""

    UNPAID = "unpaid"
    REQUESTED = "requested"
    PART_PAID = "part_paid"
    AUTHORIZED = "authorized"
    IN_REVIEW = "in_review"
    PAID = "paid"
    OVERPAID = "overpaid"
    REVERSED = "reversed"


@dataclass(frozen=True)
class MoneyMoved:
    """The sums of an order's requests in one currency."""

    currency: str
    paid: Decimal
    authorized: Decimal
    reversed: Decimal

    @property
    def kept(self) -> Decimal:
        """Return the money that was taken or is held, and not given back."""
        return self.paid + self.authorized


@dataclass(frozen=True)
class OrderBalance:
    """The sum of an order's payment requests against its present total, in its present currency.

    ``other`` is money in other currencies, which counts towards nothing here (ADR 12).
    """

    state: OrderPaymentState
    due: Decimal
    paid: Decimal
    authorized: Decimal
    reversed: Decimal
    paid_at: datetime | None
    other: tuple[MoneyMoved, ...] = ()

    @property
    def askable(self) -> Decimal:
        """Return the most that a new request may ask for: what is due and not already held."""
        return max(self.due - self.authorized, ZERO)

    @property
    def kept_in_other_currency(self) -> bool:
        """Return whether money in another currency is kept, so that a further request might make the customer pay twice."""
        return any(one.kept > 0 for one in self.other)


def balance_of(order: Order, requests: Sequence[PaymentRequest]) -> OrderBalance:
    """Return the balance of an order: sums over all its requests, with currencies never mixed."""
    total = max(order.total, ZERO)  # nothing is overpaid on an order with a negative total
    own = _sums(order.currency, requests)
    others = sorted({one.currency for one in requests} - {order.currency})
    moved = (_sums(currency, requests) for currency in others)
    return OrderBalance(
        state=_state_of(total, own, requests),
        due=max(total - own.paid, ZERO),
        paid=own.paid,
        authorized=own.authorized,
        reversed=own.reversed,
        paid_at=max((one.paid_at for one in requests if one.paid_at and one.currency == order.currency), default=None),
        other=tuple(one for one in moved if one.kept > 0 or one.reversed > 0),
    )


def _sums(currency: str, requests: Sequence[PaymentRequest]) -> MoneyMoved:
    some = [one for one in requests if one.currency == currency]
    return MoneyMoved(
        currency=currency,
        paid=sum((one.paid for one in some), ZERO),
        authorized=sum((one.held for one in some), ZERO),
        reversed=sum((one.reversed for one in some), ZERO),
    )


def _state_of(total: Decimal, own: MoneyMoved, requests: Sequence[PaymentRequest]) -> OrderPaymentState:
    """Return the state of an order by its sums in its own currency."""
    if own.paid > total:
        return OrderPaymentState.OVERPAID
    if own.paid == total and own.paid > 0:
        return OrderPaymentState.PAID
    # A review, and below a live link, count in whatever currency: no other link may be sent beside them.
    if any(request.states.money is Money.IN_REVIEW for request in requests):
        return OrderPaymentState.IN_REVIEW
    if own.authorized > 0:
        return OrderPaymentState.AUTHORIZED
    if own.paid > 0:
        return OrderPaymentState.PART_PAID
    if any(request.live for request in requests):
        return OrderPaymentState.REQUESTED
    return OrderPaymentState.REVERSED if own.reversed > 0 else OrderPaymentState.UNPAID


def paid_twice(requests: Sequence[PaymentRequest], currency: str) -> tuple[PaymentRequest, PaymentRequest] | None:
    """Return the two requests whose payments together exceed the order's total at the time of the later one.

    None where they did not exceed it: the order was lowered since. ``requests`` are sorted, oldest first.
    """
    before: list[PaymentRequest] = []
    for one in requests:
        if one.currency != currency or one.paid <= 0:
            continue
        together = sum((other.paid for other in before), one.paid)
        if before and one.order_total is not None and together > one.order_total:
            return before[-1], one
        before.append(one)
    return None
