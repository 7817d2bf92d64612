"""Read from an org what doctor checks: login, permissions, limits, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import manifests
from connector.domain.tenants.tenant import Tenant, is_salesforce_id, long_id
from connector.errors import SalesforceRefused, SalesforceUnavailable
from connector.salesforce.auth.login import LoginFailed
from connector.salesforce.calls.composite import Collection
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.remedies import RefusalMeaning
from connector.salesforce.orders.order_record import order_target

API_ENABLED, API_ONLY = "PermissionsApiEnabled", "PermissionsApiUserOnly"
EDIT_ACTIVATED, VIEW_SETUP = "PermissionsEditActivatedOrders", "PermissionsViewSetup"
SEND_NOTIFICATIONS = "PermissionsSendCustomNotifications"
_PERMISSIONS = (API_ENABLED, API_ONLY, EDIT_ACTIVATED, VIEW_SETUP, SEND_NOTIFICATIONS)
_CUSTOM: Mapping[str, str] = manifests.load("connector.json")["rights"]
_ADDRESS = re.compile(r"[0-9a-fA-F.:]{3,45}")


@dataclass(frozen=True)
class LoginReport:
    """The user, org and scopes of a login's token; scopes are None where the answer lists none."""

    org_id: str
    user_id: str
    scopes: frozenset[str] | None


class LoginRefused(Exception):
    """A login that Salesforce refused, with the remedy for an admin."""

    def __init__(self, remedy: RefusalMeaning) -> None:
        super().__init__(remedy.problem)
        self.remedy = remedy


def read_login(salesforce: SalesforceClient, tenant: Tenant) -> LoginReport:
    """Log in again, ignoring a stored token, and read the answer; store nothing.

    Raises:
        LoginRefused: with the remedy; SalesforceUnavailable: no answer, or one that cannot be read.
    """
    try:
        answer = salesforce.ask_login(tenant)
    except LoginFailed as failed:
        if failed.remedy is not None:
            raise LoginRefused(failed.remedy) from failed
        raise failed.error from failed
    # https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm: …/id/<org id>/<user id>
    steps = urlsplit(str(answer.get("id") or "")).path.strip("/").split("/")
    if len(steps) != 3 or not all(map(is_salesforce_id, steps[1:])):
        raise SalesforceUnavailable("Salesforce's login answer could not be read.", operation="login")
    scope = answer.get("scope")
    scopes = frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else None
    return LoginReport(long_id(steps[1]), long_id(steps[2]), scopes)


def read_permissions(salesforce: SalesforceClient, tenant: Tenant, user_id: str) -> frozenset[str] | None:
    """Return which of the permissions that we need a user holds; None where the org shows none of the user's sets.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_permissionset.htm
    """
    # A profile is a permission set of its own, so the assignments cover the profile's permissions too.
    columns = ", ".join(f"PermissionSet.{name}" for name in _PERMISSIONS)
    soql = f"SELECT {columns} FROM PermissionSetAssignment WHERE AssigneeId = '{_checked(user_id)}'"
    rows = [row.get("PermissionSet") for row in salesforce.query(tenant, soql, operation="check_permissions")]
    held = [row for row in rows if isinstance(row, dict)]
    return frozenset(name for name in _PERMISSIONS if any(row.get(name) for row in held)) if held else None


def is_active(salesforce: SalesforceClient, tenant: Tenant, user_id: str) -> bool:
    """Return whether a user is active."""
    soql = f"SELECT Id, IsActive FROM User WHERE Id = '{_checked(user_id)}'"
    rows = salesforce.query(tenant, soql, operation="check_user")
    return any(row.get("IsActive") for row in rows)


def custom_permissions(salesforce: SalesforceClient, tenant: Tenant) -> dict[str, str]:
    """Return the ids of our custom permissions in the org, by right."""
    soql = "SELECT Id, DeveloperName FROM CustomPermission WHERE DeveloperName LIKE 'Chat2Pay_%'"
    rows = salesforce.query(tenant, soql, operation="check_permissions")
    return {_CUSTOM[row["DeveloperName"]]: str(row["Id"]) for row in rows if row.get("DeveloperName") in _CUSTOM}


