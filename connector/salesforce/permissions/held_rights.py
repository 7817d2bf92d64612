"""What a user of an org holds, over all assignments, read as the integration user in one call.

A profile is a permission set of its own and a group is assigned as one set that combines its members less what is muted,
so the assignments cover both.
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_permissionset.htm
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.salesforce.calls.soql import listed, select
from connector.salesforce.client import SalesforceClient
from connector.salesforce.orders.order_queries import access_query
from connector.salesforce.permissions.shipped_sets import FIELD_COLUMNS, OBJECT_COLUMNS, Grant, GrantKind

Rows = Sequence[Mapping[str, Any]]
# What a profile may hold in place of the rights on single objects, and what of them each gives.
_EVERY_OBJECT = {
    "ViewAllData": ("PermissionsRead", "PermissionsViewAllRecords"),
    "ModifyAllData": tuple(OBJECT_COLUMNS),
}
# https://developer.salesforce.com/docs/atlas.en-us.256.0.object_reference.meta/object_reference/sforce_api_objects_setupentityaccess.htm
SETUP_ENTITIES = ("CustomPermission", "ApexClass", "CustomEntityDefinition", "ExternalCredentialParameter")
_SHORT_ID = 15
OPERATION = "check_permissions"


@dataclass(frozen=True)
class HeldRights:
    """``sets``: the names of the assigned sets; ``groups``: the ids of the assigned groups; ``sees``: the order asked for."""

    sets: frozenset[str]
    groups: frozenset[str]
    grants: frozenset[Grant]
    everything: frozenset[str]
    sees: bool | None

    def lacks(self, wanted: Iterable[Grant]) -> list[Grant]:
        """Return the permissions that are not held, in a fixed order."""
        return sorted(one for one in wanted if one not in self.grants and not self._by_all_data(one))

    def _by_all_data(self, one: Grant) -> bool:
        return one.kind is GrantKind.OBJECT and any(one.access in _EVERY_OBJECT[name] for name in self.everything)


@dataclass(frozen=True)
class NamedEntities:
    """What SetupEntityAccess points at, by id, with the permission of each; and which tabs a set shows, by its id.

    Ids come with 15 or 18 characters: look one up by ``find``. ``tabs`` is None where the org does not say.
    """

    by_id: Mapping[str, Grant]
    tabs: Mapping[str, frozenset[str]] | None = None

    def find(self, entity_id: object) -> Grant | None:
        """Return the permission of an id."""
        return self.by_id.get(short_id(entity_id))

    def is_known(self, one: Grant) -> bool:
        """Return whether it can be said who holds a permission: not where the org does not show what it is about."""
        if one.kind is GrantKind.TAB:
            return self.tabs is not None
        return one.kind not in (GrantKind.METADATA, GrantKind.PRINCIPAL) or one in self.by_id.values()


def short_id(record_id: object) -> str:
    """Return the first 15 characters of an id, which identify it."""
    return str(record_id)[:_SHORT_ID]


def read_held_rights(
    salesforce: SalesforceClient,
    tenant: Tenant,
    user_id: str,
    *,
    wanted: frozenset[Grant],
    entities: NamedEntities,
    order_id: str | None = None,
) -> HeldRights:
    """Read which of the ``wanted`` permissions a user holds, and whether sharing shows them an order, in one call.

    Raises:
        ValueError: not a Salesforce id; SalesforceRefused, SalesforceUnavailable, TenantProblem.
    """
    rows = salesforce.queries(tenant, _queries(user_id, wanted, order_id), operation=OPERATION)
    system = [one.name for one in wanted if one.kind is GrantKind.SYSTEM]
    assigned = [row.get("PermissionSet") or {} for row in rows["assigned"]]
    return HeldRights(
        sets=frozenset(str(one.get("Name")) for one in assigned),
        groups=frozenset(
            str(row["PermissionSetGroupId"]) for row in rows["assigned"] if row.get("PermissionSetGroupId")
        ),
        grants=frozenset([*_system(assigned, system), *grants_in(rows, entities), *_tabs(rows, entities)]),
        everything=frozenset(name for name in _EVERY_OBJECT if any(one.get(f"Permissions{name}") for one in assigned)),
        sees=any(row.get("HasReadAccess") for row in rows["access"]) if order_id else None,
    )


def _queries(user_id: str, wanted: frozenset[Grant], order_id: str | None) -> dict[str, str]:
    if not is_salesforce_id(user_id):
        raise ValueError("not a Salesforce id")
    mine = f"ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}')"  # noqa: S608
    names = sorted({one.name for one in wanted if one.kind is GrantKind.SYSTEM} | set(_EVERY_OBJECT))
    of_sets = ["PermissionSet.Name", *(f"PermissionSet.Permissions{name}" for name in names)]
    objects, fields = (
        listed(sorted({one.name for one in wanted if one.kind is kind})) for kind in (GrantKind.OBJECT, GrantKind.FIELD)
    )
    # Fields by their names: an administrator's profile has thousands of rows, and a page holds two thousand.
    asked = {
        "assigned": select(
            ["PermissionSetId", "PermissionSetGroupId", *of_sets],
            "PermissionSetAssignment",
            f"AssigneeId = '{user_id}'",
        ),
        "objects": select(["SobjectType", *OBJECT_COLUMNS], "ObjectPermissions", mine, f"SobjectType IN {objects}"),
        "fields": select(["Field", *FIELD_COLUMNS], "FieldPermissions", mine, f"Field IN {fields}"),
        "entities": select(
            ["SetupEntityId"], "SetupEntityAccess", mine, f"SetupEntityType IN {listed(SETUP_ENTITIES)}"
        ),
    }
    return asked | ({"access": access_query(user_id, order_id)} if order_id else {})


def _system(assigned: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[Grant]:
    held = (name for name in names if any(one.get(f"Permissions{name}") for one in assigned))
    return (Grant(GrantKind.SYSTEM, name) for name in held)


def grants_in(rows: Mapping[str, Rows], entities: NamedEntities) -> Iterator[Grant]:
    """Yield what rows of ObjectPermissions, FieldPermissions and SetupEntityAccess give."""
    for row in rows["objects"]:
        yield from (Grant(GrantKind.OBJECT, str(row["SobjectType"]), one) for one in OBJECT_COLUMNS if row.get(one))
    for row in rows["fields"]:
        yield from (Grant(GrantKind.FIELD, str(row["Field"]), one) for one in FIELD_COLUMNS if row.get(one))
    for row in rows["entities"]:
        if found := entities.find(row.get("SetupEntityId")):
            yield found


def _tabs(rows: Mapping[str, Rows], entities: NamedEntities) -> Iterator[Grant]:
    shown = entities.tabs or {}
    for row in rows["assigned"]:
        yield from (Grant(GrantKind.TAB, name) for name in shown.get(short_id(row.get("PermissionSetId")), ()))
