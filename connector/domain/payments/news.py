"""The news of an order that goes to Salesforce beside its records: bells for people, events for flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from connector.domain.payments.alarms import attention_fact, needs_look
from connector.domain.payments.balance import OrderBalance, OrderPaymentState, balance_of, paid_twice
from connector.domain.payments.message_delivery import is_probable_preview
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest, Purpose
from connector.domain.payments.status import Link, Money, Status

# As long as the page waits before it asks for a supervisor.
LONG_UNKNOWN = timedelta(minutes=5)
# What is older is history: a record that is written again after months rings no bell.
_NEWS_FOR = timedelta(days=3)
# Longer for flows, because a record may have waited for an admin. A payment that is older starts none: records are written again
# after an erasure or a restore, also where events were switched on after the payment.
_EVENTS_FOR = timedelta(days=30)
_SALESFORCE_USER = "005"


class Medium(StrEnum):
    """Who receives news: flows by an event; an agent or the supervisors by a bell; Order Management by a payment."""

    EVENT = "event"
    AGENT = "agent"
    SUPERVISORS = "supervisors"
    PAYMENT = "payment"


class Bell(StrEnum):
    """What a bell is about."""

    PAID = "paid"
    HELD = "held"
    DECLINED = "declined"
    REVIEW_REFUSED = "review_refused"
    EXPIRED = "expired"
    PAID_AFTER_CLOSE = "paid_after_close"
    OVERPAID = "overpaid"
    UNKNOWN_LONG = "unknown_long"
    ORDER_LOWERED = "order_lowered"
    ORDER_RAISED = "order_raised"
    OTHER_CURRENCY = "other_currency"
    ATTENTION = "attention"


class Booking(StrEnum):
    """What is recorded in Order Management: money taken up to an amount; money given back, which only people can enter."""

    CAPTURED = "captured"
    REVERSED = "reversed"


class EventWord(StrEnum):
    """The values of ``Kind__c`` of the platform event."""

    PAID = "paid"
    PART_PAID = "part_paid"
    EXPIRED_UNOPENED = "expired_unopened"
    REVERSED = "reversed"
    NEEDS_PERSON = "needs_person"


def bell_key(kind: Bell, reference: str, fact: str = "") -> str:
    """Return the key of a bell."""
    return ":".join(filter(None, (reference, kind, fact)))


@dataclass(frozen=True)
class News:
    """One piece of news. ``fact``: what it says beside its kind; the same fact of a request is news only once."""

    medium: Medium
    kind: str
    reference: str
    order_id: str
    version: int
    fact: str = ""
    recipient: str | None = None
    not_before: datetime | None = None

    @property
    def key(self) -> str:
        """Return the key: of an event one per version, as subscribers see it; of a bell or a payment one for ever."""
        if self.medium is Medium.EVENT:
            return f"{self.reference}:{self.version}:{self.kind}"
        if self.medium is Medium.PAYMENT:
            return f"{self.reference}:{self.kind}:{self.fact}"
        return bell_key(Bell(self.kind), self.reference, self.fact)


def bells_of(
    order: Order, requests: Sequence[PaymentRequest], changed: Sequence[PaymentRequest], *, version: int, now: datetime
) -> list[News]:
    """Return the bells that the ``changed`` requests, and the order's money as a whole, are a reason for."""
    bells = [
        News(Medium.AGENT, kind, one.reference, one.order_id, one.version, recipient=one.requested_by.user_id)
        for one in changed
        # An API key and an operator are no users of the org, and a bell needs one.
        if (kind := _agent_kind(one)) and one.requested_by.user_id.startswith(_SALESFORCE_USER) and _is_recent(one, now)
    ]
    return bells + [one for one in _matters(order, requests, changed, version) if _is_recent_in(requests, one, now)]


def events_of(
    order: Order, requests: Sequence[PaymentRequest], changed: Sequence[PaymentRequest], *, version: int, now: datetime
) -> list[News]:
    """Return the events of the ``changed`` requests, and of what needs a person."""
    events = [
        News(Medium.EVENT, word, one.reference, one.order_id, one.version, fact)
        for one in changed
        if not one.awaiting_confirmation and _is_recent(one, now, _EVENTS_FOR)
        for word, fact in _words(one)
    ]
    matters = _matters(order, requests, changed, version)
    return events + [needs_person(one) for one in matters if _is_recent_in(requests, one, now, _EVENTS_FOR)]


def bookings_of(changed: Sequence[PaymentRequest]) -> list[News]:
    """Return what is booked in Order Management for the ``changed`` requests: the totals captured and reversed."""
    return [
        News(Medium.PAYMENT, kind, one.reference, one.order_id, one.version, _text(amount))
        for one in changed
        # Order Management cannot take a processed payment back: what the record has not confirmed yet is not booked.
        if one.captured > 0 and not one.awaiting_confirmation
        for kind, amount in ((Booking.CAPTURED, one.captured), (Booking.REVERSED, one.reversed))
        if amount > 0
    ]


def money_matters(order: Order, balance: OrderBalance, requests: Sequence[PaymentRequest]) -> list[tuple[Bell, str]]:
    """Return the bells about an order's money as a whole, as it is now, each with its key."""
    return [(kind, bell_key(kind, of.reference, fact)) for kind, of, fact in _of_the_order(order, balance, requests)]


