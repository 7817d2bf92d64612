"""One push: a batch of order changes with the services of a process, and the totals that it waits for."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.syncing.push_order_changes import push_order_changes
from connector.journeys.syncing.read_totals_before_push import read_totals_before_push
from connector.services import Services

_RNG = random.SystemRandom()
# Readings that follow each other so closely are a stream of payments.
_STREAM = timedelta(seconds=3)


class TotalsReader:
    """Reads the totals that due orders wait for, and remembers for whom this process did so a moment ago."""

    def __init__(self) -> None:
        self._read_at: dict[str, datetime] = {}

    def read(self, services: Services, tenant_id: str, *, in_a_storm: bool = False) -> int:
        """Read what a tenant's due orders wait for; return how many orders can go on. In a storm more are about to come."""
        tenant = _tenant(services, tenant_id)
        if tenant is None:
            return 0
        before, now = self._read_at.get(tenant_id), services.now()
        read = read_totals_before_push(
            services.for_tenant(tenant),
            rng=_RNG,
            in_a_stream=in_a_storm or (before is not None and timedelta(0) <= now - before < _STREAM),
        )
        if read:
            self._read_at[tenant_id] = now
        return read


def push_batch(services: Services, batch: tuple[str, tuple[int, ...]]) -> int:
    """Push one batch (tenant, partitions); return how many orders were claimed."""
    tenant_id, partitions = batch
    tenant = _tenant(services, tenant_id)
    if tenant is None:
        return 0
    return push_order_changes(
        services.for_tenant(tenant),
        partitions=partitions,
        lease=timedelta(seconds=3 * services.settings.salesforce_timeout),
        rng=_RNG,
        owner=services.owner,
    )


def _tenant(services: Services, tenant_id: str) -> Tenant | None:
    """Return a tenant; None where no key opens its secrets: doctor names it, and its rows stay due."""
    try:
        return services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        return None
