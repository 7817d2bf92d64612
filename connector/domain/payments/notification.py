"""Parsed callback notifications, the core's own records, and their comparison with a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.status import Link, Message, Money, StatusUpdate
from foundation.money import ZERO

# Not DECLINED: another card may be tried.
_DECIDED = (Money.REFUSED, Money.AUTHORIZED, Money.PAID, Money.REVERSED)
# How a reason begins that names what could not be read in a notification or a record.
UNREAD_FIELDS = "fields:"
_LONGEST_REASON = 160  # the size of the database's column


@dataclass(frozen=True)
class OptOutMessage:
    """A customer's STOP or START, which concerns a number, with or without an order.

    ``number`` is as the core wrote it; ``channels`` is empty where the core names an unknown one.
    """

    number: str = field(repr=False)
    channels: tuple[Channel, ...]
    stopped: bool


@dataclass(frozen=True)
class Notification:
    """One callback notification of a link or of money. ``reference`` is ours, echoed; ``link_reference`` is the core's.

    With a ``opt_out_message`` it is about that alone; the references only say what the customer answered.
    ``odd`` names the fields that could not be read. Where the status is one of them, ``core_status`` is empty, ``error`` says
    why, and the notification is only a reason to ask the core.
    """

    order_number: str | None
    link_reference: str | None
    reference: str | None
    core_status: str
    news: StatusUpdate
    total: Decimal | None
    currency: str | None
    environment: str | None
    occurred_at: datetime | None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    opt_out_message: OptOutMessage | None = None
    odd: frozenset[str] = frozenset()
    error: str | None = None
    message_failure: str | None = None
    # It says that a person must look at the payment, or need not any more; the core's record says why.
    asks_for_person: bool = False
    # It says that a saved card begins or ceases to be charged; the core's record says whether one is now.
    speaks_of_charge: bool = False

    @classmethod
    def unreadable(cls, error: str) -> Notification:
        """Return the notification of a body in which nothing could be read."""
        return cls(
            order_number=None,
            link_reference=None,
            reference=None,
            core_status="",
            news=StatusUpdate(),
            total=None,
            currency=None,
            environment=None,
            occurred_at=None,
            error=error,
        )


@dataclass(frozen=True)
class SettingsChanged:
    """The core's settings (keys, channels, currencies) have changed; a reason to read them again, and nothing more."""


@dataclass(frozen=True)
class CoreRecord:
    """The core's own record of a transaction, read by an authenticated call; this is trusted."""

    link_reference: str
    order_number: str | None
    reference: str | None
    core_status: str | None
    news: StatusUpdate
    total: Decimal
    authorized: Decimal
    captured: Decimal
    reversed: Decimal
    currency: str
    environment: str | None
    # The rest of a hold of which a part was captured, where the core counts it among what is reversed: nobody had paid it.
    released: Decimal = ZERO
    created_at: datetime | None = None
    clicked_at: datetime | None = None
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    link_word: str | None = None
    # What only a core of our own says: how far its messenger says that the message got, and why it failed; whether the goods
    # must wait (None: nothing is said); why a person must look, with the time of its last change; until when a hold can be
    # captured; whether the gateway has settled the payment, so that only a refund there gives money back; and whether a saved
    # card is being charged, with the time of the last change.
    message: Message | None = None
    message_failure: str | None = None
    do_not_ship: bool | None = None
    attention: str | None = None
    attention_at: datetime | None = None
    capture_before: datetime | None = None
    settled: bool | None = None
    charging: bool = False
    charging_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Return whether this link can bring no further payment: it has ended, or its money is decided."""
        return ends_a_link(self.news) or self.news.money in _DECIDED


def ends_a_link(news: StatusUpdate) -> bool:
    """Return whether an update ends a link, which frees the order's live place and so needs the core's record (ADR 16)."""
    return news.link in (Link.EXPIRED, Link.CANCELLED)


def speaks_of_money(news: StatusUpdate) -> bool:
    """Return whether an update concerns money, and so needs the core's record first."""
    return news.money is not None and news.money is not Money.NONE


def speaks_of_message(news: StatusUpdate) -> bool:
    """Return whether an update is about the message alone."""
    return news.message is not None and news.link is None and news.money is None


def differences(found: Notification | CoreRecord, request: PaymentRequest, *, environment: str) -> list[str]:
    """Return the names of fields that differ from the request; missing fields, case and leading zeros do not count."""
    other_amount = found.total is not None and not request.asks_for(found.total)
    pairs = (
        ("currency", found.currency, request.currency),
        ("environment", found.environment, environment),
        ("order_number", _plain_number(found.order_number), _plain_number(request.order_number)),
        ("link_reference", _folded(found.link_reference), _folded(request.link_reference)),
        ("reference", _folded(found.reference), _folded(request.reference)),
    )
    # The core may leave fields out, which contradicts nothing; what must be there is checked by who needs it.
    others = [name for name, theirs, ours in pairs if None not in (theirs, ours) and theirs != ours]
    return ["amount", *others] if other_amount else others


def names_request(record: CoreRecord, request: PaymentRequest) -> bool:
    """Return whether the core's record carries our reference, which alone binds a link to a request."""
    return _folded(record.reference) == _folded(request.reference)


def _plain_number(number: str | None) -> str | None:
    """Return an order number without leading zeros, which it loses when it is sent as a JSON number."""
    small = _folded(number)
    return (small.lstrip("0") or "0") if small and small.isdigit() else small


def _folded(text: str | None) -> str | None:
    return text.strip().casefold() if text is not None else None


def unread_reason(names: Iterable[str]) -> str:
    """Return the reason that names fields that could not be read, such as ``fields:captured,total``."""
    return f"{UNREAD_FIELDS}{','.join(sorted(names)) or 'no_object'}"[:_LONGEST_REASON]
