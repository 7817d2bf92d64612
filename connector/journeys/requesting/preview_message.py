"""Show the message of a payment request before it is sent, in the customer's language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.core.own.message_previews import MessagePreview, ask_message_preview
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.errors import UpstreamError
from connector.journeys.context import Context
from foundation.log import get_logger
from foundation.money import to_text
from manifests.core_hosts import is_vendors_core

log = get_logger()
_NO_SUCH_OPERATION = 404


class PreviewOutcome(StrEnum):
    """Whether there is a text to show, and why not."""

    SHOWN = "shown"
    NOT_OFFERED = "not_offered"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class MessageToPreview:
    """A message: by which channel, for how much in the order's currency, and whether it mentions an earlier link."""

    channel: Channel
    amount: Decimal
    replaces: bool = False


@dataclass(frozen=True)
class Previewed:
    """The outcome, and the message where it is ``shown``."""

    outcome: PreviewOutcome
    preview: MessagePreview | None = None


def preview_message(context: Context, *, order: Order, wanted: MessageToPreview) -> Previewed:
    """Return what the order's customer would read if it were sent now."""
    tenant = context.tenant
    if is_vendors_core(tenant.core.base_url):
        return Previewed(PreviewOutcome.NOT_OFFERED)
    try:
        shown = ask_message_preview(
            context.core,
            tenant.core,
            purpose="replaced" if wanted.replaces else "payment_request",
            channel=wanted.channel.value,
            language=tenant.customer_language(order.language),
            total=to_text(wanted.amount, order.currency, order.digits),
            currency=order.currency,
            order_number=order.number,
        )
    except UpstreamError as error:
        # Never in the way of a send: what the core refuses here is said by the send, with its reason.
        lacks_it = error.upstream_status == _NO_SUCH_OPERATION
        if not lacks_it:
            log.info("message_not_shown", tenant=tenant.tenant_id, code=str(error.code))
        return Previewed(PreviewOutcome.NOT_OFFERED if lacks_it else PreviewOutcome.NO_ANSWER)
    return Previewed(PreviewOutcome.SHOWN, shown)
