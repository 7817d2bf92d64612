"""Read which org an API call says it comes from, and have it checked."""

from __future__ import annotations

from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.guard_org import guard_org
from connector.services import Services

# Asked for where a launch is opened; elsewhere whoever says where a call comes from must say the truth.
ORG_HEADER = "X-Salesforce-Org-Id"


def require_org(tenant: Tenant, given: str | None, *, where: str, services: Services) -> None:
    """Return quietly when a call comes from the tenant's own org.

    Raises:
        Forbidden: ``wrong_org``: it names another org, or none.
    """
    guard_org(tenant=tenant, given=given, where=where, store=services.store)
