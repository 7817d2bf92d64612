"""Reverse what has been in review for 48 hours, where the merchant wants that: the customer is not left in doubt."""

from __future__ import annotations

from datetime import timedelta

from payment_core.errors import Refusal
from payment_core.journeys.amending.move_money import reverse
from payment_core.journeys.one_by_one import one_by_one
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links

IN_REVIEW_AT_MOST = timedelta(hours=48)
_AT_ONCE = 20


def reverse_old_reviews(core: Core) -> int:
    """Reverse the payments whose review has lasted too long; return how many were reversed."""
    with core.transactions.read() as work:
        due = links.reviews_to_reverse(work, decided_by=core.now() - IN_REVIEW_AT_MOST, most=_AT_ONCE)
    return len(one_by_one(due, lambda one: _reverse(core, one), step="reviews"))


def _reverse(core: Core, reference: str) -> None:
    with core.transactions.read() as work:
        link = links.find(work, reference)
        merchant = merchants.get(work, link.merchant_id) if link else None
    if link is None or merchant is None:
        return
    try:
        reverse(core, merchant, reference)
    except Refusal as refused:
        # Reversed, settled or on its way meanwhile; without an answer, the move asks again by itself.
        if refused.status == 404:
            raise
