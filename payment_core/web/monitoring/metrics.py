"""The metrics endpoint for Prometheus: counters of this deployment, and gauges read from the database at each scrape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from flask import Blueprint, Response, request
from prometheus_client import Metric

from foundation.database.outage import DATABASE_FAULT
from foundation.log import get_logger
from foundation.metrics.exposition import CONTENT_TYPE, build_info, exposition, gauge
from foundation.metrics.family import Family, Labels
from foundation.metrics.scrape_access import is_admitted
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
    return Response(exposition(partial(_families, core)), content_type=CONTENT_TYPE)


def _families(core: Core) -> Iterator[Metric]:
    """Yield the counters, then the gauges."""
    yield from metrics.registry.collect()
    yield build_info(metrics.BUILD_INFO, is_fleet=core.settings.is_fleet)
    yield from _gauges(core)


def _gauges(core: Core) -> Iterator[Metric]:
    try:
        with core.transactions.read() as work:
            found = levels(work, now=core.now())
    except DATABASE_FAULT as error:
        # The scrape still succeeds: counters and `database_up 0` are worth the most just then.
        log.error("levels_not_read", error=type(error).__name__)
        yield gauge(metrics.DATABASE_UP, {(): 0})
        return
    yield gauge(metrics.DATABASE_UP, {(): 1})
    for family, numbers in _numbers(found).items():
        yield gauge(family, numbers)


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
