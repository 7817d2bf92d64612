"""Metrics as Prometheus scrapes them: what a process counts, and gauges that are computed at each scrape.

https://prometheus.io/docs/instrumenting/writing_exporters/
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from foundation.metrics.family import Family, Labels

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _ComputedAtScrape(Collector):
    """A collector for prometheus-client that computes its families anew for every scrape."""

    def __init__(self, compute: Callable[[], Iterable[Metric]]) -> None:
        self._compute = compute

    def collect(self) -> Iterable[Metric]:
        """Return the families as they are now."""
        return self._compute()


def exposition(compute: Callable[[], Iterable[Metric]]) -> bytes:
    """Return the text that a scrape is answered with, in Prometheus' format."""
    registry = CollectorRegistry()
    registry.register(_ComputedAtScrape(compute))
    return generate_latest(registry)


def gauge(family: Family, numbers: Mapping[Labels, float]) -> Metric:
    """Return the gauges of a family by their label values."""
    found = GaugeMetricFamily(family.name, family.description, labels=family.labels)
    for labels, number in numbers.items():
        found.add_metric(labels, number)
    return found


def build_info(family: Family, *, is_fleet: bool) -> Metric:
    """Return the gauge that names version, Python and kind of database."""
    # https://prometheus.io/docs/practices/naming/: facts about a build are labels of a gauge that is always 1.
    return gauge(family, {(*_build(), "postgresql" if is_fleet else "sqlite"): 1})


@cache
def _build() -> tuple[str, str]:
    return version("chat2pay-connector"), platform.python_version()
