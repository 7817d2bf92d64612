"""The description of one metric: its name, its help text, its labels and its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Labels = tuple[str, ...]


class Kind(StrEnum):
    """Prometheus' own kinds of metrics."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


# Compared by identity: a family is looked up with every count, and hashing its texts would cost more than counting.
@dataclass(frozen=True, eq=False)
class Family:
    """One metric. ``labels``: names, each with few possible values; ``bounds``: a histogram's upper bounds in seconds."""

    name: str
    description: str
    labels: Labels = ()
    kind: Kind = Kind.COUNTER
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> frozenset[str]:
        """The names of its time series in Prometheus."""
        match self.kind:
            case Kind.COUNTER:
                return frozenset({f"{self.name}_total"})
            case Kind.HISTOGRAM:
                return frozenset(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
            case Kind.GAUGE:
                return frozenset({self.name})
