"""Render a payment request's history line by line: what was done here, and what the core's record confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.core.money_moves import MOVES
from connector.core.statuses import status_update
from connector.domain.payments.alarms import OVER
from connector.domain.payments.message_delivery import is_probable_preview
from connector.domain.payments.notification import speaks_of_message
from connector.domain.payments.operation import Operation
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent
from connector.domain.payments.status import Link, Message, Money
from connector.store.outbox.outbox import PushState
from connector.web.wording.messages import amounts_of, channel_name, salesforce_of
from connector.web.wording.sentences import Sentence

# That a message was handed over is said by the link's own lines.
_TOLD_OF_MESSAGES = (Message.DELIVERED, Message.READ, Message.FAILED)


def timeline_of(
    request: PaymentRequest, events: Sequence[RequestEvent], push: PushState | None
) -> list[tuple[Any, Sentence]]:
    """Return the request's history as (time, sentence), oldest first."""
    lines = [(request.created_at, Sentence("timeline_created", {"agent": request.requested_by.name}))]
    lines += [(event.occurred_at, sentence) for event in events if (sentence := _event_sentence(request, event))]
    state, written_at, _ = salesforce_of(request, push)
    if state == "written" and written_at:
        lines.append((written_at, Sentence("timeline_written")))
    # By the time it happened: a late callback belongs where its event was, not where it arrived.
    return sorted(lines, key=lambda line: line[0])


def move_under_way(request: PaymentRequest, events: Sequence[RequestEvent]) -> Operation | None:
    """Return the capture or reversal that was begun and whose outcome is not known yet; None where there is none."""
    verb, _, step = _last_move(events)
    # A callback may tell of it before its sender is answered, or after its sender has died.
    if step not in ("begun", "unanswered") or MOVES[Operation(verb)].shown_by(request):
        return None
    return Operation(verb)


def is_unanswered(events: Sequence[RequestEvent]) -> bool:
    """Return whether the last capture or reversal ended without an answer; False while its answer may still come."""
    return _last_move(events)[2] == "unanswered"


def _last_move(events: Sequence[RequestEvent]) -> tuple[str, str, str]:
    moves = [event.event for event in events if event.event.startswith(("capture_", "reverse_"))]
    return moves[-1].partition("_") if moves else ("", "", "")


def _event_sentence(request: PaymentRequest, event: RequestEvent) -> Sentence | None:
    match event.event:
        case "sending" | "unknown" | "rejected":
            return Sentence(f"timeline_{event.event}")
        case "sent":
            return Sentence("timeline_accepted")
        case "not_sent":
            return Sentence("created_not_sent")
        case "cancelled":
            return Sentence("timeline_cancelled", {"agent": event.person})
        case "capture_begun" | "capture_not_done" | "reverse_begun" | "reverse_not_done":
            return Sentence(f"timeline_{event.event}", {"agent": event.person})
        case "capture_unanswered" | "reverse_unanswered":
            return Sentence("timeline_unknown")
        case "customer_agreed" | "customer_stopped" | "customer_resumed":
            return Sentence(f"timeline_{event.event}", {"channel": channel_name(request), "agent": event.person})
        case "link_copied" | "receipt_sent":
            return Sentence(f"timeline_{event.event}", {"agent": event.person})
        case "released" | "corrected":
            return Sentence(f"timeline_{event.event}", {"agent": event.person, "reason": event.note})
        case "never_arrived" | "unconfirmed" | "rebound":
            return Sentence(f"timeline_{event.event}")
        case "attention" if event.note in OVER:
            return Sentence("timeline_attention_returned")
        case "attention" | "attention_over" | "goods_held" | "goods_freed":
            return Sentence(f"timeline_{event.event}")
    return _core_sentence(request, event)


def _core_sentence(request: PaymentRequest, event: RequestEvent) -> Sentence | None:
    update = status_update(event.core_status or "")
    if update is not None and speaks_of_message(update):
        values = {"channel": channel_name(request)}
        return Sentence(f"timeline_{update.message}", values) if update.message in _TOLD_OF_MESSAGES else None
    if update is None:
        return Sentence("timeline_other") if event.core_status else None
    if update.money is not None:
        moved = {Money.PAID: request.captured, Money.REVERSED: request.reversed}.get(update.money) or request.amount
        if moved < request.amount:
            part = "timeline_part_paid" if update.money is Money.PAID else "timeline_part_reversed"
            return Sentence(part, amounts_of(request, moved=moved, amount=request.amount))
        return Sentence(f"timeline_{update.money.value}", amounts_of(request, amount=moved))
    match update.link:
        case Link.SENT:
            return Sentence("timeline_sent", {"channel": channel_name(request)})
        case Link.OPENED:
            return Sentence("timeline_preview" if is_probable_preview(request) else "timeline_opened")
        case Link.CANCELLED:
            return Sentence("timeline_cancelled_elsewhere")
        case _:
            return Sentence("timeline_expired")
