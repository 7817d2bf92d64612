"""Check the Salesforce org that an API call names against the tenant's own."""

from __future__ import annotations

from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.guard_org import guard_org
from connector.services import Services

# Required where a launch is opened; optional elsewhere, but checked wherever it is sent.
ORG_HEADER = "X-Salesforce-Org-Id"


def require_org(tenant: Tenant, given: str | None, *, where: str, services: Services) -> None:
    """Check that a call names the tenant's own org.

    Raises:
        Forbidden: ``wrong_org``: the call names another org, or none.
    """
    guard_org(tenant=tenant, given=given, where=where, store=services.store)
