"""Knows what a callback notification says once it is read; refuses to know JSON names and whether it can be believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from connector.domain.payment import Channel
from connector.domain.status import Money, News


@dataclass(frozen=True)
class CustomerWord:
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
    """

    order_number: str | None
    link_reference: str | None
    reference: str | None
    core_status: str
    news: News
    total: Decimal | None
    currency: str | None
    environment: str | None
    occurred_at: datetime | None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    customer_word: CustomerWord | None = None


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
    news: News
    total: Decimal
    authorized: Decimal
    captured: Decimal
    reversed: Decimal
    currency: str
    environment: str | None
    created_at: datetime | None = None
    clicked_at: datetime | None = None
    decided_at: datetime | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None


def speaks_of_money(news: News) -> bool:
    """Say whether this news would move money, and so needs the core's own word first."""
    return news.money is not None and news.money is not Money.NONE
