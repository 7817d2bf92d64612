"""Sentences about whether the customer has opened the link; a probable preview is no opening."""

from __future__ import annotations

from datetime import timedelta

from connector.domain.payments.message_delivery import is_probable_preview
from connector.domain.payments.payment import PaymentRequest
from connector.web.wording.sentences import Sentence

# A text message mostly arrives within seconds; after a minute the agent should ask.
NUDGE_AFTER = timedelta(seconds=60)


def previewed(request: PaymentRequest) -> list[Sentence]:
    """Return the sentences for a link that still waits for its customer, until the core ends a clicked link."""
    nudge = {"until": request.pay_by, "phone_ending": request.phone.ending}
    nudged_at = request.sent_at + NUDGE_AFTER if request.sent_at else None
    return [Sentence("probable_preview"), Sentence("not_opened", nudge, nudged_at)]


def expired(request: PaymentRequest) -> Sentence:
    """Return the sentence for a link that ran out."""
    if is_probable_preview(request):
        return Sentence("expired_preview")
    return Sentence("expired_after_opening" if request.opened_at else "expired_unopened")
