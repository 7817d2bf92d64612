"""Counts and durations since the start, kept by prometheus-client: of one process, or of all that share a folder.

https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector

from foundation.metrics.family import Family, Kind, Labels

_Series = Counter | Gauge | Histogram
# When a series began is nothing that anybody asks for, and doubles what a scrape carries.
disable_created_metrics()  # type: ignore[no-untyped-call]


class MetricsRegistry:
    """What has happened so far, by family and labels' values."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = tuple(families)
        self._begin(None)

    def count(self, family: Family, *labels: str, times: int = 1) -> None:
        """Add to a counter."""
        series: Counter = self._series.get((family, labels)) or self._made(family, labels)  # type: ignore[assignment]
        series.inc(times)

    def time(self, family: Family, *labels: str, seconds: float) -> None:
        """Add a duration to a histogram."""
        series: Histogram = self._series.get((family, labels)) or self._made(family, labels)  # type: ignore[assignment]
        series.observe(seconds)

    def set(self, family: Family, *labels: str, value: float) -> None:
        """Let a gauge show this from now on; of several processes the last word counts."""
        series: Gauge = self._series.get((family, labels)) or self._made(family, labels)  # type: ignore[assignment]
        series.set(value)

    def counts(self, family: Family) -> Mapping[Labels, float]:
        """Return one family's counters as this tally shows them, by their labels' values."""
        return {
            tuple(sample.labels[name] for name in family.labels): sample.value
            for metric in self.collect()
            if metric.name == family.name
            for sample in metric.samples
        }

    def share(self, folder: Path, place: str) -> None:
        """Begin anew in files of a folder, and show from now on the sum of all processes that keep theirs there.

        ``place`` names this process's files: no two processes that live may have the same one.
        """
        values.ValueClass = values.MultiProcessValue(process_identifier=lambda: place)  # type: ignore[no-untyped-call]
        self._begin(folder)

    def collect(self) -> Iterable[Metric]:
        """Return what there is, in prometheus-client's own form."""
        if self._folder is not None:
            files: Any = MultiProcessCollector(None, path=str(self._folder))  # type: ignore[no-untyped-call]
            return list(files.collect())
        return self._registry.collect()

    def _begin(self, folder: Path | None) -> None:
        if folder is None:
            # Somebody else's PROMETHEUS_MULTIPROC_DIR in our environment is no word of ours.
            values.ValueClass = values.MutexValue
        self._folder = folder
        self._registry = CollectorRegistry()
        self._parents = {family: _parent(family, self._registry) for family in self._families}
        # prometheus-client's own look-up of a series takes a lock and makes every label a text anew.
        self._series: dict[tuple[Family, Labels], _Series] = {}

    def _made(self, family: Family, labels: Labels) -> _Series:
        series = self._parents[family].labels(*labels) if labels else self._parents[family]
        return self._series.setdefault((family, labels), series)


def _parent(family: Family, registry: CollectorRegistry) -> _Series:
    match family.kind:
        case Kind.COUNTER:
            return Counter(family.name, family.tells, family.labels, registry=registry)
        case Kind.HISTOGRAM:
            return Histogram(family.name, family.tells, family.labels, registry=registry, buckets=family.bounds)
        case Kind.GAUGE:
            return Gauge(family.name, family.tells, family.labels, registry=registry, multiprocess_mode="mostrecent")
