"""Save an examination's findings, log each that is new or closed, and schedule the next check of those that stay."""

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
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
# An open finding is checked again after a quarter of its age, so that a quick fix is seen quickly, and a fault that nobody
# fixes costs an org few calls.
_SOONEST = {Level.WRONG: timedelta(minutes=1), Level.SOON: timedelta(minutes=15)}
_LATEST = timedelta(hours=1)
_Key = tuple[str, str]


def save_findings(*, examined: ExaminationResult, store: Store, now: datetime) -> None:
    """Replace the stored findings of the checks that ran, and log each finding once when it is new and once when closed.

    Findings of checks that did not run stay: not having looked does not mean that the fault is over. Findings that events
    raise stay too, unless a check has disproved them.
    """
    found = {_key(one): one for one in examined.found if _is_stored(one)}
    with store.write() as work:
        before = {_key(one.finding): one for one in stored_findings(work, examined.tenant_id)}
        replace_findings(work, examined.tenant_id, list(found.values()), seen=examined.seen, now=now)
        after = {_key(one.finding): one for one in stored_findings(work, examined.tenant_id)}
        answered = _close_disproved(work, examined, before)
        _schedule_checks(work, examined, after, now=now)
    for key, one in after.items():
        if key not in before:
            _log(examined, "finding_new", one.finding)
    for key, one in before.items():
        if key not in after or key in answered:
            _log(examined, "finding_gone", one.finding)


def _close_disproved(work: UnitOfWork, examined: ExaminationResult, before: dict[_Key, StoredFinding]) -> set[_Key]:
    """Close the findings about a copied org that the login now disproves, and return their keys."""
    if "org_id" not in examined.seen or examined.fails("org_id"):
        return set()
    # A login that opens the right org again means that any other org it used to open no longer has the tenant's keys.
    strangers = {"login", *(subject for check, subject in before if check == "org_id")}
    over = {
        (check, subject)
        for check, subject in before
        if check == CLONED_ORG and not strangers.isdisjoint(subject.split(","))
    }
    for check, subject in over:
        findings.clear(work, examined.tenant_id, check, subject=subject)
    return over


def _schedule_checks(
    work: UnitOfWork, examined: ExaminationResult, remaining: dict[_Key, StoredFinding], *, now: datetime
) -> None:
    """Schedule the next run of the checks that ran now and have open findings; those of every minute need none."""
    checked = {*examined.seen, *(one.check for one in examined.unseen)}
    due_checks.finish(work, examined.tenant_id, checked, now=now)
    for (check, _), one in remaining.items():
        if check not in checked - examined.every_minute - RAISED_BY_EVENTS:
            continue
        pause = min(_LATEST, max(_SOONEST[one.finding.level], (now - one.found_at) / 4))
        due_checks.request_checks(work, examined.tenant_id, [check], at=now + pause)


def _key(finding: Finding) -> _Key:
    return finding.check, finding.subject[:160]


def _is_stored(finding: Finding) -> bool:
    return finding.level is not Level.FINE and finding.check not in RAISED_BY_EVENTS


def _log(examined: ExaminationResult, event: str, finding: Finding) -> None:
    write = log.error if finding.level is Level.WRONG and event == "finding_new" else log.warning
    write(event, tenant=examined.tenant_id or None, kind=finding.check, fields=finding.subject, reason=finding.problem)