def needs_person(matter: News) -> News:
    """Return the event that says that ``matter`` needs a person."""
    fact = ":".join(filter(None, (matter.kind, matter.fact)))
    return News(
        Medium.EVENT,
        EventWord.NEEDS_PERSON,
        matter.reference,
        matter.order_id,
        matter.version,
        fact,
        not_before=matter.not_before,
    )


def is_unknown(request: PaymentRequest) -> bool:
    """Return whether the outcome of a request is unknown, and no supervisor has released it."""
    return request.status is Status.UNKNOWN and request.released_at is None


def _agent_kind(request: PaymentRequest) -> Bell | None:
    """Return the bell that the requesting agent gets for a change, None where there is none for them."""
    if request.awaiting_confirmation:
        return None
    match request.states.money:
        case Money.PAID:
            return Bell.PAID
        case Money.AUTHORIZED:
            return Bell.HELD
        case Money.REFUSED:
            return Bell.REVIEW_REFUSED
        # On a live link the customer may try another card; who cancelled the link needs no bell about it.
        case Money.DECLINED if not request.live and request.states.link is not Link.CANCELLED:
            return Bell.DECLINED
    return Bell.EXPIRED if request.status is Status.EXPIRED else None


def _words(request: PaymentRequest) -> Iterator[tuple[EventWord, str]]:
    """Yield the kinds of event of a request, each with its fact."""
    if request.states.money is Money.PAID and request.paid > 0:
        is_part = request.status is Status.PART_PAID
        yield EventWord.PART_PAID if is_part else EventWord.PAID, _text(request.captured)
    if request.status is Status.EXPIRED and (request.opened_at is None or is_probable_preview(request)):
        yield EventWord.EXPIRED_UNOPENED, ""
    if request.reversed > 0:
        yield EventWord.REVERSED, _text(request.reversed)


def _matters(
    order: Order, requests: Sequence[PaymentRequest], changed: Sequence[PaymentRequest], version: int
) -> Iterator[News]:
    """Yield what a supervisor must look at: of each changed request, and of the order's money as a whole."""

    def matter(kind: Bell, of: PaymentRequest, fact: str = "", not_before: datetime | None = None) -> News:
        return News(Medium.SUPERVISORS, kind, of.reference, order.order_id, version, fact, not_before=not_before)

    for one in changed:
        if one.money_after_close and one.status is not Status.REVERSED:
            yield matter(Bell.PAID_AFTER_CLOSE, one)
        if is_unknown(one):
            yield matter(Bell.UNKNOWN_LONG, one, not_before=one.created_at + LONG_UNKNOWN)
        if needs_look(one):
            yield matter(Bell.ATTENTION, one, attention_fact(one))
    balance = balance_of(order, requests)
    yield from (matter(kind, of, fact) for kind, of, fact in _of_the_order(order, balance, requests))


def _of_the_order(
    order: Order, balance: OrderBalance, requests: Sequence[PaymentRequest]
) -> Iterator[tuple[Bell, PaymentRequest, str]]:
    other = next((one.currency for one in balance.other if one.kept > 0), None)
    if other:
        of = [one for one in requests if one.currency == other and one.paid + one.held > 0]
        yield Bell.OTHER_CURRENCY, of[-1], order.currency
    paid = [one for one in requests if one.currency == order.currency and one.paid > 0]
    if not paid:
        return
    twice = paid_twice(requests, order.currency)
    if balance.state is OrderPaymentState.OVERPAID and twice:
        # The second of the two payments is the one to give back.
        yield Bell.OVERPAID, twice[1], ""
    elif balance.state is OrderPaymentState.OVERPAID:
        yield Bell.ORDER_LOWERED, paid[-1], _text(order.total)
    elif _was_raised(order, paid[-1]):
        yield Bell.ORDER_RAISED, paid[-1], _text(order.total)


def _was_raised(order: Order, last: PaymentRequest) -> bool:
    """Return whether the order costs more than when the whole of it was requested and paid."""
    whole = last.purpose in (Purpose.FULL, Purpose.BALANCE)
    return whole and last.order_total is not None and order.total > last.order_total


def _is_recent(request: PaymentRequest, now: datetime, within: timedelta = _NEWS_FOR) -> bool:
    times = (
        request.money_moved_at, request.finished_at, request.taken_at, request.created_at, request.attention_at,
    )  # fmt: skip
    return now - max(one for one in times if one) <= within


def _is_recent_in(
    requests: Sequence[PaymentRequest], matter: News, now: datetime, within: timedelta = _NEWS_FOR
) -> bool:
    # A changed order is fresh news however old its payment is.
    if matter.kind in (Bell.ORDER_LOWERED, Bell.ORDER_RAISED, Bell.OTHER_CURRENCY):
        return True
    return any(_is_recent(one, now, within) for one in requests if one.reference == matter.reference)


def _text(amount: Decimal) -> str:
    # One amount is one fact, whether the core or Salesforce wrote it as 115, 115.0 or 115.00.
    return f"{amount.normalize():f}"
