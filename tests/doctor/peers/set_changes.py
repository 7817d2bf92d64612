"""Take one permission out of a set in the sandbox's org and put it back, and read what a finding says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.domain.health.finding import Finding
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, ShippedSet
from sandbox.org.permissions.setup_entities import CREDENTIALS
from sandbox.org.records.store import Row
from sandbox.org.wire.ids import canonical_id

if TYPE_CHECKING:
    from tests.doctor.clinic import Clinic

_LABELS = {
    "ApiEnabled": "API Enabled",
    "ApiUserOnly": "API Only User",
    "EditActivatedOrders": "Edit Activated Orders",
    "SendCustomNotifications": "Send Custom Notifications",
    "ViewRoles": "View Roles and Role Hierarchy",
    "ViewSetup": "View Setup and Configuration",
}
_ROWS = {
    GrantKind.OBJECT: ("ObjectPermissions", "SobjectType"),
    GrantKind.FIELD: ("FieldPermissions", "Field"),
    GrantKind.TAB: ("PermissionSetTabSetting", "Name"),
}


def take_out(clinic: Clinic, shipped: ShippedSet, one: Grant) -> tuple[str, Row]:
    """Untick one permission in a set, and return the row as it was, with its object."""
    org = clinic.org.extensions["org"]
    name, row = _row(clinic, shipped, one)
    with org.records.transaction():
        if one.kind in (GrantKind.OBJECT, GrantKind.FIELD, GrantKind.SYSTEM):
            column = one.access or f"Permissions{one.name}"
            org.records.put(name, row | {column: False})
        else:
            org.records.remove(name, row["Id"])
        org.apply_permissions()
    return name, row


def put_back(clinic: Clinic, taken: tuple[str, Row]) -> None:
    """Tick it again."""
    org = clinic.org.extensions["org"]
    with org.records.transaction():
        org.records.put(*taken)
        org.apply_permissions()


def _row(clinic: Clinic, shipped: ShippedSet, one: Grant) -> tuple[str, Row]:
    org = clinic.org.extensions["org"]
    parent = org.permissions.set_named(shipped.name)
    if one.kind is GrantKind.SYSTEM:
        return "PermissionSet", parent
    name, column = _ROWS.get(one.kind, ("SetupEntityAccess", "SetupEntityId"))
    names = _names_of_entities(clinic)
    mine = (row for row in org.records.rows(name) if row["ParentId"] == parent["Id"])
    return name, next(row for row in mine if names.get(row[column], row[column]) == one.name)


def _names_of_entities(clinic: Clinic) -> dict[str, str]:
    """Return the names of what SetupEntityAccess points at, by id."""
    records = clinic.org.extensions["org"].records
    types = [row for row in records.rows("EntityDefinition") if row["DurableId"]]
    principals = [
        (record_id, f"{credential}-{principal}")
        for credential, known in records.setting(CREDENTIALS).items()
        for principal, record_id in known.items()
    ]
    return {
        **{row["Id"]: row["Name"] for row in records.rows("ApexClass")},
        **{row["Id"]: row["DeveloperName"] for row in records.rows("CustomPermission")},
        **{canonical_id(row["DurableId"]): row["QualifiedApiName"] for row in types},
        **dict(principals),
    }


def said(finding: Finding) -> str:
    """Return all that a finding says, with the API names of the permissions that it calls by their labels."""
    words = f"{finding.problem} {finding.subject} {finding.remedy}"
    return words + " ".join(name for name, label in _LABELS.items() if f"“{label}”" in words)


def leads_back(finding: Finding, shipped: ShippedSet, one: Grant) -> bool:
    """Return whether a finding leads to the click that ticks the permission in its set again."""
    click = f"Setup → Permission Sets → {shipped.label}" in finding.remedy
    if one.kind in (GrantKind.OBJECT, GrantKind.FIELD):
        return click and f"Object Settings → {one.name.partition('.')[0]}" in finding.remedy
    return click
