"""What each of our permission sets gives in an org, whoever holds it, read as the integration user in one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.domain.tenants.tenant import Tenant
from connector.salesforce.calls.soql import listed, select
from connector.salesforce.client import SalesforceClient
from connector.salesforce.permissions.held_rights import OPERATION, SETUP_ENTITIES, NamedEntities, grants_in, short_id
from connector.salesforce.permissions.org_facts import OrgFacts
from connector.salesforce.permissions.shipped_sets import (
    FIELD_COLUMNS,
    OBJECT_COLUMNS,
    Grant,
    GrantKind,
    ShippedSet,
    shipped_sets,
)

_IN_PROJECT_CHECK = (GrantKind.APEX, GrantKind.CUSTOM)


def read_lost_grants(
    salesforce: SalesforceClient, tenant: Tenant, facts: OrgFacts
) -> list[tuple[ShippedSet, list[Grant]]]:
    """Return the sets that give less than their files, with what they lack in a fixed order.

    A set of another version is left out, since its file says nothing about it; so is what the org does not show, and a class
    or custom permission that the org does not have: the check of the project names these.
    """
    sets = [one for one in shipped_sets().values() if one.name in facts.sets and facts.sets[one.name] == one.version]
    if not sets:
        return []
    given = _read_contents(salesforce, tenant, facts, sets)
    lost = [
        (one, sorted(grant for grant in one.grants - given[one.name] if _is_known(facts, grant)))
        for one in sorted(sets, key=lambda one: one.name)
    ]
    return [(one, lacks) for one, lacks in lost if lacks]


def _is_known(facts: OrgFacts, one: Grant) -> bool:
    return facts.has(one.kind, one.name) if one.kind in _IN_PROJECT_CHECK else facts.entities.is_known(one)


def _read_contents(
    salesforce: SalesforceClient, tenant: Tenant, facts: OrgFacts, sets: Sequence[ShippedSet]
) -> Mapping[str, frozenset[Grant]]:
    """Return what each set gives, by its name."""
    system = sorted({grant.name for one in sets for grant in one.grants if grant.kind is GrantKind.SYSTEM})
    names = {one.name for one in sets}
    ids = {set_id: name for set_id, name in facts.set_ids.items() if name in names}
    within = f"IN {listed(sorted(ids))}"
    entities = f"SetupEntityType IN {listed(SETUP_ENTITIES)}"
    asked = {
        "sets": select(["Id", *(f"Permissions{name}" for name in system)], "PermissionSet", f"Id {within}"),
        "objects": select(["ParentId", "SobjectType", *OBJECT_COLUMNS], "ObjectPermissions", f"ParentId {within}"),
        "fields": select(["ParentId", "Field", *FIELD_COLUMNS], "FieldPermissions", f"ParentId {within}"),
        "entities": select(["ParentId", "SetupEntityId"], "SetupEntityAccess", f"ParentId {within}", entities),
    }
    rows = salesforce.queries(tenant, asked, operation=OPERATION)
    by_set = {short_id(set_id): set_id for set_id in ids}
    return {
        ids[by_set[one]]: _gives(found, one, facts.entities, system) for one, found in _by_set(rows, by_set).items()
    }


def _by_set(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], sets: Iterable[str]
) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """Return the rows by the short id of their set, then by the query that they answer."""
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {one: defaultdict(list) for one in sets}
    for query, several in rows.items():
        for row in several:
            found[short_id(row.get("ParentId") or row.get("Id"))][query].append(row)
    return found


def _gives(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], set_id: str, entities: NamedEntities, system: Sequence[str]
) -> frozenset[Grant]:
    ticked = (name for row in rows["sets"] for name in system if row.get(f"Permissions{name}"))
    tabs = (entities.tabs or {}).get(set_id, frozenset())
    return frozenset(
        [
            *(Grant(GrantKind.SYSTEM, name) for name in ticked),
            *grants_in(rows, entities),
            *(Grant(GrantKind.TAB, name) for name in tabs),
        ]
    )
