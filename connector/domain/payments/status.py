"""The three state machines of a payment request, and the one status that people see.

Each machine is a declared order of ranks. ``move`` takes the higher rank, so any order of arrival ends the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TypeVar


class Message(StrEnum):
    """How far the message with the link got. ``delivered`` ranks above ``failed``, which may be about one part only."""

    NONE = "none"
    ACCEPTED = "accepted"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


class Link(StrEnum):
    """The state of the payment link. ``unknown``: it may or may not have been created."""

    CREATED = "created"
    SENDING = "sending"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    SENT = "sent"
    OPENED = "opened"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Money(StrEnum):
    """The state of the money. ``refused``: a review that ended negatively, shown as declined."""

    NONE = "none"
    DECLINED = "declined"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    AUTHORIZED = "authorized"
    PAID = "paid"
    REVERSED = "reversed"


class Status(StrEnum):
    """The status that people see. ``part_paid``, less taken and retained than requested, follows from the amounts alone."""

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


# The order in which a machine's states are declared above is their rank: a later one is never replaced by an earlier one.
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
    """The states of one payment request in the three machines."""

    message: Message = Message.NONE
    link: Link = Link.CREATED
    money: Money = Money.NONE


@dataclass(frozen=True)
class StatusUpdate:
    """The states that one message from the core reports; None where it says nothing."""

    message: Message | None = None
    link: Link | None = None
    money: Money | None = None


@dataclass(frozen=True)
class Moved:
    """At least one state has a higher rank now."""

    states: States


@dataclass(frozen=True)
class Unchanged:
    """The update was known, or older than what is known."""


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
    # An equal rank is no change, so a repeated message writes no history and no outbox entry.
    return proposed if ranks[proposed.value] > ranks[present.value] else present


def status_of(states: States) -> Status:
    """Return the shown status: money beats link."""
    # A link that expired or was cancelled after it was paid has still brought the money.
    return _MONEY_WORDS.get(states.money) or Status(states.link.value)


def may_be_live(states: States) -> bool:
    """Return whether a request in these states may be its order's live one; ``PaymentRequest.live`` says whether it is."""
    # A closed link frees the order's place even while money is in review, so that the order of arrival does not matter
    # (ADR 4). Sending looks for money in review besides.
    if states.link in (Link.EXPIRED, Link.CANCELLED):
        return False
    # Whatever is known of the link: the review may still end as paid.
    if states.money is Money.IN_REVIEW:
        return True
    # DECLINED decides nothing: the customer may try another card on the same link.
    return states.money in (Money.NONE, Money.DECLINED) and states.link not in (Link.CREATED, Link.REJECTED)
