"""How far a peer's clock is off moves only as far as an answer proves, and stays the same between two calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foundation.http.peer_clocks import PeerClocks

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
CORE, OTHER = "https://core.example", "https://other.example"


def stamp(seconds: float) -> dict[str, str]:
    """Return the header of an answer that was dated so many seconds from now by its peer, cut to whole seconds."""
    return {"Date": (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")}


@pytest.mark.parametrize(
    ("answers", "ahead"),
    [
        # Each answer: its date, and how long before now it was asked for.
        ([(0, 0)], 0),
        ([(90, 0)], 90),
        # The date is cut, and the answer may have been made as soon as it was asked for.
        ([(-90, 0)], -89),
        ([(-90, 5)], -84),
        ([(90, 5)], 90),
        # What is known lies within what the next answer proves, and so it stays.
        ([(90, 0), (89, 0)], 90),
        ([(90, 0), (85, 10)], 90),
        ([(90, 0), (88, 0)], 89),
        ([(90, 0), (91, 0)], 91),
        ([(90, 0), (0, 0)], 1),
        ([(-90, 0), (0, 0)], 0),
        # Our own clock was set back while the answer was on its way: what it says now counts.
        ([(30, -10)], 30),
        ([(90, 0), (30, -10)], 30),
    ],
)
def test_a_difference_moves_as_little_as_the_answers_allow(answers: list[tuple[float, float]], ahead: float) -> None:
    clocks = PeerClocks(lambda: NOW)
    for dated, before in answers:
        found = clocks.measure(CORE, stamp(dated), asked_at=NOW - timedelta(seconds=before))
        assert found == clocks.ahead(CORE)
    assert clocks.ahead(CORE) == timedelta(seconds=ahead)
    assert clocks.ahead(OTHER) == timedelta(0)


@pytest.mark.parametrize("headers", [{}, {"Date": ""}, {"Date": "soon"}, {**stamp(0), "Age": "0"}])
def test_an_answer_without_a_time_of_its_own_changes_nothing_that_is_known(headers: dict[str, str]) -> None:
    clocks = PeerClocks(lambda: NOW)
    clocks.measure(CORE, stamp(90), asked_at=NOW)
    assert clocks.measure(CORE, headers, asked_at=NOW) == clocks.ahead(CORE) == timedelta(seconds=90)
