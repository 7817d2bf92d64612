"""A finding: what is wrong, where to fix it, and what happens otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: ``wrong`` stops something, ``soon`` will, ``fine`` was looked at and is in order."""

    WRONG = "wrong"
    SOON = "soon"
    FINE = "fine"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, in plain sentences; ``subject`` names the field, key or entry it is about."""

    check: str
    level: Level
    wrong: str
    mend: str = ""
    otherwise: str = ""
    subject: str = ""
