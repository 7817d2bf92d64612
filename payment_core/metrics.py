"""The metric families of /metrics: counters and histograms, and the gauges that are computed for a scrape.

https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from foundation.metrics.family import Family, MetricKind
from foundation.metrics.registry import MetricsRegistry

# Upper bounds of the buckets in seconds; the registry adds the one without a bound.
PEER_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)
# Finer below than for peers: an answer of ours that calls nobody takes milliseconds.
REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

ANSWERS = Family("payment_core_http_answers", "Answers by route template", ("method", "route", "status"))
REQUEST_SECONDS = Family(
    "payment_core_http_request_seconds",
    "How long requests took until their answer began",
    ("method", "route"),
    MetricKind.HISTOGRAM,
    REQUEST_BOUNDS,
)
PEER_CALLS = Family(
    "payment_core_peer_calls", "Calls to gateways, messengers and applications", ("peer", "operation", "status")
)
PEER_SECONDS = Family(
    "payment_core_peer_call_seconds",
    "How long calls to peers took",
    ("peer", "operation"),
    MetricKind.HISTOGRAM,
    PEER_BOUNDS,
)
DELIVERIES = Family(
    "payment_core_delivery_attempts",
    "Attempts to deliver notifications, by the state after it: delivered, pending (sent again), parked, abandoned",
    ("kind", "state"),
)
MESSAGES_HELD_BACK = Family(
    "payment_core_messages_held_back", "Messages that a guard against pumping refused, by reason", ("reason",)
)
STEPS_FAILED = Family("payment_core_steps_failed", "Background steps that ended with an error, by step", ("step",))

# Computed for each scrape from the database, so every process of a fleet reports the same.
BUILD_INFO = Family(
    "payment_core_build_info", "1; which build this is", ("version", "python", "database"), MetricKind.GAUGE
)
DATABASE_UP = Family(
    "payment_core_database_up", "Whether the database could be read for this scrape", kind=MetricKind.GAUGE
)
PAYABLE_LINKS = Family("payment_core_payable_links", "Links that can still be paid", kind=MetricKind.GAUGE)
ATTENTION = Family(
    "payment_core_links_need_attention", "Links that need a person, by reason", ("reason",), MetricKind.GAUGE
)
LIVE_ATTEMPTS = Family(
    "payment_core_live_attempts", "Attempts to pay whose end the gateway has not told", ("state",), MetricKind.GAUGE
)
WAITING = Family(
    "payment_core_waiting",
    "Rows that wait to be worked on, by queue: messages, webhooks, deliveries",
    ("queue",),
    MetricKind.GAUGE,
)
OVERDUE_SECONDS = Family(
    "payment_core_overdue_seconds", "How overdue the oldest waiting row of a queue is", ("queue",), MetricKind.GAUGE
)
PARKED = Family(
    "payment_core_deliveries_parked", "Notifications that were given up after three days", kind=MetricKind.GAUGE
)

WORKERS = Family(
    "payment_core_workers", "Workers that gave a sign of life lately; PostgreSQL only", kind=MetricKind.GAUGE
)

KEPT = (ANSWERS, REQUEST_SECONDS, PEER_CALLS, PEER_SECONDS, DELIVERIES, MESSAGES_HELD_BACK, STEPS_FAILED)
COMPUTED = (
    BUILD_INFO,
    DATABASE_UP,
    PAYABLE_LINKS,
    ATTENTION,
    LIVE_ATTEMPTS,
    WAITING,
    OVERDUE_SECONDS,
    PARKED,
    WORKERS,
)
registry = MetricsRegistry(KEPT)


def count_call(peer: str, operation: str, outcome: str, seconds: float) -> None:
    """Count one call to a peer and how long it took."""
    registry.count(PEER_CALLS, peer, operation, outcome)
    registry.time(PEER_SECONDS, peer, operation, seconds=seconds)
