"""Store a proposed mapping without undoing other changes to the tenant."""

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
    """Store a proposed mapping; running processes follow within five seconds.

    Raises:
        Invalid: open payments keep the mapping's order object from changing.
    """
    mapping = change.tenant.mapping

    def changed(current: Tenant) -> Tenant:
        # Checked again under the tenant's lock: payments may have begun since the mapping was proposed.
        for one in hold_order_object(tenant_id=current.tenant_id, before=current.mapping, after=mapping, store=store):
            raise Invalid({one.subject: [f"{one.problem} {one.remedy}"]})
        return replace(current, mapping=mapping)

    store.tenants.change(change.tenant.tenant_id, changed, now=now)
    entries = [one.entry for one in change.differences]
    log.info("mapping_changed", tenant=change.tenant.tenant_id, fields=entries)
