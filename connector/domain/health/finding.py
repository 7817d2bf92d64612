"""A finding of an examination: the problem, its remedy, and its impact if nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


class Level(StrEnum):
    """The severity: ``wrong`` stops something now, ``soon`` will, ``fine`` is in order."""

    WRONG = "wrong"
    SOON = "soon"
    FINE = "fine"


@dataclass(frozen=True)
class Finding:
    """The result of a check in plain sentences; ``subject`` names the field, key or entry that it is about.

    ``full_problem`` names everything of which ``problem`` names the first only; empty where that is all.
    """

    check: str
    level: Level
    problem: str
    remedy: str = ""
    impact: str = ""
    subject: str = ""
    full_problem: str = ""


class ProblemTexts(TypedDict):
    """The two texts of a finding's problem."""

    problem: str
    full_problem: str


def name_first(names: Sequence[str], *, most: int, say: Callable[[str], str], separator: str = ", ") -> ProblemTexts:
    """Return the problem that ``say`` makes of the first names and of all of them."""
    full = say(separator.join(names))
    if len(names) <= most:
        return ProblemTexts(problem=full, full_problem="")
    first = f"{separator.join(names[:most])} and {len(names) - most} more"
    return ProblemTexts(problem=say(first), full_problem=full)
