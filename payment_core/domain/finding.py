"""A finding of an examination: the problem, its remedy, and its impact if nothing is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity: ``wrong`` stops something now, ``soon`` will."""

    WRONG = "wrong"
    SOON = "soon"


@dataclass(frozen=True)
class Finding:
    """The result of a check in plain sentences; ``subject`` names the merchant or the queue that it is about."""

    check: str
    level: Level
    problem: str
    remedy: str
    impact: str
    subject: str = ""
