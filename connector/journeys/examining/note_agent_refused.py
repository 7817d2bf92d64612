"""Decides what is remembered when Salesforce refuses the token that a launch has just brought."""

from __future__ import annotations

from datetime import datetime

from connector.domain.finding import Finding, Level
from connector.domain.tenant import Tenant
from connector.store.findings import AGENT_REFUSED, add_finding
from connector.store.store import Store


def note_agent_refused(*, tenant: Tenant, store: Store, now: datetime) -> None:
    """Remember it for the next examination: one such launch is a session that ended, all of them are rules for addresses."""
    finding = Finding(
        check=AGENT_REFUSED,
        level=Level.SOON,
        wrong="Salesforce did not accept the agent's own token at a launch.",
        mend="If it happens to every launch, `chat2pay doctor` says more.",
        otherwise="That agent was asked to reload the browser tab.",
    )
    with store.database.write() as connection:
        add_finding(connection, tenant.tenant_id, finding, now=now)
