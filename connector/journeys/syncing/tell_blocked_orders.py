"""Decides when the open findings about blocked orders change: within seconds of their first refusal, and of their mend."""

from __future__ import annotations

from datetime import datetime

from connector.domain.examination import Examined
from connector.journeys.examining.keep_findings import keep_findings
from connector.journeys.examining.name_blocked_orders import LONG, ORDERS_REFUSED, name_blocked_orders
from connector.store.blocked import listing, probes
from connector.store.findings import kept
from connector.store.store import Store


def tell_blocked_orders(*, store: Store, now: datetime) -> None:
    """Keep what blocks each tenant's orders as findings, so that metrics and log tell it now and not by night.

    Nothing is written where it is told already.
    """
    with store.database.read() as connection:
        open_ones = [one for one in kept(connection) if one.finding.check == ORDERS_REFUSED]
        tenants = {one.tenant_id for one in open_ones}
        tenants.update(probes.tenants_with_blocked(connection))
        tenants.update(listing.tenants_waiting_long(connection, since=now - LONG))
    for tenant_id in sorted(tenants):
        found = name_blocked_orders(tenant_id=tenant_id, store=store, now=now)
        told = [one.finding for one in open_ones if one.tenant_id == tenant_id]
        if {(one.subject, one.wrong) for one in found} != {(one.subject, one.wrong) for one in told}:
            looked = (ORDERS_REFUSED,)
            examined = Examined(tenant_id, tenant_id, tuple(found), (), looked, frozenset(looked))
            keep_findings(examined=examined, store=store, now=now)
