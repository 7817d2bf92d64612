"""The three state machines of a payment request, and the one status that people see.

Three small machines, each a declared rank order. ``move`` takes the higher rank, so any order of arrival ends the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TypeVar


class Message(StrEnum):
    """How far the message with the link got. ``failed`` gives way to ``delivered``: a report may be about one part only."""

    NONE = "none"
    ACCEPTED = "accepted"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


class Link(StrEnum):
    """What became of the payment link. ``unknown``: it may or may not have been made."""

    CREATED = "created"
    SENDING = "sending"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    SENT = "sent"
    OPENED = "opened"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Money(StrEnum):
    """What became of the money. ``refused``: a review that ended badly, shown as declined."""

    NONE = "none"
    DECLINED = "declined"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    AUTHORIZED = "authorized"
    PAID = "paid"
    REVERSED = "reversed"


class Status(StrEnum):
    """The one word that people see. ``part_paid``: less than was asked for was taken and kept; only the amounts tell."""

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    OPENED = "opened"
    IN_REVIEW = "in_review"
    AUTHORIZED = "authorized"
    PART_PAID = "part_paid"
    PAID = "paid"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REVERSED = "reversed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


# The order in which a machine's states are written above is its rank order: a later one is never overwritten by an earlier.
RANKS: dict[type[Enum], dict[str, int]] = {
    machine: {state.value: rank for rank, state in enumerate(machine)} for machine in (Message, Link, Money)
}
M = TypeVar("M", Message, Link, Money)
_MONEY_WORDS = {
    Money.DECLINED: Status.DECLINED,
    Money.IN_REVIEW: Status.IN_REVIEW,
    Money.REFUSED: Status.DECLINED,
    Money.AUTHORIZED: Status.AUTHORIZED,
    Money.PAID: Status.PAID,
    Money.REVERSED: Status.REVERSED,
}


@dataclass(frozen=True)
class States:
    """Where the three machines of one payment request stand."""

    message: Message = Message.NONE
    link: Link = Link.CREATED
    money: Money = Money.NONE


@dataclass(frozen=True)
class StatusUpdate:
    """What one message from the core proves; None where it says nothing."""

    message: Message | None = None
    link: Link | None = None
    money: Money | None = None


@dataclass(frozen=True)
class Moved:
    """At least one machine moved up."""

    states: States


@dataclass(frozen=True)
class Unchanged:
    """The news was known, or older than what is known."""


def move(states: States, news: StatusUpdate) -> Moved | Unchanged:
    """Take the higher rank in each machine."""
    moved = replace(
        states,
        message=higher(states.message, news.message),
        link=higher(states.link, news.link),
        money=higher(states.money, news.money),
    )
    return Moved(moved) if moved != states else Unchanged()


def higher(present: M, proposed: M | None) -> M:
    """Return whichever of two states of one machine ranks higher."""
    if proposed is None:
        return present
    ranks = RANKS[type(present)]
    return proposed if ranks[proposed.value] > ranks[present.value] else present


def status_of(states: States) -> Status:
    """Derive the word that people see: money beats link."""
    return _MONEY_WORDS.get(states.money) or Status(states.link.value)


def is_live(states: States) -> bool:
    """Say whether this request may still bring a payment by itself, so that no second link may be sent beside it."""
    if states.money is Money.IN_REVIEW:
        return True
    if states.money not in (Money.NONE, Money.DECLINED):
        return False
    return states.link in (Link.SENDING, Link.UNKNOWN, Link.SENT, Link.OPENED)
