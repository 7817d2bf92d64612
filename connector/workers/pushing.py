"""How one batch of order changes is pushed with the services of a process, and the totals read that it waits for."""

from __future__ import annotations

import random
from datetime import timedelta

from connector.domain.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.push_order_changes import push_order_changes
from connector.journeys.totals.read_due_totals import read_due_totals
from connector.services import Services

_DICE = random.SystemRandom()


def read_totals(services: Services, tenant_id: str) -> int:
    """Read the totals that a tenant's due orders wait for; return how many orders can go on."""
    tenant = _tenant(services, tenant_id)
    if tenant is None:
        return 0
    return read_due_totals(
        tenant=tenant, store=services.store, salesforce=services.salesforce, now=services.now, dice=_DICE
    )


def push_batch(services: Services, batch: tuple[str, tuple[int, ...]]) -> int:
    """Push one batch (tenant, partitions); return how many orders were claimed."""
    tenant_id, partitions = batch
    tenant = _tenant(services, tenant_id)
    if tenant is None:
        return 0
    return push_order_changes(
        tenant=tenant,
        partitions=partitions,
        store=services.store,
        salesforce=services.salesforce,
        now=services.now,
        lease=timedelta(seconds=3 * services.settings.salesforce_timeout),
        dice=_DICE,
        owner=services.owner,
    )


def _tenant(services: Services, tenant_id: str) -> Tenant | None:
    """Return a tenant; None where no key opens its secrets: doctor names it, and its rows stay due."""
    try:
        return services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        return None
