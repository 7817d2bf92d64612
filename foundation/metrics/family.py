"""One thing that is counted, timed or measured: its name, what it tells and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Labels = tuple[str, ...]


class Kind(StrEnum):
    """How its numbers behave; the words are Prometheus' own."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


# Compared by identity: a family is looked up with every count, and hashing its texts would cost more than the count.
@dataclass(frozen=True, eq=False)
class Family:
    """``labels`` are names, each of few values. ``bounds`` are a histogram's upper bounds in seconds."""

    name: str
    tells: str
    labels: Labels = ()
    kind: Kind = Kind.COUNTER
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> frozenset[str]:
        """The names under which Prometheus keeps it."""
        match self.kind:
            case Kind.COUNTER:
                return frozenset({f"{self.name}_total"})
            case Kind.HISTOGRAM:
                return frozenset(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
            case Kind.GAUGE:
                return frozenset({self.name})
