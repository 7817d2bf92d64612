"""Run one push of order changes, and read the totals that a push waits for."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from connector.domain.tenants.tenant import Tenant
from connector.errors import TenantProblem
from connector.journeys.syncing.push_order_changes import push_order_changes
from connector.journeys.syncing.read_totals_before_push import read_totals_before_push
from connector.services import Services

_RNG = random.SystemRandom()
# Reads that follow each other within this time belong to one stream of payments.
_STREAM = timedelta(seconds=3)


class TotalsReader:
    """Reads the totals that due orders wait for, and remembers when it last did so for each tenant."""

    def __init__(self) -> None:
        self._read_at: dict[str, datetime] = {}

    def read(self, services: Services, tenant_id: str, *, in_a_storm: bool = False) -> int:
        """Read the totals for a tenant's due orders; return how many orders can be pushed now.

        ``in_a_storm``: more orders are about to become due, and their totals are read along if the call has room.
        """
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
    """Return a tenant; None where its secrets cannot be decrypted."""
    # Its rows stay due, and doctor reports it: other tenants must not stop for it.
    try:
        return services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        return None