def is_held(salesforce: SalesforceClient, tenant: Tenant, permission_id: str) -> bool:
    """Return whether any active user holds a custom permission."""
    soql = (
        "SELECT Id FROM PermissionSetAssignment WHERE Assignee.IsActive = TRUE AND PermissionSetId IN "
        f"(SELECT ParentId FROM SetupEntityAccess WHERE SetupEntityId = '{_checked(permission_id)}') LIMIT 1"
    )
    return bool(salesforce.query(tenant, soql, operation="check_permissions"))


def read_daily_calls(salesforce: SalesforceClient, tenant: Tenant) -> tuple[int, int] | None:
    """Return (calls left today, calls allowed); None where the org does not report them.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
    """
    return read_limit(salesforce, tenant, "DailyApiRequests")


def read_limit(salesforce: SalesforceClient, tenant: Tenant, name: str) -> tuple[int, int] | None:
    """Return (left, allowed) of one of the org's limits; None where the org does not report it."""
    limit = salesforce.read(tenant, "limits", operation="check_limits").get(name)
    if (
        not isinstance(limit, dict)
        or not isinstance(limit.get("Max"), int)
        or not isinstance(limit.get("Remaining"), int)
    ):
        return None
    return limit["Remaining"], limit["Max"]


def read_own_address(salesforce: SalesforceClient, tenant: Tenant, user_id: str) -> str | None:
    """Return the IP address that the org sees our calls come from; None where it does not show our own sessions.

    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_authsession.htm
    """
    soql = (
        f"SELECT SourceIp FROM AuthSession WHERE UsersId = '{_checked(user_id)}' ORDER BY LastModifiedDate DESC LIMIT 1"
    )
    try:
        rows = salesforce.query(tenant, soql, operation="check_address")
    except SalesforceRefused:
        return None
    found = str(rows[0].get("SourceIp") or "") if rows else ""
    return found if _ADDRESS.fullmatch(found) else None


@dataclass(frozen=True)
class ProbedField:
    """The result of writing one field back; ``code`` is Salesforce's where it refused."""

    object: str
    field: str
    outcome: RecordOutcome
    code: str | None = None


def write_back(salesforce: SalesforceClient, tenant: Tenant, order_id: str) -> ProbedField | None:
    """Read one of our own fields of an order and write it back unchanged; None where our user sees no such order."""
    mapping = tenant.mapping
    target = order_target(mapping, salesforce.describe(tenant, mapping.order_object) if mapping.original else None)
    field = target.fields.get("payment_state") or next(iter(target.fields.values()))
    record_id = _checked(order_id)
    if target.is_original:
        path = str(mapping.original)
        soql = f"SELECT {path} FROM {mapping.order_object} WHERE Id = '{record_id}' LIMIT 1"
        rows = salesforce.query(tenant, soql, operation="write_probe")
        record_id = _checked(str(rows[0].get(path))) if rows and rows[0].get(path) else ""
    soql = f"SELECT Id, {field} FROM {target.object} WHERE Id = '{record_id}' LIMIT 1"
    rows = salesforce.query(tenant, soql, operation="write_probe") if record_id else []
    if not rows:
        return None
    # Only a real write runs the org's validation rules, triggers and flows; the same value changes nothing.
    record = {"attributes": {"type": target.object}, "id": record_id, field: rows[0].get(field)}
    one = Collection(name="probe", path="", records=[record], keys=[record_id], are_orders=True)
    result = salesforce.write(tenant, one, operation="write_probe").orders[record_id]
    return ProbedField(target.object, field, result.outcome, result.code)


def _checked(record_id: str) -> str:
    """Return a Salesforce id unchanged; anything else must not get into SOQL.

    Raises:
        ValueError: it is not one.
    """
    if not is_salesforce_id(record_id):
        raise ValueError("not a Salesforce id")
    return record_id
