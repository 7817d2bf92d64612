"""Tell what was given back of a part capture from the rest of its hold, which some cores count in the same amount."""

from __future__ import annotations

from decimal import Decimal

from foundation.money import ZERO


def released_rest(*, authorized: Decimal, captured: Decimal, reversed_: Decimal, is_reversal: bool) -> Decimal:
    """Return how much of a record's ``reversed_`` was never taken; ``is_reversal``: its word says that money is back.

    What is at least the whole rest of the hold counts as the rest first, and only what exceeds it as given back: a refund is
    claimed only where there was one for certain. Less than the rest, or just what was taken, is a refund.
    """
    rest = authorized - captured
    if captured <= 0 or rest <= 0 or reversed_ <= 0:
        return ZERO
    if reversed_ == captured and (is_reversal or captured != rest):
        return ZERO  # all that was taken is back
    if reversed_ < rest and reversed_ < captured:
        return ZERO
    return min(reversed_, rest)
