"""Decides what is kept of a proposed mapping: the mapping, and whatever else of the tenant was changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.journeys.mapping.propose_mapping import MappingChange
from connector.log import get_logger
from connector.store.store import Store

log = get_logger()


def change_mapping(*, change: MappingChange, store: Store, now: datetime) -> None:
    """Keep a proposed mapping; a running server follows within five seconds."""
    mapping = change.tenant.mapping
    store.tenants.change(change.tenant.tenant_id, lambda kept: replace(kept, mapping=mapping), now=now)
    entries = [one.entry for one in change.differences]
    log.info("mapping_changed", tenant=change.tenant.tenant_id, fields=entries)
