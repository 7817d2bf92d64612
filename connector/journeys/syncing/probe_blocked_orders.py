"""Retry some blocked orders of each cause, so that a fix in Salesforce needs no command here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.salesforce.calls.api_allowance import Allowance, ApiLimits
from connector.store.outbox import probes
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def probe_blocked_orders(*, store: Store, limits: ApiLimits, now: Callable[[], datetime]) -> int:
    """Make some blocked orders of every tenant due; return how many."""
    probed = 0
    with store.read() as work:
        tenants = probes.tenants_with_blocked(work)
    for tenant_id in tenants:
        allowance = limits.allowance(tenant_id, now=now())
        if allowance is Allowance.NOTHING:
            continue
        with store.write() as work:
            # They are pushed together with whatever else is due, so a probe costs a call only where nothing else is.
            chosen = probes.probe(work, tenant_id, now=now(), final_only=allowance is Allowance.FINAL_ONLY)
        if chosen:
            log.info("blocked_orders_probed", tenant=tenant_id, count=chosen)
        probed += chosen
    return probed
