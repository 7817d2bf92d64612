"""The description of one metric: its name, its help text, its labels and its kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Labels = tuple[str, ...]


class MetricKind(StrEnum):
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
    kind: MetricKind = MetricKind.COUNTER
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> frozenset[str]:
        """The names of its time series in Prometheus."""
        match self.kind:
            case MetricKind.COUNTER:
                return frozenset({f"{self.name}_total"})
            case MetricKind.HISTOGRAM:
                return frozenset(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
            case MetricKind.GAUGE:
                return frozenset({self.name})
