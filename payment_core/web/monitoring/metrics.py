"""The metrics endpoint for Prometheus: counters of this deployment, and gauges read from the database at each scrape.

https://prometheus.io/docs/instrumenting/writing_exporters/
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from foundation.database.outage import DATABASE_FAULT
from foundation.log import get_logger
from foundation.metrics.family import Family, Labels
from foundation.metrics.scrape import is_admitted, shown
from payment_core import metrics
from payment_core.errors import Unauthenticated
from payment_core.services import Core, current_core
from payment_core.store.gauges import Levels, levels

log = get_logger()
blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Answer a scrape from this machine, or one with the metrics token."""
    core = current_core()
    if not is_admitted(
        request.headers,
        request.remote_addr,
        token=core.settings.metrics_token,
        trusted_proxies=core.settings.trusted_proxies,
    ):
        raise Unauthenticated("Send the metrics token as Authorization: Bearer …")
    registry = CollectorRegistry()
    registry.register(_Shown(core))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Shown(Collector):
    """A collector for prometheus-client that computes its families anew for every scrape."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def collect(self) -> Iterator[Metric]:
        """Yield the counters, then the gauges."""
        yield from metrics.registry.collect()
        database = "postgresql" if self._core.settings.is_fleet else "sqlite"
        yield shown(metrics.BUILD_INFO, {(*_build(), database): 1})
        yield from _gauges(self._core)


@cache
def _build() -> tuple[str, str]:
    return version("chat2pay-connector"), platform.python_version()


def _gauges(core: Core) -> Iterator[Metric]:
    try:
        with core.transactions.read() as work:
            found = levels(work, now=core.now())
    except DATABASE_FAULT as error:
        # The scrape still succeeds: counters and `database_up 0` are worth the most just then.
        log.error("levels_not_read", error=type(error).__name__)
        yield shown(metrics.DATABASE_UP, {(): 0})
        return
    yield shown(metrics.DATABASE_UP, {(): 1})
    for family, numbers in _numbers(found).items():
        yield shown(family, numbers)


def _numbers(found: Levels) -> dict[Family, Mapping[Labels, float]]:
    numbers: dict[Family, Mapping[Labels, float]] = {
        metrics.PAYABLE_LINKS: {(): found.payable},
        metrics.ATTENTION: {(reason,): number for reason, number in found.attention.items()},
        metrics.LIVE_ATTEMPTS: {(state,): number for state, number in found.live_attempts.items()},
        metrics.WAITING: {(queue,): number for queue, number in found.waiting.items()},
        metrics.OVERDUE_SECONDS: {(queue,): seconds for queue, seconds in found.overdue_seconds.items()},
        metrics.PARKED: {(): found.parked},
    }
    # Without a fleet the web process does the work itself: a gauge of zero workers would raise a false alarm.
    return numbers if found.workers is None else {**numbers, metrics.WORKERS: {(): found.workers}}
