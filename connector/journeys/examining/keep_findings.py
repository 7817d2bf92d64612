"""Decides what of an examination stays: the open findings in the table, and a log line where one came or went."""

from __future__ import annotations

from datetime import datetime

from connector.domain.examination import Examined
from connector.domain.finding import Finding, Level
from connector.log import get_logger
from connector.store.findings import RAISED_BY_EVENTS, kept, replace_findings
from connector.store.store import Store

log = get_logger()


def keep_findings(*, examined: Examined, store: Store, now: datetime) -> None:
    """Keep what was found in place of what the last examination found, and log each finding once when it comes and goes.

    What could not be looked at this time stays as it was: not seeing it does not mean that it is over. What events
    raised is theirs to keep.
    """
    found = {_key(one): one for one in examined.found if _stays(one)}
    with store.database.write() as connection:
        before = {_key(one.finding): one.finding for one in kept(connection, examined.tenant_id)}
        ours = {key: one for key, one in before.items() if one.check not in RAISED_BY_EVENTS}
        replace_findings(connection, examined.tenant_id, list(found.values()), seen=examined.seen, now=now)
    for key, finding in found.items():
        if key not in before:
            _log(examined, "finding_new", finding)
    for key, finding in ours.items():
        if key not in found and finding.check in examined.seen:
            _log(examined, "finding_gone", finding)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check, finding.subject[:160]


def _stays(finding: Finding) -> bool:
    return finding.level is not Level.FINE and finding.check not in RAISED_BY_EVENTS


def _log(examined: Examined, event: str, finding: Finding) -> None:
    write = log.error if finding.level is Level.WRONG and event == "finding_new" else log.warning
    write(event, tenant=examined.tenant_id or None, kind=finding.check, fields=finding.subject, reason=finding.wrong)
