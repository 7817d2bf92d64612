"""Knows how one batch of order changes is pushed with the services of a process; refuses to know when."""

from __future__ import annotations

import random
from datetime import timedelta

from connector.errors import TenantProblem
from connector.journeys.push_order_changes import push_order_changes
from connector.services import Services

_DICE = random.SystemRandom()


def push_batch(services: Services, batch: tuple[str, tuple[int, ...]]) -> int:
    """Push one batch (tenant, partitions); return how many orders were claimed."""
    tenant_id, partitions = batch
    try:
        tenant = services.store.tenants.by_id(tenant_id)
    except TenantProblem:
        return 0  # no key opens its secrets; doctor names it, and its rows stay due
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
