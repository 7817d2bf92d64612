"""Let a person look at a payment of which a card network suspects fraud: a refund now may prevent a dispute."""

from __future__ import annotations

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import OVER, Attention
from payment_core.gateways.gateway import GatewayError, NotAdmitted
from payment_core.journeys.notifying.raise_attention import raise_attention
from payment_core.services import Core

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
        raise_attention(core, attempt.link_reference, lambda link: _attention(link, attempt))
    return True


def _attention(link: Link, attempt: Attempt) -> Attention | None:
    if link.paid_by != attempt.attempt_id or not link.has_money:
        return None
    # What needs a person for a graver reason keeps that.
    is_graver = link.attention is not None and link.attention not in OVER
    is_done = Attention.FRAUD_SUSPECTED in link.attention_done.split()
    return None if is_graver or is_done else Attention.FRAUD_SUSPECTED
