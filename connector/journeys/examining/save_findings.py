"""Save what an examination found: open findings, a log line for each that came or went, when to check again."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.domain.health.examination import ExaminationResult
from connector.domain.health.finding import Finding, Level
from connector.store.health import due_checks, findings
from connector.store.health.findings import (
    CLONED_ORG,
    RAISED_BY_EVENTS,
    StoredFinding,
    replace_findings,
    stored_findings,
)
from connector.store.store import Store
from connector.store.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
# What is wrong is looked at again after a quarter of the time that it has been so: what is mended soon is soon seen, and what
# nobody mends costs an org few calls. What is only to be known can wait longer.
_SOONEST = {Level.WRONG: timedelta(minutes=1), Level.SOON: timedelta(minutes=15)}
_LATEST = timedelta(hours=1)
_Key = tuple[str, str]


def save_findings(*, examined: ExaminationResult, store: Store, now: datetime) -> None:
    """Keep what was found in place of what was found before, and log each finding once when it comes and goes.

    What was not looked at this time stays as it was: not seeing it does not mean that it is over. What events raised is theirs
    to keep, but for what a look has answered.
    """
    found = {_key(one): one for one in examined.found if _stays(one)}
    with store.write() as work:
        before = {_key(one.finding): one for one in stored_findings(work, examined.tenant_id)}
        replace_findings(work, examined.tenant_id, list(found.values()), seen=examined.seen, now=now)
        after = {_key(one.finding): one for one in stored_findings(work, examined.tenant_id)}
        answered = _answered(work, examined, before)
        _look_again(work, examined, after, now=now)
    for key, one in after.items():
        if key not in before:
            _log(examined, "finding_new", one.finding)
    for key, one in before.items():
        if key not in after or key in answered:
            _log(examined, "finding_gone", one.finding)


def _answered(work: UnitOfWork, examined: ExaminationResult, before: dict[_Key, StoredFinding]) -> set[_Key]:
    """A login that opens the right org again answers the copy that had taken its place, and any login to another one."""
    if "org_id" not in examined.seen or examined.fails("org_id"):
        return set()
    strangers = {"login", *(subject for check, subject in before if check == "org_id")}
    over = {
        (check, subject)
        for check, subject in before
        if check == CLONED_ORG and not strangers.isdisjoint(subject.split(","))
    }
    for check, subject in over:
        findings.clear(work, examined.tenant_id, check, subject=subject)
    return over


def _look_again(
    work: UnitOfWork, examined: ExaminationResult, open_ones: dict[_Key, StoredFinding], *, now: datetime
) -> None:
    """Plan the next look at what is still open of that which was looked at now; the round of every minute plans nothing."""
    looked = {*examined.seen, *(one.check for one in examined.unseen)}
    due_checks.finish(work, examined.tenant_id, looked, now=now)
    for (check, _), one in open_ones.items():
        if check not in looked - examined.every_minute - RAISED_BY_EVENTS:
            continue
        pause = min(_LATEST, max(_SOONEST[one.finding.level], (now - one.found_at) / 4))
        due_checks.request_checks(work, examined.tenant_id, [check], at=now + pause)


def _key(finding: Finding) -> _Key:
    return finding.check, finding.subject[:160]


def _stays(finding: Finding) -> bool:
    return finding.level is not Level.FINE and finding.check not in RAISED_BY_EVENTS


def _log(examined: ExaminationResult, event: str, finding: Finding) -> None:
    write = log.error if finding.level is Level.WRONG and event == "finding_new" else log.warning
    write(event, tenant=examined.tenant_id or None, kind=finding.check, fields=finding.subject, reason=finding.problem)
