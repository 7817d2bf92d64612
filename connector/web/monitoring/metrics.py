"""The metrics endpoint for Prometheus: counters of this deployment, and gauges read from the database at each scrape.

https://prometheus.io/docs/instrumenting/writing_exporters/
"""

from __future__ import annotations

import hmac
import ipaddress
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
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

log = get_logger()
blueprint = Blueprint("metrics", __name__)
_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")


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
        yield _shown(metrics.BUILD_INFO, {(*_build(), _database_kind(self._services)): 1})
        yield from _levels(self._services)


def _admit(services: Services) -> None:
    token = services.settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(token.value.encode(), given.strip().encode()):
        return
    if not _from_this_machine(services):
        raise Unauthenticated("Send the metrics token as Authorization: Bearer …")


def _from_this_machine(services: Services) -> bool:
    """Return whether the scrape comes from this machine itself."""
    # A local proxy connects from this machine on behalf of any client. The client is known only where the proxy is
    # trusted and forwards its address; any other sign of a proxy means that its origin is unknown.
    is_named = services.settings.trusted_proxies and request.headers.get("X-Forwarded-For")
    if not is_named and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


@cache
def _build() -> tuple[str, str]:
    return version("chat2pay-connector"), platform.python_version()


def _database_kind(services: Services) -> str:
    return "postgresql" if services.settings.is_fleet else "sqlite"


def _shown(family: Family, numbers: Mapping[Labels, float]) -> Metric:
    shown = GaugeMetricFamily(family.name, family.description, labels=family.labels)
    for labels, number in numbers.items():
        shown.add_metric(labels, number)
    return shown


def _levels(services: Services) -> Iterator[Metric]:
    try:
        with services.store.read() as work:
            found = levels(work, now=services.now())
            opened = stored_findings(work)
    except SQLAlchemyError as error:
        # The scrape still succeeds: counters and `database_up 0` are worth the most just then.
        log.error("levels_not_read", error=type(error).__name__)
        yield _shown(metrics.DATABASE_UP, {(): 0})
        return
    yield _shown(metrics.DATABASE_UP, {(): 1})
    yield _shown(metrics.FINDINGS, _findings(opened))
    for family, numbers in _numbers(found).items():
        yield _shown(family, numbers)


def _findings(opened: list[StoredFinding]) -> Counter[Labels]:
    """Count the open findings by tenant, check and level."""
    # Agents' refusals are excluded: one agent's expired token is no fault yet, and the nightly check judges them together.
    counted = Counter((one.tenant_id, one.finding.check, one.finding.level.value) for one in opened)
    return Counter({labels: number for labels, number in counted.items() if labels[1] != AGENT_REFUSED})


def _numbers(found: Levels) -> dict[Family, Mapping[Labels, float]]:
    shown: dict[Family, Mapping[Labels, float]] = {
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
    return shown if found.workers is None else {**shown, metrics.WORKERS: {(): found.workers}}
