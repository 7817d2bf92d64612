"""The tenant that a command's argument or option names."""

from __future__ import annotations

import click

from connector.domain.tenants.tenant import Tenant
from connector.services import Services


def known_tenant(services: Services, tenant_id: str) -> Tenant:
    """Return the tenant of an id.

    Raises:
        UsageError: there is none.
    """
    found = services.store.tenants.by_id(tenant_id)
    if found is None:
        raise click.UsageError(f"There is no tenant {tenant_id}: `chat2pay tenant list` names them.")
    return found


def chosen_tenants(services: Services, tenant_id: str | None) -> list[Tenant]:
    """Return the tenant of an id, or every tenant where none is given.

    Raises:
        UsageError: there is none of that id.
    """
    return services.store.tenants.every() if tenant_id is None else [known_tenant(services, tenant_id)]
