"""Compare a mapping file with a tenant's mapping, and check it against the org; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.mapping import Mapping
from connector.domain.tenants.tenant import Tenant
from connector.journeys.mapping.check_mapping import check_mapping
from connector.journeys.mapping.hold_order_object import hold_order_object
from connector.journeys.mapping.validate_mapping import validate_mapping
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store
from connector.store.tenants.mappings import build_mapping, own_mapping, whole_mapping


@dataclass(frozen=True)
class EntryChange:
    """One entry that would change; None on the side where it does not exist."""

    entry: str
    before: Any
    after: Any


@dataclass(frozen=True)
class MappingChange:
    """A tenant with the proposed mapping, what differs, and the findings about it."""

    tenant: Tenant
    differences: tuple[EntryChange, ...]
    found: tuple[Finding, ...]

    @property
    def may_be_kept(self) -> bool:
        """Return whether nothing would fail."""
        return not any(one.level is Level.WRONG for one in self.found)


def propose_mapping(
    *, tenant: Tenant, given: dict[str, Any], store: Store, salesforce: SalesforceClient
) -> MappingChange:
    """Merge ``given`` into the default mapping, and check it against the org and our open payments.

    ``{}`` is the default itself.

    Raises:
        Invalid: by entry; SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be described.
    """
    # Built from the file alone: an entry that the file leaves out goes back to its default, which later versions may improve.
    mapping = build_mapping(validate_mapping(given))
    proposed = replace(tenant, mapping=mapping)
    differences = tuple(_differences(tenant.mapping, mapping))
    held = hold_order_object(tenant_id=tenant.tenant_id, before=tenant.mapping, after=mapping, store=store)
    return MappingChange(proposed, differences, (*held, *check_mapping(tenant=proposed, salesforce=salesforce)))


def mapping_of(tenant: Tenant) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (all entries in force, the tenant's own entries), as in a mapping file."""
    return whole_mapping(tenant.mapping), own_mapping(tenant.mapping)


def _differences(before: Mapping, after: Mapping) -> Iterator[EntryChange]:
    # Of everything in force and not of the files: a default that a later version changed is a difference, too.
    old, new = dict(_flat(whole_mapping(before))), dict(_flat(whole_mapping(after)))
    for entry in sorted(old.keys() | new.keys()):
        if old.get(entry) != new.get(entry):
            yield EntryChange(entry, old.get(entry), new.get(entry))


def _flat(value: Any, entry: str = "") -> Iterator[tuple[str, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield entry, value
        return
    for name, one in inner:
        yield from _flat(one, f"{entry}.{name}" if entry else str(name))
