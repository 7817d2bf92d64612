"""What an org has of our project: permission sets, custom permissions, Apex classes, flows and groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.tenants.tenant import Tenant, is_salesforce_id, long_id
from connector.errors import SalesforceRefused, TenantProblem
from connector.salesforce.calls.soql import listed, select
from connector.salesforce.client import SalesforceClient
from connector.salesforce.permissions.held_rights import OPERATION, NamedEntities
from connector.salesforce.permissions.setup_entities import read_setup_entities
from connector.salesforce.permissions.shipped_sets import Grant, GrantKind, shipped_sets, version_in

Rows = Sequence[Mapping[str, Any]]
_USERNAME = re.compile(r"[^'\\\s]{1,80}@[^'\\\s]{1,80}")


@dataclass(frozen=True)
class OrgFacts:
    """``sets``: the deployed sets of ours with the version that their descriptions name, None where they name none."""

    sets: Mapping[str, str | None]
    set_ids: Mapping[str, str]
    entities: NamedEntities

    def has(self, kind: GrantKind, name: str) -> bool:
        """Return whether the org has a custom permission or Apex class."""
        return Grant(kind, name) in self.entities.by_id.values()


@dataclass(frozen=True)
class OrgUser:
    """A user of the org."""

    user_id: str
    username: str
    name: str
    active: bool


@dataclass(frozen=True)
class GroupMember:
    """A permission set in a permission set group that a user holds; ``status`` says whether the group is up to date."""

    group: str
    status: str
    set_name: str


def read_org_facts(salesforce: SalesforceClient, tenant: Tenant, *, own_id: str) -> OrgFacts:
    """Read our sets and what they open, as the user ``own_id``: two calls, and one a credential that a deployed set opens.

    Raises:
        TenantProblem: that user may not see what anybody holds, so nothing that is missing here would be missing there.
    """
    mine = f"AssigneeId = '{long_id(own_id)}'"
    asked = {
        "setup": select(["Id"], "PermissionSetAssignment", mine, "PermissionSet.PermissionsViewSetup = TRUE"),
        "sets": select(["Id", "Name", "Description"], "PermissionSet", "Name LIKE 'Chat2Pay_%'"),
        "customs": select(["Id", "DeveloperName"], "CustomPermission", "DeveloperName LIKE 'Chat2Pay_%'"),
        "classes": select(["Id", "Name"], "ApexClass", "(Name LIKE 'Chat2Pay%' OR Name LIKE 'PaymentCanvas%')"),
    }
    rows = salesforce.queries(tenant, asked, operation=OPERATION)
    if not rows["setup"]:
        raise TenantProblem("without “View Setup and Configuration” the org does not show who holds what.")
    customs = {str(row["Id"]): Grant(GrantKind.CUSTOM, str(row["DeveloperName"])) for row in rows["customs"]}
    classes = {str(row["Id"]): Grant(GrantKind.APEX, str(row["Name"])) for row in rows["classes"]}
    deployed = [shipped_sets()[name].grants for row in rows["sets"] if (name := str(row["Name"])) in shipped_sets()]
    wanted = frozenset().union(*deployed)
    return OrgFacts(
        sets={str(row["Name"]): version_in(row.get("Description")) for row in rows["sets"]},
        set_ids={str(row["Id"]): str(row["Name"]) for row in rows["sets"]},
        entities=read_setup_entities(salesforce, tenant, customs | classes, wanted=wanted),
    )


def is_username(text: str) -> bool:
    """Return whether a text can be a username, and is safe inside a query."""
    return _USERNAME.fullmatch(text) is not None


def find_user(salesforce: SalesforceClient, tenant: Tenant, username: str) -> OrgUser | None:
    """Return the user of a username; None where there is none, or none that we see.

    Raises:
        ValueError: no username looks like that; it goes into SOQL.
    """
    if not is_username(username):
        raise ValueError("not a username")
    return next(iter(_users(salesforce, tenant, f"Username = '{username}'")), None)


def read_users(salesforce: SalesforceClient, tenant: Tenant, user_ids: Sequence[str]) -> list[OrgUser]:
    """Return users by their ids, in one call."""
    ids = [one for one in user_ids if is_salesforce_id(one)]
    return _users(salesforce, tenant, f"Id IN {listed(ids)}") if ids else []


def _users(salesforce: SalesforceClient, tenant: Tenant, condition: str) -> list[OrgUser]:
    soql = select(["Id", "Username", "Name", "IsActive"], "User", condition)
    rows = salesforce.query(tenant, soql, operation=OPERATION)
    return [
        OrgUser(str(row["Id"]), str(row.get("Username")), str(row.get("Name")), bool(row.get("IsActive")))
        for row in rows
    ]


def read_groups(
    salesforce: SalesforceClient, tenant: Tenant, group_ids: Sequence[str], *, ours: Mapping[str, str]
) -> list[GroupMember]:
    """Return which of our sets (``ours``, by id) are in permission set groups, in one call.

    https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-permissionsetgroupcomponent.html
    """
    ids = [one for one in group_ids if is_salesforce_id(one)]
    if not ids:
        return []
    columns = ["PermissionSetGroup.DeveloperName", "PermissionSetGroup.Status", "PermissionSetId"]
    soql = select(columns, "PermissionSetGroupComponent", f"PermissionSetGroupId IN {listed(ids)}")
    rows = salesforce.query(tenant, soql, operation=OPERATION)
    # A muting set is a member of its group, too; it is none of ours.
    return [_group_member(row, ours) for row in rows if row.get("PermissionSetId") in ours]


def _group_member(row: Mapping[str, Any], ours: Mapping[str, str]) -> GroupMember:
    group = row.get("PermissionSetGroup") or {}
    return GroupMember(str(group.get("DeveloperName")), str(group.get("Status")), ours[str(row["PermissionSetId"])])


def is_flow_active(salesforce: SalesforceClient, tenant: Tenant, api_name: str) -> bool | None:
    """Return whether a version of a flow is active; None where the org has no such flow or shows us none.

    ``IsActive`` there says whether the newest version is the active one, so the active version's id is read instead.
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_flowdefinitionview.htm
    """
    soql = select(["ApiName", "ActiveVersionId"], "FlowDefinitionView", f"ApiName = '{api_name}'")
    try:
        rows = salesforce.query(tenant, soql, operation=OPERATION)
    except SalesforceRefused:
        return None
    return bool(rows[0].get("ActiveVersionId")) if rows else None


def is_private(salesforce: SalesforceClient, tenant: Tenant, object_name: str) -> bool:
    """Return whether an object's records are private by the org's default; False where the org does not say.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_entitydefinition.htm
    """
    soql = select(["InternalSharingModel"], "EntityDefinition", f"QualifiedApiName = '{object_name}'")
    try:
        rows = salesforce.query(tenant, soql, operation=OPERATION)
    except SalesforceRefused:
        return False
    return any(row.get("InternalSharingModel") == "Private" for row in rows)
