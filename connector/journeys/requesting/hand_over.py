"""Hand over what the customer has, or shall have: the receipt, its message once more, the link itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from connector.core import handed_over
from connector.core.client import core_refusal
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.errors import CoreOutcomeUnknown, CoreRefused, UpstreamError
from connector.journeys.context import Context
from connector.journeys.recording.change_request import change_request
from foundation.log import get_logger

log = get_logger()
_T = TypeVar("_T")


class HandOverOutcome(StrEnum):
    """What became of it."""

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


def show_receipt(context: Context, *, request: PaymentRequest) -> HandedOver:
    """Return the address of a payment's receipt."""
    return _url(context, request, "get_receipt", handed_over.receipt_url)


def send_receipt(context: Context, *, request: PaymentRequest, by: Person) -> HandedOver:
    """Have the receipt sent to the customer again, and note by whom."""
    try:
        sent = handed_over.send_receipt(context.core, context.tenant.core, request.link_reference or "")
    except UpstreamError as error:
        return HandedOver(_outcome(context, "send_receipt", error, unanswered=HandOverOutcome.UNKNOWN), request)
    if not sent.customer_told:
        return HandedOver(HandOverOutcome.NOT_TOLD, request, reason=sent.not_told_because)
    return HandedOver(HandOverOutcome.SENT, _noted(context, request, EventKind.RECEIPT_SENT, by))


def copy_link(context: Context, *, request: PaymentRequest, by: Person) -> HandedOver:
    """Return the address of a live link, and note by whom it was taken: a link outside its message leaves no other trail."""
    if not request.live:
        return HandedOver(HandOverOutcome.OVER, request)
    found = _url(context, request, "reveal_payment_link", handed_over.link_url)
    if found.outcome is not HandOverOutcome.SHOWN:
        return found
    # Written before the caller gets it: what is not in the history was not handed over.
    return HandedOver(found.outcome, _noted(context, request, EventKind.LINK_COPIED, by), found.url)


def _url(context: Context, request: PaymentRequest, operation: str, ask: Callable[..., str]) -> HandedOver:
    try:
        url = ask(context.core, context.tenant.core, request.link_reference or "")
    except UpstreamError as error:
        return HandedOver(_outcome(context, operation, error, unanswered=HandOverOutcome.NO_ANSWER), request)
    return HandedOver(HandOverOutcome.SHOWN, request, url)


def _outcome(context: Context, operation: str, error: UpstreamError, *, unanswered: HandOverOutcome) -> HandOverOutcome:
    word = core_refusal(operation, error) if isinstance(error, CoreRefused) else None
    if word is not None:
        return HandOverOutcome(word)
    log.info("not_handed_over", tenant=context.tenant.tenant_id, operation=operation, code=str(error.code))
    return unanswered if isinstance(error, CoreOutcomeUnknown) else HandOverOutcome.NO_ANSWER


def _noted(context: Context, request: PaymentRequest, event: EventKind, by: Person) -> PaymentRequest:
    now = context.now()
    line = RequestEvent(event, occurred_at=now, recorded_at=now, person=by.name)
    return change_request(context.store, request, lambda present: (present, [line]), now=now)
