"""The metrics endpoint for Prometheus: counters of this deployment, and gauges read from the database at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from flask import Blueprint, Response, request
from prometheus_client import Metric

from connector import metrics
from connector.errors import Unauthenticated
from connector.services import Services, current_services
from connector.store.health.findings import AGENT_REFUSED, StoredFinding, stored_findings
from connector.store.health.gauges import Levels, levels
from foundation.database.outage import DATABASE_FAULT
from foundation.log import get_logger
from foundation.metrics.exposition import CONTENT_TYPE, build_info, exposition, gauge
from foundation.metrics.family import Family, Labels
from foundation.metrics.scrape_access import is_admitted

log = get_logger()
blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Answer a scrape from this machine, or one with the metrics token."""
    services = current_services()
    _admit(services)
    return Response(exposition(partial(_families, services)), content_type=CONTENT_TYPE)


def _families(services: Services) -> Iterator[Metric]:
    """Yield the counters, then the gauges."""
    yield from metrics.registry.collect()
    yield build_info(metrics.BUILD_INFO, is_fleet=services.settings.is_fleet)
    yield from _levels(services)


def _admit(services: Services) -> None:
    settings = services.settings
    if not is_admitted(
        request.headers, request.remote_addr, token=settings.metrics_token, trusted_proxies=settings.trusted_proxies
    ):
        raise Unauthenticated("Send the metrics token as Authorization: Bearer …")


def _levels(services: Services) -> Iterator[Metric]:
    try:
        with services.store.read() as work:
            found = levels(work, now=services.now())
            opened = stored_findings(work)
    except DATABASE_FAULT as error:
        # The scrape still succeeds: counters and `database_up 0` are worth the most just then.
        log.error("levels_not_read", error=type(error).__name__)
        yield gauge(metrics.DATABASE_UP, {(): 0})
        return
    yield gauge(metrics.DATABASE_UP, {(): 1})
    yield gauge(metrics.FINDINGS, _findings(opened))
    for family, numbers in _numbers(found).items():
        yield gauge(family, numbers)


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
