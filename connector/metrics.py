"""The metric families of /metrics: counters and histograms, and the gauges that are computed for a scrape.

https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from foundation.metrics.family import Family, MetricKind
from foundation.metrics.registry import MetricsRegistry

# Upper bounds of the buckets in seconds; the registry adds the one without a bound.
PEER_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)
REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

CALLBACKS = Family(
    "chat2pay_callbacks",
    "Callback notifications by route and outcome: new, duplicate, untrusted, encoded",
    ("kind", "outcome"),
)
CALLBACKS_REFUSED = Family(
    "chat2pay_callbacks_refused",
    "Callback notifications that were not stored, by tenant (unknown: the path names none) and reason",
    ("tenant", "reason"),
)
RULED = Family("chat2pay_inbox_ruled", "Verdicts on inbox entries, waiting ones each time", ("verdict",))
ANOMALIES = Family("chat2pay_anomalies", "Callback notifications that contradict what we asked for")
MONEY_AFTER_CLOSE = Family("chat2pay_money_after_close", "Payments that came after their link was over")
REQUESTS_RELEASED = Family(
    "chat2pay_requests_released", "Orders that got their live place back by a supervisor's word, not the payment core's"
)
REQUESTS_CORRECTED = Family(
    "chat2pay_requests_corrected", "Payment requests that an operator took back to what the payment core's record says"
)
OTHER_CURRENCY = Family(
    "chat2pay_money_in_other_currency", "Times that money was seen in another currency than its order has now"
)
CARDS_REDACTED = Family(
    "chat2pay_card_numbers_redacted", "Callback bodies in which a card number was found and removed"
)
LAUNCHES_REFUSED = Family(
    "chat2pay_launches_refused",
    "Launches that opened nothing, by tenant (unknown: the request names no org of ours) and reason",
    ("tenant", "reason"),
)
ANSWERS = Family("chat2pay_http_answers", "Answers by route template", ("method", "route", "status"))
REQUEST_SECONDS = Family(
    "chat2pay_http_request_seconds",
    "How long requests took until their answer began",
    ("method", "route"),
    MetricKind.HISTOGRAM,
    REQUEST_BOUNDS,
)
PEER_CALLS = Family(
    "chat2pay_peer_calls", "Calls to Salesforce and to the payment core", ("peer", "operation", "status")
)
PEER_SECONDS = Family(
    "chat2pay_peer_call_seconds",
    "How long calls to peers took",
    ("peer", "operation"),
    MetricKind.HISTOGRAM,
    PEER_BOUNDS,
)
LOGINS = Family("chat2pay_salesforce_logins", "Logins of the connector at Salesforce")
LOGIN_FAILURES = Family(
    "chat2pay_salesforce_login_failures",
    "Logins that failed, and calls spared for one that just had",
    ("tenant", "reason"),
)
WRONG_ORG = Family(
    "chat2pay_wrong_org", "Launches and logins in which another org used a tenant's keys", ("tenant", "where")
)
RIGHTS_NOT_READ = Family(
    "chat2pay_rights_not_read", "Launches and renewals that could not read an agent's rights and stayed read-only"
)
STATUS_REFUSED = Family(
    "chat2pay_order_status_refused", "Orders that took their payment fields only without the mapped Status"
)
PEOPLE_REFUSED = Family(
    "chat2pay_request_people_refused",
    "Request records that the org took only without their agent as owner or in a lookup",
)
LIMIT_USED = Family(
    "chat2pay_salesforce_limit_used", "API calls the org has counted, as it said last", ("tenant",), MetricKind.GAUGE
)
LIMIT_ALLOWED = Family(
    "chat2pay_salesforce_limit_allowed", "API calls the org allows, as it said last", ("tenant",), MetricKind.GAUGE
)

# Computed for each scrape from the database, so every process of a fleet reports the same.
BUILD_INFO = Family(
    "chat2pay_build_info", "1; which build this is", ("version", "python", "database"), MetricKind.GAUGE
)
DATABASE_UP = Family(
    "chat2pay_database_up", "Whether the database could be read for this scrape", kind=MetricKind.GAUGE
)
WORKERS = Family(
    "chat2pay_workers", "Workers of the fleet that gave a sign of life lately; PostgreSQL only", kind=MetricKind.GAUGE
)
INBOX_ENTRIES = Family(
    "chat2pay_inbox_entries", "Inbox entries that wait or are buried", ("state", "verdict"), MetricKind.GAUGE
)
LIVE_REQUESTS = Family(
    "chat2pay_live_requests", "Payment requests that may still be paid", ("status",), MetricKind.GAUGE
)
OUTBOX_WAITING = Family("chat2pay_outbox_waiting", "Orders that Salesforce must be told about", kind=MetricKind.GAUGE)
OUTBOX_OVERDUE = Family(
    "chat2pay_outbox_overdue_seconds", "How overdue the oldest waiting order is", kind=MetricKind.GAUGE
)
OUTBOX_BURIED = Family(
    "chat2pay_outbox_buried", "Orders whose request records Salesforce refused", kind=MetricKind.GAUGE
)
OUTBOX_BLOCKED = Family(
    "chat2pay_outbox_blocked",
    "Orders that Salesforce does not take until somebody fixes something, refused and buried ones among them",
    kind=MetricKind.GAUGE,
)
OUTBOX_REFUSED = Family("chat2pay_outbox_refused", "Orders whose own fields Salesforce refused", kind=MetricKind.GAUGE)
UNKNOWN_AGE = Family(
    "chat2pay_unknown_age_seconds", "Age of the oldest request of unknown outcome", kind=MetricKind.GAUGE
)
FINDINGS = Family(
    "chat2pay_findings",
    "What is wrong just now or soon will be, as `chat2pay doctor` calls it",
    ("tenant", "check", "level"),
    MetricKind.GAUGE,
)

KEPT = (
    CALLBACKS,
    CALLBACKS_REFUSED,
    RULED,
    ANOMALIES,
    MONEY_AFTER_CLOSE,
    REQUESTS_RELEASED,
    REQUESTS_CORRECTED,
    OTHER_CURRENCY,
    CARDS_REDACTED,
    LAUNCHES_REFUSED,
    ANSWERS,
    REQUEST_SECONDS,
    PEER_CALLS,
    PEER_SECONDS,
    LOGINS,
    LOGIN_FAILURES,
    WRONG_ORG,
    RIGHTS_NOT_READ,
    STATUS_REFUSED,
    PEOPLE_REFUSED,
    LIMIT_USED,
    LIMIT_ALLOWED,
)
COMPUTED = (
    BUILD_INFO,
    DATABASE_UP,
    WORKERS,
    INBOX_ENTRIES,
    LIVE_REQUESTS,
    OUTBOX_WAITING,
    OUTBOX_OVERDUE,
    OUTBOX_BURIED,
    OUTBOX_REFUSED,
    OUTBOX_BLOCKED,
    UNKNOWN_AGE,
    FINDINGS,
)
registry = MetricsRegistry(KEPT)


def count_call(peer: str, operation: str, outcome: str, seconds: float) -> None:
    """Count one call to a peer and how long it took."""
    registry.count(PEER_CALLS, peer, operation, outcome)
    registry.time(PEER_SECONDS, peer, operation, seconds=seconds)
