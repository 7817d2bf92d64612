"""The events of a payment request's history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.payments.operation import Operation


class EventKind(StrEnum):
    """What happened. The values are stored; ``UNCONFIRMED`` was written by older versions only."""

    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    NEVER_ARRIVED = "never_arrived"
    UNCONFIRMED = "unconfirmed"
    CALLBACK = "callback"
    HEALED = "healed"
    REBOUND = "rebound"
    ATTENTION = "attention"
    ATTENTION_OVER = "attention_over"
    GOODS_HELD = "goods_held"
    GOODS_FREED = "goods_freed"
    CANCELLED = "cancelled"
    RELEASED = "released"
    CORRECTED = "corrected"
    CAPTURE_BEGUN = "capture_begun"
    CAPTURE_UNANSWERED = "capture_unanswered"
    CAPTURE_NOT_DONE = "capture_not_done"
    CAPTURE_DONE = "capture_done"
    REVERSE_BEGUN = "reverse_begun"
    REVERSE_UNANSWERED = "reverse_unanswered"
    REVERSE_NOT_DONE = "reverse_not_done"
    REVERSE_DONE = "reverse_done"
    CUSTOMER_AGREED = "customer_agreed"
    CUSTOMER_STOPPED = "customer_stopped"
    CUSTOMER_RESUMED = "customer_resumed"
    LINK_COPIED = "link_copied"
    RECEIPT_SENT = "receipt_sent"


def wants_no_messages(events: Sequence[RequestEvent]) -> bool:
    """Return whether the customer's newest word about a request's channel, as far as its history has one, is STOP."""
    words = [one for one in events if one.event in (EventKind.CUSTOMER_STOPPED, EventKind.CUSTOMER_RESUMED)]
    # Of a STOP and a START of the same moment the STOP counts.
    words.sort(key=lambda one: (one.occurred_at, one.event is EventKind.CUSTOMER_STOPPED))
    return bool(words) and words[-1].event is EventKind.CUSTOMER_STOPPED


def money_event(verb: Operation, step: str) -> EventKind:
    """Return the event of one step (``begun``, ``unanswered``, ``not_done``, ``done``) of a capture or a reversal."""
    return EventKind(f"{verb}_{step}")


@dataclass(frozen=True)
class RequestEvent:
    """What happened to a request, when, and by whom.

    ``note``: a person's reason, the old and the new link, or a word of the core's for why.
    """

    event: EventKind
    occurred_at: datetime
    recorded_at: datetime
    core_status: str | None = None
    person: str | None = None
    note: str | None = None
