"""A clock that differs by more than a minute is named, and which of the two is ahead."""

from __future__ import annotations

import pytest

from connector.domain.health.clocks import WORST_CLOCK_SECONDS
from connector.journeys.examining.reach_address import Reachability, clock_findings


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (None, None),
        (0.0, None),
        (WORST_CLOCK_SECONDS, None),
        (-WORST_CLOCK_SECONDS, None),
        (61.0, "61 seconds ahead of Salesforce's"),
        (-61.0, "61 seconds behind Salesforce's"),
    ],
)
def test_a_minute_is_tolerated(ahead: float | None, told: str | None) -> None:
    found = clock_findings(Reachability(status=200, ahead_seconds=ahead), check="org_clock", whose="Salesforce")
    assert [one.problem for one in found] == ([] if told is None else [f"This machine's clock is {told}."])
