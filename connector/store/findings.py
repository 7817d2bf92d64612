"""Knows which findings are open, since when, and for whom; refuses to know how one is made or shown.

What is in order is not kept. A finding that an event raised (a launch from a copied org) is not the examination's to take
away: it stays for a week after it was last seen, or until it is cleared.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from connector.domain.finding import Finding, Level
from connector.store.tables import findings
from connector.store.upsert import insert_into

AGENT_REFUSED = "agent_token_refused"
CLONED_ORG = "cloned_org"
LOGIN_REFUSED = "login_refused"
STOP_UNREAD = "stop_unread"
CONSENT_UNREADABLE = "consent_unreadable"
RAISED_BY_EVENTS = frozenset({AGENT_REFUSED, CLONED_ORG, CONSENT_UNREADABLE, LOGIN_REFUSED, STOP_UNREAD})
_EVENT_STAYS = timedelta(days=7)


@dataclass(frozen=True)
class KeptFinding:
    """An open finding: whose it is, when it was first and last seen."""

    tenant_id: str
    finding: Finding
    found_at: datetime
    seen_at: datetime


def add_finding(connection: Connection, tenant_id: str, finding: Finding, *, now: datetime) -> None:
    """Keep one finding, or note that it was seen again; one that is fine closes the open one of the same subject."""
    if finding.level is Level.FINE:
        clear(connection, tenant_id, finding.check, subject=finding.subject)
        return
    told = {"level": finding.level.value, "wrong": finding.wrong, "mend": finding.mend, "otherwise": finding.otherwise}
    row = {"tenant_id": tenant_id, "check": finding.check, "subject": finding.subject[:160], "found_at": now}
    put = insert_into(connection.dialect.name, findings).values({**row, **told, "seen_at": now})
    names = [findings.c.tenant_id, findings.c.check, findings.c.subject]
    connection.execute(put.on_conflict_do_update(index_elements=names, set_={**told, "seen_at": now}))


def replace_findings(
    connection: Connection, tenant_id: str, found: Sequence[Finding], *, seen: Collection[str], now: datetime
) -> None:
    """Keep what an examination found in place of what the last one found; what was open before keeps its first time.

    Only what it looked at (``seen``: checks) can be over.
    """
    for finding in found:
        add_finding(connection, tenant_id, finding, now=now)
    raised = findings.c.check.in_(RAISED_BY_EVENTS)
    over = (raised & (findings.c.seen_at <= now - _EVENT_STAYS)) | (~raised & findings.c.check.in_(seen))
    mine = (findings.c.tenant_id == tenant_id) & (findings.c.seen_at < now)
    connection.execute(delete(findings).where(mine, over))


def clear(connection: Connection, tenant_id: str, check: str, *, subject: str | None = None) -> int:
    """Close the open findings of one check, or the one about ``subject``; return how many there were."""
    mine = (findings.c.tenant_id == tenant_id) & (findings.c.check == check)
    if subject is not None:
        mine &= findings.c.subject == subject[:160]
    return connection.execute(delete(findings).where(mine)).rowcount


def kept(connection: Connection, tenant_id: str | None = None) -> list[KeptFinding]:
    """Return what is open, of one tenant or of all, the worst and oldest first; the deployment's tenant is empty."""
    query = select(findings).order_by(findings.c.level.desc(), findings.c.found_at, findings.c.check)
    if tenant_id is not None:
        query = query.where(findings.c.tenant_id == tenant_id)
    return [
        KeptFinding(
            tenant_id=row.tenant_id,
            finding=Finding(
                check=row.check,
                level=Level(row.level),
                wrong=row.wrong,
                mend=row.mend,
                otherwise=row.otherwise,
                subject=row.subject,
            ),
            found_at=row.found_at,
            seen_at=row.seen_at,
        )
        for row in connection.execute(query)
    ]
