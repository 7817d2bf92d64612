"""Write a proposed mapping without undoing what else of the tenant changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.mapping.hold_order_object import hold_order_object
from connector.journeys.mapping.propose_mapping import MappingChange
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def change_mapping(*, change: MappingChange, store: Store, now: datetime) -> None:
    """Keep a proposed mapping; a running server follows within five seconds.

    Raises:
        Invalid: payments were begun meanwhile that keep its object from changing.
    """
    mapping = change.tenant.mapping

    def changed(kept: Tenant) -> Tenant:
        for one in hold_order_object(tenant_id=kept.tenant_id, before=kept.mapping, after=mapping, store=store):
            raise Invalid({one.subject: [f"{one.problem} {one.remedy}"]})
        return replace(kept, mapping=mapping)

    store.tenants.change(change.tenant.tenant_id, changed, now=now)
    entries = [one.entry for one in change.differences]
    log.info("mapping_changed", tenant=change.tenant.tenant_id, fields=entries)
