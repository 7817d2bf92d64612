"""Choose what the agent may say to the customer about a payment request."""

from __future__ import annotations

from collections.abc import Sequence

from connector.domain.payments.alarms import UNSETTLED
from connector.domain.payments.evidence import NOT_KNOWN
from connector.domain.payments.message_delivery import is_only_previewed, is_undelivered
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import RequestEvent, wants_no_messages
from connector.domain.payments.status import Status
from connector.web.wording.messages import WITHOUT_OUTCOME, amounts_of, can_still_pay, channel_name
from connector.web.wording.opening_messages import NUDGE_AFTER
from connector.web.wording.sentences import Sentence


def say_of(request: PaymentRequest, events: Sequence[RequestEvent], merchant: str | None) -> list[Sentence]:
    """Return what the agent may say to the customer. ``events``: the history of the request."""
    if request.attention in UNSETTLED:
        return []  # neither "thank you" nor "it was given back" is sure: a supervisor is to be asked
    if request.awaiting_confirmation:
        return [Sentence("say_in_review")]
    if request.end_reported_at:
        return [Sentence("say_end_reported")]
    if request.is_being_charged:
        return [Sentence("say_being_charged")]
    if request.released_at and request.status in WITHOUT_OUTCOME:
        return [Sentence("say_released")]
    if request.money_after_close and request.status is not Status.REVERSED:
        return [Sentence("say_paid_after_close")]
    match request.status:
        case Status.SENT if is_undelivered(request):
            return [Sentence("say_cannot_deliver")]
        case Status.SENT if request.message_failure == NOT_KNOWN:
            return [Sentence("say_message_in_doubt")]
        case Status.SENT if wants_no_messages(events):
            return [Sentence("say_stopped", {"channel": channel_name(request)})]
        case Status.SENT:
            values = {"merchant": merchant or "us"}
            nudge = request.sent_at + NUDGE_AFTER if request.sent_at else None
            return [Sentence("say_message_coming", values), Sentence("say_check_number", values, nudge)]
        case Status.OPENED if is_only_previewed(request):
            return [Sentence("say_preview")]
        case Status.OPENED:
            return [Sentence("say_opened", {"until": request.pay_by})]
        case Status.DECLINED:
            return [Sentence("say_declined" if can_still_pay(request) else "say_declined_dead")]
        case Status.PART_PAID:
            return [Sentence("say_part_paid", amounts_of(request, paid=request.paid, amount=request.amount))]
        # The core sends no receipt either.
        case Status.PAID if wants_no_messages(events):
            return [Sentence("say_paid_stopped")]
        case Status.CREATED | Status.SENDING | Status.REJECTED:
            return []
        case status:
            return [Sentence(f"say_{status.value}")]
