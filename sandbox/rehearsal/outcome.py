"""What a rehearsal ends with."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """The counts of a finished rehearsal; times in seconds."""

    sent: int
    applied: int
    duplicates: int
    stale: int
    refused: int
    lost: int
    wrong: int
    kills: int
    orders: int
    requests: int
    forged: int
    looks: int
    settled_s: float
    seconds: float
    seed: int
    differences: list[str] = field(default_factory=list)

    @property
    def is_proven(self) -> bool:
        """Return whether nothing was lost and nothing is wrong."""
        return self.lost == 0 and self.wrong == 0

    def as_json(self) -> dict[str, Any]:
        """Return all counts for `--json`."""
        return asdict(self)
