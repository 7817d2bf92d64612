"""Knows how often things happened in this process and how long they took; refuses to know how that is shown.

Plain counting under one lock: what draws it for Prometheus is imported at the first scrape, not at start.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

Labels = tuple[str, ...]
# Upper bounds in seconds; what took longer than the last one is counted beyond it.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)


@dataclass(frozen=True)
class Family:
    """One thing that is counted or timed: its name, what it tells, and the names of its labels, each with few values."""

    name: str
    tells: str
    labels: Labels = ()


CALLBACKS = Family(
    "chat2pay_callbacks",
    "Callback notifications by door and outcome: new, duplicate, untrusted, encoded",
    ("kind", "outcome"),
)
RULED = Family("chat2pay_inbox_ruled", "Verdicts on inbox entries, waiting ones each time", ("verdict",))
ANOMALIES = Family("chat2pay_anomalies", "Callback notifications that contradict what we asked for")
MONEY_AFTER_CLOSE = Family("chat2pay_money_after_close", "Payments that came after their link was over")
CARDS_REDACTED = Family(
    "chat2pay_card_numbers_redacted", "Callback bodies in which a card number was found and removed"
)
ANSWERS = Family("chat2pay_http_answers", "Answers by route template", ("method", "route", "status"))
PEER_CALLS = Family(
    "chat2pay_peer_calls", "Calls to Salesforce and to the payment core", ("peer", "operation", "status")
)
PEER_SECONDS = Family("chat2pay_peer_call_seconds", "How long calls to peers took", ("peer", "operation"))
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
FINDINGS = Family(
    "chat2pay_findings", "Findings of the nightly examination that are open", ("tenant", "check", "level")
)
COUNTED = (
    CALLBACKS,
    RULED,
    ANOMALIES,
    MONEY_AFTER_CLOSE,
    CARDS_REDACTED,
    ANSWERS,
    PEER_CALLS,
    LOGINS,
    LOGIN_FAILURES,
    WRONG_ORG,
    RIGHTS_NOT_READ,
    STATUS_REFUSED,
)
TIMED = (PEER_SECONDS,)


@dataclass(frozen=True)
class Timing:
    """How often something took how long: one count per bound and one beyond them, and the sum in seconds."""

    counts: tuple[int, ...]
    seconds: float


class Tally:
    """Counts of one process since its start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Family, Counter[Labels]] = {family: Counter() for family in COUNTED}
        self._buckets: dict[tuple[Family, Labels], list[int]] = {}
        self._seconds: defaultdict[tuple[Family, Labels], float] = defaultdict(float)

    def count(self, family: Family, *values: str, times: int = 1) -> None:
        """Add to one count; ``values`` are its labels' values."""
        with self._lock:
            self._counts[family][values] += times

    def time(self, family: Family, *values: str, seconds: float) -> None:
        """Add one duration."""
        with self._lock:
            buckets = self._buckets.setdefault((family, values), [0] * (len(BOUNDS) + 1))
            buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds[family, values] += seconds

    def counts(self, family: Family) -> Mapping[Labels, int]:
        """Return a copy of one family's counts, by its labels' values; one without labels is there from the start."""
        with self._lock:
            return dict(self._counts[family]) or ({} if family.labels else {(): 0})

    def timings(self, family: Family) -> Mapping[Labels, Timing]:
        """Return a copy of one family's durations, by its labels' values."""
        with self._lock:
            return {
                values: Timing(tuple(counts), self._seconds[family, values])
                for (one, values), counts in self._buckets.items()
                if one == family
            }


tally = Tally()
