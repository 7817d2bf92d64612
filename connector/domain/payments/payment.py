"""Payment requests, their money, and what they add up to on an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.order import Order
from connector.domain.payments.status import Link, Money, States, Status, is_live, status_of
from foundation.money import ZERO, digits_of, round_amount
from foundation.phones.phone import Phone


class Channel(StrEnum):
    """How the link reaches the customer."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class Purpose(StrEnum):
    """What the request asks for."""

    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"
    PART = "part"


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


class Reason(StrEnum):
    """Why a request ended without the core's word on its link. ``unconfirmed``: an older version went by its own clock."""

    UNCONFIRMED = "unconfirmed"
    NEVER_ARRIVED = "never_arrived"


@dataclass(frozen=True)
class Person:
    """A Salesforce user who acted: id and the name to show."""

    user_id: str
    name: str


NOT_TRIED = States()
# A word that came with the last one, and was lost, is found by then.
_LAST_LOOK_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class PaymentRequest:
    """One request for money: what was asked, of whom, how far it got. Amounts are in ``currency``'s own digits."""

    reference: str
    tenant_id: str
    order_id: str
    order_number: str
    purpose: Purpose
    amount: Decimal
    tax: Decimal
    sub_total: Decimal
    currency: str
    channel: Channel
    language: str
    phone: Phone = field(repr=False)
    phone_changed: bool
    requested_by: Person
    handled_by: Person
    created_at: datetime
    states: States = NOT_TRIED
    live: bool = False
    replaces: str | None = None
    core_status: str | None = None
    link_reference: str | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    reason: str | None = None
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    reversed: Decimal = ZERO
    sending_until: datetime | None = None
    sent_at: datetime | None = None
    opened_at: datetime | None = None
    finished_at: datetime | None = None
    open_by: datetime | None = None
    pay_by: datetime | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    taken_at: datetime | None = None
    proven_at: datetime | None = None
    awaiting_confirmation: bool = False
    money_after_close: bool = False
    end_reported_at: datetime | None = None
    released_at: datetime | None = None
    customer_told: bool | None = None
    not_told_because: str | None = None
    version: int = 0
    consent_basis: str | None = None
    consent_at: datetime | None = None
    # The order's total when this was asked for: it tells money that came twice from an order that was lowered since.
    order_total: Decimal | None = None
    money_moved_at: datetime | None = None

    @property
    def status(self) -> Status:
        """The word that people see: money that was taken in part, or given back in part, is neither paid nor reversed."""
        whole = self.states.money not in (Money.PAID, Money.REVERSED) or not ZERO < self.paid < self.amount
        return status_of(self.states) if whole else Status.PART_PAID

    @property
    def money_word(self) -> str:
        """Where the money stands, in a word that does not claim all of it where a part was taken."""
        is_part = self.states.money is Money.PAID and self.status is Status.PART_PAID
        return Status.PART_PAID.value if is_part else self.states.money.value

    def asks_for(self, total: Decimal) -> bool:
        """Say whether a total that the core names is what was asked for, in the digits that were asked in."""
        return round_amount(total, digits_of(self.amount)) == self.amount

    @property
    def ask_at(self) -> datetime | None:
        """When the core is asked once more about a request that has ended: a minute after its last word on it."""
        if self.live:
            return None
        given_up = self.created_at if self.is_given_up else None
        return self.proven_at + _LAST_LOOK_AFTER if self.proven_at else given_up

    @property
    def is_given_up(self) -> bool:
        """Say whether the order's one live place was given back without proof that this link is dead."""
        return self.released_at is not None or self.reason in (Reason.UNCONFIRMED, Reason.NEVER_ARRIVED)

    def over_at(self, lifecycle: Lifecycle) -> datetime:
        """When its link is dead whatever happens: its deadline, and for one of which nothing is known the longest there is."""
        return self.pay_by or self.open_by or self.created_at + lifecycle.unopened + lifecycle.opened

    @property
    def held(self) -> Decimal:
        """Money authorized, not captured and not given back."""
        if self.states.money is not Money.AUTHORIZED:
            return ZERO
        return max(self.authorized - self.captured - self.reversed, ZERO)

    @property
    def paid(self) -> Decimal:
        """Money taken and not given back."""
        return max(self.captured - self.reversed, ZERO)


@dataclass(frozen=True)
class MoneyMoved:
    """What an order's requests moved in one currency."""

    currency: str
    paid: Decimal
    authorized: Decimal
    reversed: Decimal

    @property
    def kept(self) -> Decimal:
        """Taken or held, and not given back."""
        return self.paid + self.authorized


@dataclass(frozen=True)
class OrderBalance:
    """What all payment requests of one order add up to, against the order's present total and in its present currency.

    ``other`` is the money in other currencies: it counts towards nothing here.
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
        """The most that a new request may ask for: what is due and not already held."""
        return max(self.due - self.authorized, ZERO)

    @property
    def kept_in_other_currency(self) -> bool:
        """Say whether money is kept that the order's present currency does not count: the customer might pay twice."""
        return any(one.kept > 0 for one in self.other)


def balance_of(order: Order, requests: Sequence[PaymentRequest]) -> OrderBalance:
    """Add up every request of an order: sums over movements of money, never the last event alone, currencies never mixed."""
    total = max(order.total, ZERO)  # an order below zero is not payable, and nothing is overpaid on it
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
    """A link that is out, or money that is being checked, is told whatever its currency: another link must not go out."""
    if own.paid > total:
        return OrderPaymentState.OVERPAID
    if own.paid == total and own.paid > 0:
        return OrderPaymentState.PAID
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
    """Return the two requests of an overpaid order whose money did not both fit its total when the later was asked for.

    None where it fitted: then the order was lowered since. ``requests`` come oldest first.
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


def money_moved(before: PaymentRequest, after: PaymentRequest) -> bool:
    """Say whether money was held, taken or given back between the two."""
    return (before.authorized, before.captured, before.reversed) != (after.authorized, after.captured, after.reversed)


def is_final(before: PaymentRequest, after: PaymentRequest) -> bool:
    """Say whether a change is news that people wait for: an end, or anything about money."""
    return after.states.money != before.states.money or (before.live and not after.live)


def stays_live(*, was_live: bool, states: States) -> bool:
    """A request that stopped being live never blocks the order again: late news must always find room.

    A closed link gives its place back even while money is in review, so that it does not matter which news came first.
    """
    return was_live and is_live(states) and states.link not in (Link.EXPIRED, Link.CANCELLED)


@dataclass(frozen=True)
class Lifecycle:
    """How long a link lives, from the manifest; ``grace``: how far the core may lag behind its own deadlines."""

    unopened: timedelta
    opened: timedelta
    grace: timedelta

    @property
    def unknown(self) -> timedelta:
        """How long after it was asked for a link may still be paid, if it was made at all."""
        return self.unopened + self.opened + self.grace
