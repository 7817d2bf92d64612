"""Counters, histograms and gauges of one process, or of all processes that share a folder.

https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector

from foundation.metrics.family import Family, Labels, MetricKind

_Series = Counter | Gauge | Histogram
# The creation time of series would double the size of a scrape, and nobody uses it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class MetricsRegistry:
    """The metrics since the start of the process, by family and label values."""

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
        """Set a gauge; of several processes the last one to set it wins."""
        series: Gauge = self._series.get((family, labels)) or self._made(family, labels)  # type: ignore[assignment]
        series.set(value)

    def counts(self, family: Family) -> Mapping[Labels, float]:
        """Return one family's counters by label values."""
        return {
            tuple(sample.labels[name] for name in family.labels): sample.value
            for metric in self.collect()
            if metric.name == family.name
            for sample in metric.samples
        }

    def share(self, folder: Path, place: str) -> None:
        """Restart from zero in files of a folder, and from now on report the sum over all processes that share it.

        ``place`` names this process's files: no two running processes may use the same one.
        """
        values.ValueClass = values.MultiProcessValue(process_identifier=lambda: place)  # type: ignore[no-untyped-call]
        self._begin(folder)

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as prometheus-client's own objects."""
        if self._folder is not None:
            files: Any = MultiProcessCollector(None, path=str(self._folder))  # type: ignore[no-untyped-call]
            return list(files.collect())
        return self._registry.collect()

    def _begin(self, folder: Path | None) -> None:
        if folder is None:
            # A PROMETHEUS_MULTIPROC_DIR in the environment was not set for us.
            values.ValueClass = values.MutexValue
        self._folder = folder
        self._registry = CollectorRegistry()
        self._parents = {family: _parent(family, self._registry) for family in self._families}
        # prometheus-client's own look-up of a series takes a lock and converts every label to text again.
        self._series: dict[tuple[Family, Labels], _Series] = {}

    def _made(self, family: Family, labels: Labels) -> _Series:
        series = self._parents[family].labels(*labels) if labels else self._parents[family]
        return self._series.setdefault((family, labels), series)


def _parent(family: Family, registry: CollectorRegistry) -> _Series:
    match family.kind:
        case MetricKind.COUNTER:
            return Counter(family.name, family.description, family.labels, registry=registry)
        case MetricKind.HISTOGRAM:
            return Histogram(family.name, family.description, family.labels, registry=registry, buckets=family.bounds)
        case MetricKind.GAUGE:
            return Gauge(
                family.name, family.description, family.labels, registry=registry, multiprocess_mode="mostrecent"
            )
