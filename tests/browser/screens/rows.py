"""The rows of the list: what brings the page there, where it is shown, and what the agent reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.browser.screens.stage import Stage

Play = Callable[[Stage], None]


@dataclass(frozen=True)
class Row:
    """One state of the page: ``name`` is that of its picture, ``at`` the part that says it."""

    name: str
    at: str
    says: str | re.Pattern[str]
    play: Play


ROWS: list[Row] = []


def row(name: str, says: str | re.Pattern[str], *, at: str = "status-sentence") -> Callable[[Play], Play]:
    """Add a row that a function plays."""

    def added(play: Play) -> Play:
        ROWS.append(Row(name, at, says, play))
        return play

    return added
