"""A finding of an examination: the problem, its remedy, and its impact if nothing is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: ``wrong`` stops something, ``soon`` will, ``fine`` was checked and is in order."""

    WRONG = "wrong"
    SOON = "soon"
    FINE = "fine"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked, in plain sentences; ``subject`` names the field, key or entry it is about."""

    check: str
    level: Level
    problem: str
    remedy: str = ""
    impact: str = ""
    subject: str = ""
