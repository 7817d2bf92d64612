"""Reverse what has been in review for 48 hours, where the merchant wants that: the customer is not left in doubt."""

from __future__ import annotations

from datetime import timedelta

from payment_core.domain.link import Link
from payment_core.domain.settlement import Attention
from payment_core.errors import Refusal
from payment_core.journeys.amending.move_money import reverse
from payment_core.journeys.notifying.raise_attention import raise_attention
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
        merchant = merchants.get(work, links.get(work, reference).merchant_id)
    try:
        reverse(core, merchant, reference)
    except Refusal as refused:
        # Reversed, settled or on its way meanwhile; without an answer, the move asks again by itself.
        if refused.word == "GATEWAY_REFUSED":
            raise_attention(core, reference, _attention)
        return False
    return True


def _attention(link: Link) -> Attention | None:
    # One alarm is enough: this runs again every few seconds until somebody has acted.
    return Attention.REFUND_FAILED if link.in_review and link.attention is None else None
