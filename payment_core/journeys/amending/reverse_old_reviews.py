"""Reverse what has been in review for 48 hours, where the merchant wants that: the customer is not left in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.errors import Refusal
from payment_core.journeys.amending.move_money import reverse
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.one_by_one import one_by_one
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links

# As long as the vendor's own core waits.
IN_REVIEW_AT_MOST = timedelta(hours=48)
_AT_ONCE = 20


def reverse_old_reviews(core: Core) -> int:
    """Reverse the payments whose review has lasted too long; return how many were reversed."""
    with core.transactions.read() as work:
        due = links.reviews_to_reverse(work, decided_by=core.now() - IN_REVIEW_AT_MOST, most=_AT_ONCE)
    reversed_ones: list[bool] = []
    one_by_one(due, lambda one: reversed_ones.append(_reverse(core, one)), step="reviews")
    return sum(reversed_ones)


def _reverse(core: Core, reference: str) -> bool:
    with core.transactions.read() as work:
        link = links.find(work, reference)
        merchant = merchants.get(work, link.merchant_id) if link else None
    if link is None or merchant is None:
        return False
    try:
        reverse(core, merchant, reference)
    except Refusal as refused:
        # Reversed, settled or on its way meanwhile; without an answer, the move asks again by itself.
        if refused.word == "GATEWAY_REFUSED":
            _raise_alarm(core, merchant, reference)
        return False
    return True


def _raise_alarm(core: Core, merchant: Merchant, reference: str) -> None:
    with core.transactions.write() as work:
        link = links.lock(work, reference)
        # One alarm is enough: this runs again every few seconds until somebody has acted.
        if link is None or link.attention is not None or not link.in_review:
            return
        link = links.save(work, replace(link, attention=Attention.REFUND_FAILED, attention_at=core.now()))
        queue_notifications.attention_changed(work, core, merchant, link)
    core.wake.deliveries.set()
