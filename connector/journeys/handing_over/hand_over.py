"""Ask the payment core for something to hand over, and say what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connector.core.client import CoreClient, core_refusal
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.tenants.tenant import CoreAccess
from connector.errors import CoreOutcomeUnknown, UpstreamError
from connector.journeys.context import Context
from connector.journeys.recording.change_request import change_request
from foundation.log import get_logger

log = get_logger()


class HandOverOutcome(StrEnum):
    """What became of a receipt or a link that was to be handed over."""

    SHOWN = "shown"
    SENT = "sent"
    NOT_TOLD = "not_told"
    NONE = "none"
    TOO_OFTEN = "too_often"
    OVER = "over"
    UNKNOWN = "unknown"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class HandedOver:
    """The outcome and the request as it is now; ``url`` is a secret of the customer's: it goes to the caller and nowhere else."""

    outcome: HandOverOutcome
    request: PaymentRequest
    url: str | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"HandedOver({self.outcome.value})"


def hand_over(
    context: Context, *, request: PaymentRequest, operation: str, ask: Callable[[CoreClient, CoreAccess, str], str]
) -> HandedOver:
    """Return the address that ``ask`` gets of the core, or why there is none; ``operation`` is one of ``ours.json``."""
    try:
        url = ask(context.core, context.tenant.core, request.link_reference or "")
    except UpstreamError as error:
        outcome = refused_outcome(context, operation, error, unanswered=HandOverOutcome.NO_ANSWER)
        return HandedOver(outcome, request)
    return HandedOver(HandOverOutcome.SHOWN, request, url)


def refused_outcome(
    context: Context, operation: str, error: UpstreamError, *, unanswered: HandOverOutcome
) -> HandOverOutcome:
    """Return what a failed call means; ``unanswered`` where it is unknown whether it was done."""
    word = core_refusal(operation, error)
    if word is not None:
        return HandOverOutcome(word)
    log.info("not_handed_over", tenant=context.tenant.tenant_id, operation=operation, code=str(error.code))
    return unanswered if isinstance(error, CoreOutcomeUnknown) else HandOverOutcome.NO_ANSWER


def note_by(context: Context, request: PaymentRequest, event: EventKind, by: Person) -> PaymentRequest:
    """Add a line to the request's history: who did it."""
    now = context.now()
    line = RequestEvent(event, occurred_at=now, recorded_at=now, person=by.name)
    return change_request(context.store, request, lambda present: (present, [line]), now=now)
