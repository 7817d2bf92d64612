"""Track how much of each org's daily API calls is used, from the header ``Sforce-Limit-Info``, which may be missing.

Observed forms: ``api-usage=18/5000``, ``api-usage=110018/100000; api-bursts=1/750``, ``per-app-api-usage=17/250(appName=x)``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import requests

from connector import metrics
from foundation.http.session import PeerSession

_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
# From the first share on only final states are pushed; from the second on nothing, so that the org's other integrations and
# our launches keep the rest.
RESERVE_FROM = 0.80
SCARCE_FROM = 0.97
# Other apps of the org use the same allowance meanwhile.
_STALE_AFTER = timedelta(minutes=5)
# How long an org is left alone that answers REQUEST_LIMIT_EXCEEDED.
LIMIT_PAUSE = timedelta(seconds=60)


class Allowance(StrEnum):
    """What may be pushed to an org now."""

    ALL = "all"
    FINAL_ONLY = "final_only"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Usage:
    """An org's allowance of API calls as it last reported it."""

    used: int
    allowed: int
    seen_at: datetime

    @property
    def share(self) -> float:
        """The used share of the allowance; it may exceed 1."""
        return self.used / self.allowed if self.allowed else 0.0


class ApiLimits:
    """Keeps every tenant's last reported usage, and until when calls to its org are paused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._usage: dict[str, Usage] = {}
        self._paused_until: dict[str, datetime] = {}

    def note(self, tenant_id: str, header: str | None, *, now: datetime) -> None:
        """Store the usage that a header reports; a header that cannot be parsed is ignored."""
        found = _USAGE.search(header or "")
        if found:
            usage = Usage(int(found[1]), int(found[2]), now)
            with self._lock:
                self._usage[tenant_id] = usage
            metrics.registry.set(metrics.LIMIT_USED, tenant_id, value=usage.used)
            metrics.registry.set(metrics.LIMIT_ALLOWED, tenant_id, value=usage.allowed)

    def usage_of(self, tenant_id: str) -> Usage | None:
        """Return an org's last reported usage; None where it has reported none yet."""
        return self._usage.get(tenant_id)

    def pause(self, tenant_id: str, *, until: datetime) -> None:
        """Pause calls to an org until a time."""
        with self._lock:
            self._paused_until[tenant_id] = until

    def allowance(self, tenant_id: str, *, now: datetime) -> Allowance:
        """Return what may be pushed to an org now."""
        if self._paused_until.get(tenant_id, now) > now:
            return Allowance.NOTHING
        usage = self.usage_of(tenant_id)
        # An old report does not count: the allowance is a rolling 24 hours, and only a new call brings a new report.
        if usage is None or now - usage.seen_at > _STALE_AFTER or usage.share < RESERVE_FROM:
            return Allowance.ALL
        # Half a minute without a call: one push of final states is let through, which reports the usage again.
        if usage.share < SCARCE_FROM or now - usage.seen_at > timedelta(seconds=30):
            return Allowance.FINAL_ONLY
        return Allowance.NOTHING


class LimitRecorder:
    """A session that reads the limit header of every answer, failed ones included."""

    # simple-salesforce reads it from successful answers only.

    def __init__(self, session: PeerSession, note: Callable[[str | None], None]) -> None:
        self._session = session
        self._note = note
        self.proxies = session.proxies  # simple-salesforce reads it

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request, and pass on its limit header."""
        response = self._session.request(*args, **options)
        self._note(response.headers.get("Sforce-Limit-Info"))
        return response
