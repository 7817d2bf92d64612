"""The metrics endpoint for Prometheus: counters of this deployment, and gauges read from the database at each scrape.

https://prometheus.io/docs/instrumenting/writing_exporters/
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from connector import metrics
from connector.errors import Unauthenticated
from connector.services import Services, current_services
from connector.store.health.findings import AGENT_REFUSED, StoredFinding, stored_findings
from connector.store.health.gauges import Levels, levels
from foundation.log import get_logger
from foundation.metrics.family import Family, Labels
from foundation.metrics.scrape import is_admitted, shown

log = get_logger()
blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Answer a scrape from this machine, or one with the metrics token."""
    services = current_services()
    _admit(services)
    registry = CollectorRegistry()
    registry.register(_Shown(services))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Shown(Collector):
    """A collector for prometheus-client that computes its families anew for every scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Yield the counters, then the gauges."""
        yield from metrics.registry.collect()
        # https://prometheus.io/docs/practices/naming/: facts about a build are labels of a gauge that is always 1.
        yield shown(metrics.BUILD_INFO, {(*_build(), _database_kind(self._services)): 1})
        yield from _levels(self._services)


def _admit(services: Services) -> None:
    settings = services.settings
    if not is_admitted(
        request.headers, request.remote_addr, token=settings.metrics_token, trusted_proxies=settings.trusted_proxies
    ):
        raise Unauthenticated("Send the metrics token as Authorization: Bearer …")


@cache
def _build() -> tuple[str, str]:
    return version("chat2pay-connector"), platform.python_version()


def _database_kind(services: Services) -> str:
    return "postgresql" if services.settings.is_fleet else "sqlite"


def _levels(services: Services) -> Iterator[Metric]:
    try:
        with services.store.read() as work:
            found = levels(work, now=services.now())
            opened = stored_findings(work)
    except SQLAlchemyError as error:
        # The scrape still succeeds: counters and `database_up 0` are worth the most just then.
        log.error("levels_not_read", error=type(error).__name__)
        yield shown(metrics.DATABASE_UP, {(): 0})
        return
    yield shown(metrics.DATABASE_UP, {(): 1})
    yield shown(metrics.FINDINGS, _findings(opened))
    for family, numbers in _numbers(found).items():
        yield shown(family, numbers)


def _findings(opened: list[StoredFinding]) -> Counter[Labels]:
    """Count the open findings by tenant, check and level."""
    # Agents' refusals are excluded: one agent's expired token is no fault yet, and the nightly check judges them together.
    counted = Counter((one.tenant_id, one.finding.check, one.finding.level.value) for one in opened)
    return Counter({labels: number for labels, number in counted.items() if labels[1] != AGENT_REFUSED})


def _numbers(found: Levels) -> dict[Family, Mapping[Labels, float]]:
    gauges: dict[Family, Mapping[Labels, float]] = {
        metrics.INBOX_ENTRIES: found.inbox,
        metrics.LIVE_REQUESTS: {(status.value,): number for status, number in found.live_requests.items()},
        metrics.OUTBOX_WAITING: {(): found.outbox_waiting},
        metrics.OUTBOX_OVERDUE: {(): found.outbox_overdue_seconds},
        metrics.OUTBOX_BURIED: {(): found.outbox_buried},
        metrics.OUTBOX_BLOCKED: {(): found.outbox_blocked},
        metrics.OUTBOX_REFUSED: {(): found.outbox_refused},
        metrics.UNKNOWN_AGE: {(): found.unknown_age_seconds},
    }
    # Without a fleet the web process does the work itself: a gauge of zero workers would raise a false alarm.
    return gauges if found.workers is None else {**gauges, metrics.WORKERS: {(): found.workers}}
