"""How the disputes of one payment ended, from the end of each, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from payment_core.domain.payment import DisputeEnd, with_disputes
from tests.payment_core.domain.test_settlement import S, seen

LOST, WON = DisputeEnd.LOST, DisputeEnd.WON


@pytest.mark.parametrize(
    ("ends", "end", "again"),
    [
        ((), None, False),
        ((None,), None, False),
        ((LOST,), LOST, False),
        ((WON,), WON, False),
        ((LOST, LOST), LOST, False),
        ((WON, LOST), DisputeEnd.LOST_THEN_WON, False),
        ((LOST, WON), DisputeEnd.WON_THEN_LOST, False),
        ((LOST, WON, LOST), DisputeEnd.WON_THEN_LOST, False),
        # What was lost stays lost; that another was won says nothing while one goes on.
        ((None, LOST), LOST, True),
        ((None, WON), None, True),
        ((None, WON, LOST), DisputeEnd.LOST_THEN_WON, True),
        ((None, None), None, False),
    ],
)
def test_several_disputes_end_in_one_word(
    ends: Sequence[DisputeEnd | None], end: DisputeEnd | None, again: bool
) -> None:
    payment = with_disputes(seen(S.TAKEN, 1, 150, disputed=True), ends)
    assert (payment.dispute_end, payment.disputed_again) == (end, again)
