"""A clock that differs by more than a minute is named, and which of the two is ahead."""

from __future__ import annotations

import pytest

from connector.domain.health.clock_skew import LARGEST_CLOCK_SKEW_SECONDS, clock_skew_findings


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (None, None),
        (0.0, None),
        (LARGEST_CLOCK_SKEW_SECONDS, None),
        (-LARGEST_CLOCK_SKEW_SECONDS, None),
        (61.0, "61 seconds ahead of Salesforce's"),
        (-61.0, "61 seconds behind Salesforce's"),
    ],
)
def test_a_minute_is_tolerated(ahead: float | None, told: str | None) -> None:
    found = clock_skew_findings(ahead, check="org_clock", whose="Salesforce")
    assert [one.problem for one in found] == ([] if told is None else [f"This machine's clock is {told}."])
