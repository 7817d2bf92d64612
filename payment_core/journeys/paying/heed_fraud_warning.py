"""Let a person look at a payment of which a card network suspects fraud: a refund now may prevent a dispute."""

from __future__ import annotations

from dataclasses import replace

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import OVER, Attention
from payment_core.gateways.gateway import GatewayError, NotAdmitted
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store.links import links

log = get_logger()


def heed_fraud_warning(core: Core, merchant: Merchant, attempt: Attempt) -> bool:
    """Raise the alarm of a warning that the gateway confirms; return False where it could not be asked."""
    try:
        is_suspected = core.gateways.of(merchant, merchant.gateway).is_fraud_suspected(attempt)
    except NotAdmitted:
        # A key without this right. The report was proven, and an alarm moves no money.
        is_suspected = True
    except GatewayError as error:
        log.warning("warning_not_read", reference=attempt.link_reference, error=type(error).__name__)
        return False
    if is_suspected:
        _raise_alarm(core, merchant, attempt)
    return True


def _raise_alarm(core: Core, merchant: Merchant, attempt: Attempt) -> None:
    with core.transactions.write() as work:
        link = links.lock(work, attempt.link_reference)
        if link is None or link.paid_by != attempt.attempt_id or not link.has_money:
            return
        # What needs a person for a graver reason keeps that.
        if link.attention is not None and link.attention not in OVER:
            return
        if Attention.FRAUD_SUSPECTED in link.attention_done.split():
            return
        link = links.save(work, replace(link, attention=Attention.FRAUD_SUSPECTED, attention_at=core.now()))
        queue_notifications.attention_changed(work, core, merchant, link)
    core.wake.deliveries.set()
