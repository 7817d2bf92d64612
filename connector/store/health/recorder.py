"""Raising and closing findings beside a request, in another thread and with at most one write a minute each.

Strangers can cause some of these events, so one costs at most a write per tenant, check and minute, and never delays an
answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from connector.domain.health.finding import Finding
from connector.store.health import due_checks, findings
from foundation.database.outage import reason_of
from foundation.database.unit_of_work import Transactions
from foundation.log import get_logger

log = get_logger()
# An outage repeats its finding with every call: one row a minute says as much.
_EVERY = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)
# An event that recurs within this many pauses is still the same one; later it is a new one.
_GOES_ON = 4
_MOST_REMEMBERED = 10_000


class FindingRecorder:
    """Records findings that events raise. Nothing here raises an exception: callers have an answer to give, or money to count."""

    def __init__(
        self, transactions: Transactions, *, now: Callable[[], datetime], aside: Executor | None = None
    ) -> None:
        self._transactions = transactions
        self._now = now
        self._aside = aside
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], tuple[datetime, timedelta]] = {}

    def record(self, tenant_id: str, finding: Finding) -> None:
        """Store a finding soon, in another thread; of several of a check within a minute one is stored."""
        if self._is_due(tenant_id, finding.check):
            self._later(lambda: self._store(tenant_id, finding))

    def record_of(self, tenant_id: str, finding: Finding) -> None:
        """Store a finding about one of the tenant's own users: one of each subject within a minute, and no log line."""
        if self._is_due(tenant_id, f"{finding.check} {finding.subject}"):
            self._later(lambda: self._store(tenant_id, finding, logged=False))

    def record_in_group(self, tenant_id: str, finding: Finding) -> None:
        """Store a finding whose subject a stranger may choose: one per tenant and check, which counts the ones before it."""
        if self._is_due(tenant_id, finding.check):
            self._later(lambda: self._store(tenant_id, finding, grouped=True))

    def suspect(self, tenant_id: str, *checks: str, every: timedelta = _EVERY) -> None:
        """Request checks that find out whether something is wrong; those with open findings are scheduled already.

        While the event recurs, its checks are requested ever more rarely, because they cost calls.
        """
        wanted = [check for check in checks if self._is_due(tenant_id, f"look {check}", every=every, longest=_LONGEST)]
        if wanted:
            self._later(lambda: self._request(tenant_id, wanted))

    def recheck(self, tenant_id: str, checks: Collection[str]) -> None:
        """Request checks of what was wrong and seems to work again."""
        self._later(lambda: self._request(tenant_id, checks, even_if_open=True))

    def resolve(self, tenant_id: str, checks: Collection[str], *, subject: str | None = None) -> None:
        """Close the findings of these checks, because their subject has just worked; one read where none is open."""
        self.resolve_before({tenant_id: self._now()}, checks, subject=subject)

    def resolve_before(
        self, moments: Mapping[str, datetime], checks: Collection[str], *, subject: str | None = None
    ) -> None:
        """Close findings of these checks that were last seen before their subject worked, at a time per tenant."""
        try:
            with self._transactions.read() as work:
                seen = findings.open_findings(work, checks)
            over = [
                one
                for one in seen
                if one.seen_at <= moments.get(one.tenant_id, one.found_at - _EVERY)
                and subject in (None, one.finding.subject)
            ]
            if not over:
                return
            with self._transactions.write() as work:
                for one in over:
                    findings.clear(work, one.tenant_id, one.finding.check, subject=one.finding.subject)
        except SQLAlchemyError as error:
            log.warning("not_noted", where="findings", reason=reason_of(error))
            return
        for one in over:
            log.warning("finding_gone", tenant=one.tenant_id, kind=one.finding.check, reason=one.finding.problem)

    def _is_due(
        self, tenant_id: str, check: str, *, every: timedelta = _EVERY, longest: timedelta | None = None
    ) -> bool:
        """Return whether to act on an event now; with ``longest``, the pause doubles while the event recurs."""
        now, key = self._now(), (tenant_id, check)
        with self._lock:
            last, pause = self._last.get(key, (None, every))
            if last is not None and now - last < pause:
                return False
            if len(self._last) >= _MOST_REMEMBERED:
                self._last.clear()
            goes_on = longest is not None and last is not None and now - last < _GOES_ON * pause
            self._last[key] = (now, min(2 * pause, longest) if goes_on and longest else every)
        return True

    def _later(self, step: Callable[[], None]) -> None:
        with self._lock:
            if self._aside is None:  # started late: a process without events needs no thread
                self._aside = ThreadPoolExecutor(1, thread_name_prefix="findings")
        self._aside.submit(step)

    def _store(self, tenant_id: str, finding: Finding, *, grouped: bool = False, logged: bool = True) -> None:
        now = self._now()
        try:
            with self._transactions.read() as work:
                seen = findings.open_findings(work, [finding.check], tenant_id=tenant_id)
            mine = [one for one in seen if _is_same(one.finding, finding, grouped=grouped)]
            if any(now - one.seen_at < _EVERY for one in mine):
                return  # another process of the fleet has stored it within this minute
            with self._transactions.write() as work:
                if grouped:
                    findings.add_to_group(work, tenant_id, finding, group=mine, now=now)
                else:
                    findings.add_finding(work, tenant_id, finding, now=now)
        except SQLAlchemyError as error:
            log.warning("not_noted", where="findings", reason=reason_of(error))
            return
        if logged and not mine:
            log.warning(
                "finding_new", tenant=tenant_id, kind=finding.check, fields=finding.subject, reason=finding.problem
            )

    def _request(self, tenant_id: str, checks: Collection[str], *, even_if_open: bool = False) -> None:
        try:
            with self._transactions.read() as work:
                known = {one.finding.check for one in findings.open_findings(work, checks, tenant_id=tenant_id)}
            wanted = [check for check in checks if even_if_open or check not in known]
            if not wanted:
                return
            with self._transactions.write() as work:
                due_checks.request_checks(work, tenant_id, wanted, at=self._now())
        except SQLAlchemyError as error:
            log.warning("not_noted", where="looks_due", reason=reason_of(error))


def _is_same(stored: Finding, finding: Finding, *, grouped: bool) -> bool:
    """Return whether two findings of one check are about the same subject, or belong to one group."""
    # Our own login that opens another org shares this check with the orgs that call us, but is not one of those.
    if grouped:
        return stored.subject != "login"
    return stored.subject == finding.subject[:160]
