"""Show the message of a payment request before it is sent, in the customer's language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.core.own.message_previews import MessagePreview, ask_message_preview
from connector.domain.payments.order import Order
from connector.domain.payments.payment import Channel
from connector.errors import CoreRefused, UpstreamError
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
class Previewed:
    """The outcome, and the message where it is ``shown``."""

    outcome: PreviewOutcome
    preview: MessagePreview | None = None


def preview_message(context: Context, *, order: Order, channel: Channel, amount: Decimal) -> Previewed:
    """Return what a customer would read if ``amount`` in the order's currency were asked for by a channel now."""
    tenant = context.tenant
    if is_vendors_core(tenant.core.base_url):
        return Previewed(PreviewOutcome.NOT_OFFERED)
    try:
        shown = ask_message_preview(
            context.core,
            tenant.core,
            purpose="payment_request",
            channel=channel.value,
            language=tenant.customer_language(order.language),
            total=to_text(amount, order.currency, order.digits),
            currency=order.currency,
            order_number=order.number,
        )
    except UpstreamError as error:
        # Never in the way of a send: what the core refuses here is said by the send, with its reason.
        lacks_it = isinstance(error, CoreRefused) and error.upstream_status == _NO_SUCH_OPERATION
        if not lacks_it:
            log.info("message_not_shown", tenant=tenant.tenant_id, code=str(error.code))
        return Previewed(PreviewOutcome.NOT_OFFERED if lacks_it else PreviewOutcome.NO_ANSWER)
    return Previewed(PreviewOutcome.SHOWN, shown)
