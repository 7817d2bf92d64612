"""Knows how this process's counts and the ledger's levels look to Prometheus; refuses to show them to strangers.

https://prometheus.io/docs/instrumenting/writing_exporters/
"""

from __future__ import annotations

import hmac
import ipaddress
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from connector import metrics
from connector.errors import Unauthenticated
from connector.log import get_logger
from connector.metrics import BOUNDS, Timing, tally
from connector.services import Services, current_services
from connector.store.findings import AGENT_REFUSED, KeptFinding, kept
from connector.store.gauges import Levels, levels

if TYPE_CHECKING:
    from prometheus_client import Metric

log = get_logger()
blueprint = Blueprint("metrics", __name__)
_FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")


@blueprint.get("/metrics")
def show() -> Response:
    """Answer a scrape from this machine, or one with the metrics token."""
    # Imported at the first scrape: a process that nobody scrapes does not pay for it.
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
    from prometheus_client.registry import CollectorRegistry

    services = current_services()
    _admit(services)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Shown(services))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Shown:
    """What prometheus-client collects: computed anew for every scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: what is shown is known only when it is collected."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield counts, durations, levels and limits."""
        yield from _counts()
        yield from _durations()
        yield from _levels(self._services)
        yield from _limits(self._services)


def _admit(services: Services) -> None:
    token = services.settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(token.value.encode(), given.strip().encode()):
        return
    if not _from_this_machine(services):
        raise Unauthenticated("Send the metrics token as Authorization: Bearer …")


def _from_this_machine(services: Services) -> bool:
    """A proxy on this machine speaks for somebody else: for whom is known only where it is trusted and says so."""
    is_named = services.settings.trusted_proxies and request.headers.get("X-Forwarded-For")
    if not is_named and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _counts() -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    for family in metrics.COUNTED:
        shown = CounterMetricFamily(family.name, family.tells, labels=family.labels)
        for values, number in tally.counts(family).items():
            shown.add_metric(values, number)
        yield shown


def _durations() -> Iterator[Metric]:
    from prometheus_client.core import HistogramMetricFamily

    for family in metrics.TIMED:
        shown = HistogramMetricFamily(family.name, family.tells, labels=family.labels)
        for values, timing in tally.timings(family).items():
            shown.add_metric(values, _buckets(timing), timing.seconds)
        yield shown


def _buckets(timing: Timing) -> list[tuple[str, float]]:
    """Prometheus counts everything up to a bound, we count between bounds."""
    names = [str(bound) for bound in BOUNDS] + ["+Inf"]
    return [(name, float(sum(timing.counts[: place + 1]))) for place, name in enumerate(names)]


def _levels(services: Services) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    reachable = GaugeMetricFamily("chat2pay_database_up", "Whether the database could be read for this scrape")
    try:
        with services.store.database.read() as connection:
            found = levels(connection, now=services.now())
            opened = kept(connection)
    except SQLAlchemyError as fault:
        log.error("levels_not_read", error=type(fault).__name__)
        reachable.add_metric((), 0)
        yield reachable
        return
    reachable.add_metric((), 1)
    yield reachable
    yield from _shown_levels(found)
    yield _findings(opened)


def _findings(opened: list[KeptFinding]) -> Metric:
    """What a launch raised about one agent's token is judged at night, with what came after it."""
    from prometheus_client.core import GaugeMetricFamily

    shown = GaugeMetricFamily(metrics.FINDINGS.name, metrics.FINDINGS.tells, labels=metrics.FINDINGS.labels)
    counted = Counter((one.tenant_id, one.finding.check, one.finding.level.value) for one in opened)
    for labels, number in counted.items():
        if labels[1] != AGENT_REFUSED:
            shown.add_metric(labels, number)
    return shown


def _shown_levels(found: Levels) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    entries = GaugeMetricFamily(
        "chat2pay_inbox_entries", "Inbox entries that wait or are buried", labels=("state", "verdict")
    )
    for labels, number in found.inbox.items():
        entries.add_metric(labels, number)
    live = GaugeMetricFamily("chat2pay_live_requests", "Payment requests that may still be paid", labels=("status",))
    for status, number in found.live_requests.items():
        live.add_metric((status.value,), number)
    yield entries
    yield live
    singles = {
        "chat2pay_outbox_waiting": ("Orders that Salesforce must be told about", found.outbox_waiting),
        "chat2pay_outbox_overdue_seconds": ("How overdue the oldest waiting order is", found.outbox_overdue_seconds),
        "chat2pay_outbox_buried": ("Orders whose request records Salesforce refused", found.outbox_buried),
        "chat2pay_outbox_refused": ("Orders whose own fields Salesforce refused", found.outbox_refused),
        "chat2pay_unknown_age_seconds": ("Age of the oldest request of unknown outcome", found.unknown_age_seconds),
    }
    for name, (tells, value) in singles.items():
        yield GaugeMetricFamily(name, tells, value=value)


def _limits(services: Services) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    used = GaugeMetricFamily("chat2pay_salesforce_limit_used", "API calls the org has counted", labels=("tenant",))
    allowed = GaugeMetricFamily("chat2pay_salesforce_limit_allowed", "API calls the org allows", labels=("tenant",))
    for tenant_id, usage in services.salesforce.limits.every().items():
        used.add_metric((tenant_id,), usage.used)
        allowed.add_metric((tenant_id,), usage.allowed)
    yield used
    yield allowed
