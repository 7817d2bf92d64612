"""A callback notification once it is parsed, and the core's own record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connector.domain.payments.payment import Channel, PaymentRequest
from connector.domain.payments.status import Link, Money, StatusUpdate

_DECIDED = (Money.REFUSED, Money.AUTHORIZED, Money.PAID, Money.REVERSED)


@dataclass(frozen=True)
class OptOutMessage:
    """What a customer wrote about being written to: STOP, or START again. It speaks of a number, with an order or without.

    ``number`` is as the core wrote it, whatever that is; ``channels`` is empty where the core names one that we do not know.
    """

    number: str = field(repr=False)
    channels: tuple[Channel, ...]
    stopped: bool


@dataclass(frozen=True)
class Notification:
    """One callback notification of a link or of money. ``reference`` is ours, echoed; ``link_reference`` is the core's.

    With a ``customer_word`` it is about that alone: the references only say what the customer was answering.
    ``odd`` names what stood there and could not be read. Where that is the status, ``core_status`` is empty, ``error`` says
    why, and the whole is only a reason to ask the core.
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
    customer_word: OptOutMessage | None = None
    odd: frozenset[str] = frozenset()
    error: str | None = None

    @classmethod
    def of_nothing(cls, error: str) -> Notification:
        """Return what a body says in which nothing could be read."""
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
    """The core's settings (keys, channels, currencies) changed; the notification is only a reason to read them again."""


@dataclass(frozen=True)
class CoreRecord:
    """The core's own record of a transaction, asked for over an authenticated call: what we believe."""

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
    created_at: datetime | None = None
    clicked_at: datetime | None = None
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    link_word: str | None = None

    @property
    def is_over(self) -> bool:
        """Say whether this link can bring no payment any more: it is dead, or the money on it is decided."""
        return ends_a_link(self.news) or self.news.money in _DECIDED


def ends_a_link(news: StatusUpdate) -> bool:
    """Say whether this news gives the order's one live place back, and so needs the core's own word first."""
    return news.link in (Link.EXPIRED, Link.CANCELLED)


def differing(said: Notification | CoreRecord, request: PaymentRequest, *, environment: str) -> list[str]:
    """Name what is said otherwise than we asked for it. What is not said, case and leading zeros make no difference."""
    other_amount = said.total is not None and not request.asks_for(said.total)
    pairs = (
        ("currency", said.currency, request.currency),
        ("environment", said.environment, environment),
        ("order_number", _plain_number(said.order_number), _plain_number(request.order_number)),
        ("link_reference", _small(said.link_reference), _small(request.link_reference)),
        ("reference", _small(said.reference), _small(request.reference)),
    )
    others = [name for name, theirs, ours in pairs if None not in (theirs, ours) and theirs != ours]
    return ["amount", *others] if other_amount else others


def names_request(record: CoreRecord, request: PaymentRequest) -> bool:
    """Say whether the core's record carries our reference: that alone binds a link to a request."""
    return _small(record.reference) == _small(request.reference)


def _plain_number(number: str | None) -> str | None:
    """A number that travelled as a JSON number has lost its zeros."""
    small = _small(number)
    return (small.lstrip("0") or "0") if small and small.isascii() and small.isdigit() else small


def _small(text: str | None) -> str | None:
    return text.strip().casefold() if text is not None else None


def speaks_of_money(news: StatusUpdate) -> bool:
    """Say whether this news would move money, and so needs the core's own word first."""
    return news.money is not None and news.money is not Money.NONE
