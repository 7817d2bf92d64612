"""Open findings: of which tenant, since when, and last seen when.

A finding that an event raised (such as a refused launch) is not closed by an examination, but when its subject works
again, or some time after it was last seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update

from connector.domain.health.finding import Finding, Level
from connector.store.schema.tables import findings
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

AGENT_REFUSED = "agent_token_refused"
CALLBACKS_REFUSED = "callbacks_refused"
CLONED_ORG = "cloned_org"
CONSENT_UNREADABLE = "consent_unreadable"
LAUNCHES_REFUSED = "launches_refused"
# The last refusal of each agent, by user id: kept for whoever asks about that agent, and no finding of the tenant.
LAUNCH_OF_AGENT = "launch_of_agent"
LAUNCH_UNSIGNED = "launch_unsigned"
STOP_UNREAD = "stop_unread"
# Both are stored under their first names, by which a process of the version before closes them.
OPT_OUT_UNPROVEN = "word_unproven"
SETTINGS_UNANNOUNCED = "settings_untold"
# A failed login is stored under the name of the check for it, whose own finding explains more and replaces it.
LOGIN_REFUSED = "login"
# How long each stays open after it was last seen, where nothing shows that it is over.
_STAYS = {
    AGENT_REFUSED: timedelta(days=7),
    CALLBACKS_REFUSED: timedelta(days=7),
    CLONED_ORG: timedelta(days=1),  # a copied org that is in use tries again every day
    CONSENT_UNREADABLE: timedelta(days=7),
    LAUNCHES_REFUSED: timedelta(days=7),
    LAUNCH_OF_AGENT: timedelta(days=7),
    LAUNCH_UNSIGNED: timedelta(days=7),
    OPT_OUT_UNPROVEN: timedelta(days=7),
    SETTINGS_UNANNOUNCED: timedelta(days=7),
    STOP_UNREAD: timedelta(days=7),
}
RAISED_BY_EVENTS = frozenset(_STAYS)
# The most subjects that one grouped finding names: they are 18 characters each, and the column has room for 160.
_MOST_IN_GROUP = 8


@dataclass(frozen=True)
class StoredFinding:
    """An open finding of a tenant, with when it was first and last seen."""

    tenant_id: str
    finding: Finding
    found_at: datetime
    seen_at: datetime


def add_finding(work: UnitOfWork, tenant_id: str, finding: Finding, *, now: datetime) -> None:
    """Store one finding, or that it was seen again; a ``fine`` one closes the open one about the same subject."""
    if finding.level is Level.FINE:
        clear(work, tenant_id, finding.check, subject=finding.subject)
        return
    values = {
        "level": finding.level.value,
        "wrong": finding.problem,
        "mend": finding.remedy,
        "otherwise": finding.impact,
    }
    row = {"tenant_id": tenant_id, "check": finding.check, "subject": finding.subject[:160], "found_at": now}
    put = insert_into(work.connection.dialect.name, findings).values({**row, **values, "seen_at": now})
    names = [findings.c.tenant_id, findings.c.check, findings.c.subject]
    work.connection.execute(put.on_conflict_do_update(index_elements=names, set_={**values, "seen_at": now}))


def add_to_group(
    work: UnitOfWork, tenant_id: str, finding: Finding, *, group: Sequence[StoredFinding], now: datetime
) -> None:
    """Store a finding in place of the open ones of its ``group``; its sentence counts and names their subjects too."""
    # One finding per tenant with a count, because a caller can name any number of org ids.
    earlier = (name for one in group for name in one.finding.subject.split(","))
    names = list(dict.fromkeys([finding.subject, *earlier]))[:_MOST_IN_GROUP]
    for one in group:
        clear(work, tenant_id, finding.check, subject=one.finding.subject)
    add_finding(
        work, tenant_id, replace(finding, subject=",".join(names), problem=_counted(finding.problem, names)), now=now
    )
    since = min((one.found_at for one in group), default=now)
    mine = (findings.c.tenant_id == tenant_id) & (findings.c.check == finding.check)
    work.connection.execute(update(findings).where(mine, findings.c.subject == ",".join(names)).values(found_at=since))


def _counted(problem: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return problem
    count = f"At least {len(names)}" if len(names) == _MOST_IN_GROUP else str(len(names))
    return f"{problem} {count} such orgs were seen: {', '.join(names)}."


def replace_findings(
    work: UnitOfWork, tenant_id: str, found: Sequence[Finding], *, seen: Collection[str], now: datetime
) -> None:
    """Store what an examination found in place of earlier findings of the checks that it has run (``seen``).

    A finding that is found again keeps its first time. Findings that events raised are removed when their time is over.
    """
    for finding in found:
        add_finding(work, tenant_id, finding, now=now)
    mine = findings.c.tenant_id == tenant_id
    unseen = (findings.c.seen_at < now) & findings.c.check.in_(sorted(set(seen) - RAISED_BY_EVENTS))
    work.connection.execute(delete(findings).where(mine, unseen))
    for check, stays in _STAYS.items():
        work.connection.execute(
            delete(findings).where(mine, findings.c.check == check, findings.c.seen_at <= now - stays)
        )


def clear(work: UnitOfWork, tenant_id: str, check: str, *, subject: str | None = None) -> int:
    """Close the open findings of one check, or only the one about ``subject``; return how many."""
    mine = (findings.c.tenant_id == tenant_id) & (findings.c.check == check)
    if subject is not None:
        mine &= findings.c.subject == subject[:160]
    return work.connection.execute(delete(findings).where(mine)).rowcount


def clear_subject(work: UnitOfWork, check: str, subject: str) -> int:
    """Close the findings of one check that name ``subject``, for every tenant; return how many.

    A group is closed as a whole: its other subjects are found again when they try next.
    """
    mine = (findings.c.check == check) & findings.c.subject.contains(subject, autoescape=True)
    return work.connection.execute(delete(findings).where(mine)).rowcount


def stored_findings(work: UnitOfWork, tenant_id: str | None = None) -> list[StoredFinding]:
    """Return open findings of one tenant or of all, the worst and oldest first; the deployment's tenant id is empty."""
    query = select(findings).where(findings.c.check != LAUNCH_OF_AGENT)
    query = query.order_by(findings.c.level.desc(), findings.c.found_at, findings.c.check)
    if tenant_id is not None:
        query = query.where(findings.c.tenant_id == tenant_id)
    return [_stored(row) for row in work.connection.execute(query)]


def open_findings(work: UnitOfWork, checks: Collection[str], *, tenant_id: str | None = None) -> list[StoredFinding]:
    """Return the open findings of some checks, of one tenant or of all."""
    query = select(findings).where(findings.c.check.in_(sorted(checks)))
    if tenant_id is not None:
        query = query.where(findings.c.tenant_id == tenant_id)
    return [_stored(row) for row in work.connection.execute(query)]


def _stored(row: Row[Any]) -> StoredFinding:
    return StoredFinding(
        tenant_id=row.tenant_id,
        finding=Finding(
            check=row.check,
            level=Level(row.level),
            problem=row.wrong,
            remedy=row.mend,
            impact=row.otherwise,
            subject=row.subject,
        ),
        found_at=row.found_at,
        seen_at=row.seen_at,
    )
