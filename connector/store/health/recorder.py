"""Raising and clearing findings beside a request: at most one write a minute each.

Strangers can cause some of these events: what they do costs one write for each tenant, check and minute, and never the
answer that they get.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from connector.domain.health.finding import Finding
from connector.store.health import due_checks, findings
from connector.store.unit_of_work import Transactions
from foundation.database.outage import reason_of
from foundation.log import get_logger

log = get_logger()
_EVERY = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)
# An event that comes again within so many pauses goes on; later it is a new one.
_GOES_ON = 4
_MOST_REMEMBERED = 10_000


class FindingRecorder:
    """Keeps what events tell. Nothing here raises: whoever notes something has an answer to give, or money to count."""

    def __init__(
        self, transactions: Transactions, *, now: Callable[[], datetime], aside: Executor | None = None
    ) -> None:
        self._transactions = transactions
        self._now = now
        self._aside = aside
        self._lock = threading.Lock()
        self._last: dict[tuple[str, str], tuple[datetime, timedelta]] = {}

    def note(self, tenant_id: str, finding: Finding) -> None:
        """Keep a finding, soon and not here; more than one of a check within a minute is kept once."""
        if self._is_time(tenant_id, finding.check):
            self._later(lambda: self._keep(tenant_id, finding))

    def note_in_group(self, tenant_id: str, finding: Finding) -> None:
        """Keep a finding whose subject the caller chose: one for each tenant and check, which counts those before it."""
        if self._is_time(tenant_id, finding.check):
            self._later(lambda: self._keep(tenant_id, finding, grouped=True))

    def suspect(self, tenant_id: str, *checks: str, every: timedelta = _EVERY) -> None:
        """Ask for looks that tell whether something is wrong, and what; what is known to be wrong has its next look planned.

        An event that goes on is looked into ever more rarely: looks cost calls.
        """
        wanted = [check for check in checks if self._is_time(tenant_id, f"look {check}", every=every, longest=_LONGEST)]
        if wanted:
            self._later(lambda: self._ask_for(tenant_id, wanted))

    def look_again(self, tenant_id: str, checks: Collection[str]) -> None:
        """Ask for looks at what was wrong: it seems to work again."""
        self._later(lambda: self._ask_for(tenant_id, checks, even_if_open=True))

    def worked(self, tenant_id: str, checks: Collection[str]) -> None:
        """Close the findings of these checks: what they say is broken has just worked. Costs one read where none is open."""
        self.worked_until({tenant_id: self._now()}, checks)

    def worked_until(self, moments: Mapping[str, datetime], checks: Collection[str]) -> None:
        """Close findings of these checks that were last seen before it worked, for each tenant at its own moment."""
        try:
            with self._transactions.read() as work:
                seen = findings.open_findings(work, checks)
            over = [one for one in seen if one.seen_at <= moments.get(one.tenant_id, one.found_at - _EVERY)]
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

    def _is_time(
        self, tenant_id: str, check: str, *, every: timedelta = _EVERY, longest: timedelta | None = None
    ) -> bool:
        """Say whether this is to be kept now; with ``longest``, what goes on waits twice as long each time."""
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
            if self._aside is None:  # a process in which nothing happens needs no thread
                self._aside = ThreadPoolExecutor(1, thread_name_prefix="findings")
        self._aside.submit(step)

    def _keep(self, tenant_id: str, finding: Finding, *, grouped: bool = False) -> None:
        now = self._now()
        try:
            with self._transactions.read() as work:
                seen = findings.open_findings(work, [finding.check], tenant_id=tenant_id)
            mine = [one for one in seen if _is_same(one.finding, finding, grouped=grouped)]
            if any(now - one.seen_at < _EVERY for one in mine):
                return  # another process of the fleet has kept it in this minute
            with self._transactions.write() as work:
                if grouped:
                    findings.add_to_group(work, tenant_id, finding, group=mine, now=now)
                else:
                    findings.add_finding(work, tenant_id, finding, now=now)
        except SQLAlchemyError as error:
            log.warning("not_noted", where="findings", reason=reason_of(error))
            return
        if not mine:
            log.warning(
                "finding_new", tenant=tenant_id, kind=finding.check, fields=finding.subject, reason=finding.problem
            )

    def _ask_for(self, tenant_id: str, checks: Collection[str], *, even_if_open: bool = False) -> None:
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


def _is_same(kept: Finding, finding: Finding, *, grouped: bool) -> bool:
    """A login that opens another org has the check of the orgs that call us, but is not one of them."""
    if grouped:
        return kept.subject != "login"
    return kept.subject == finding.subject[:160]
