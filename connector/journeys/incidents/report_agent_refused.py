"""Record that Salesforce refused the token that came with a launch."""

from __future__ import annotations

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.store.health.findings import AGENT_REFUSED
from connector.store.store import Store


def report_agent_refused(*, tenant: Tenant, store: Store) -> None:
    """Raise a finding, and request the check that finds the cause."""
    # One such launch is a session that ended; if it happens to all of them, the org's IP restrictions exclude us. Only the
    # check sees enough launches to decide.
    finding = Finding(
        check=AGENT_REFUSED,
        level=Level.SOON,
        problem="Salesforce did not accept the agent's own token at a launch.",
        remedy="If it happens to every launch, `chat2pay doctor` says more.",
        impact="That agent was asked to reload the browser tab.",
    )
    store.findings.record(tenant.tenant_id, finding)
    store.findings.suspect(tenant.tenant_id, "agents_refused")
