"""Access of a user to a record: sharing, restriction rules and edit rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.org.metadata.objects import ObjectType
from sandbox.org.notifications.events import is_event
from sandbox.org.records.store import RecordStore, Row
from sandbox.org.wire.errors import ApiError

_RIGHTS = ("sees_all_orders", "edits_orders", "edits_activated_orders", "views_setup", "sees_everything")
# The marks on a user with the objects that permission sets let them write, create, read, and see all records of.
EDITABLE_OBJECTS = "_editable_objects"
CREATABLE_OBJECTS = "_creatable_objects"
READABLE_OBJECTS = "_readable_objects"
VIEW_ALL_OBJECTS = "_view_all_objects"
# The mark on a user with the names of the custom permissions that they hold.
CUSTOM_PERMISSIONS = "_custom_permissions"
_SETUP_OBJECTS = (
    "PermissionSet",
    "PermissionSetAssignment",
    "SetupEntityAccess",
    "FieldPermissions",
    "ObjectPermissions",
    "PermissionSetTabSetting",
    "PermissionSetGroup",
    "PermissionSetGroupComponent",
    "MutingPermissionSet",
)


def user_rights(user: Row) -> dict[str, bool]:
    """Return the rights under the names that the controls use."""
    return {name: bool(user.get(f"_{name}")) for name in _RIGHTS}


def can_see_order(user: Row, order: Row) -> bool:
    """Return whether the user sees the order."""
    # Sharing gives access; a restriction rule takes it from some users, whatever sharing gives them.
    return user["Id"] not in (order.get("_restricted_for") or ()) and _is_shared_with(user, order)


def _is_shared_with(user: Row, order: Row) -> bool:
    """Return whether sharing gives the user access to the order."""
    # One with a list of users is for them only; any other is for its owner and for those who see all.
    if user.get("_sees_everything"):
        return True
    allowed = order.get("_visible_to")
    if allowed is not None:
        return user["Id"] in allowed
    return bool(user.get("_sees_all_orders")) or (order.get("OwnerId") == user["Id"] and can_use_orders(user))


def can_use_orders(user: Row) -> bool:
    """Return whether the user's profile opens orders at all."""
    return not user.get("_no_access")


def can_edit_order(user: Row, order: Row) -> bool:
    """Return whether the user may change the order; an activated one needs a right of its own."""
    if not user.get("_edits_orders") or not _is_shared_with(user, order):
        return False
    return order.get("StatusCode") != "Activated" or bool(user.get("_edits_activated_orders"))


def can_write_object(user: Row, kind: ObjectType) -> bool:
    """Return whether the user may write records of the object."""
    # Custom objects are the product's: written by those whom a permission set lets, not by every agent.
    if kind.readonly or not user.get("_edits_orders"):
        return False
    if is_event(kind.name):
        return kind.name in (user.get(CREATABLE_OBJECTS) or ())  # an event can only be created
    return not kind.custom or kind.name in (user.get(EDITABLE_OBJECTS) or ())


def visibility_filter(user: Row, object_name: str, *, records: RecordStore) -> Callable[[Row], bool]:
    """Return the test that decides whether the user sees a row of the object."""
    if object_name == "Order":
        return lambda row: can_see_order(user, row)
    if object_name == "OrderItem":
        return lambda row: _sees_order_of(user, row, records=records)
    if object_name in _SETUP_OBJECTS and not user.get("_views_setup"):
        return _own_permissions(user, object_name, records=records)
    if object_name.endswith("__c"):
        return _custom_records(user, object_name, records=records)
    return lambda row: True


def _sees_order_of(user: Row, line: Row, *, records: RecordStore) -> bool:
    """Return whether the user sees the order that the line belongs to: lines have no sharing of their own."""
    order = records.get("Order", line["OrderId"])
    return order is not None and can_see_order(user, order)


def _custom_records(user: Row, object_name: str, *, records: RecordStore) -> Callable[[Row], bool]:
    """Return the test that decides whether the user sees a record of a custom object."""
    # A lookup inherits no sharing: a private record is its owner's, whoever sees the order that it names.
    if object_name not in (user.get(READABLE_OBJECTS) or ()):
        return lambda row: False
    if not records.is_private(object_name) or object_name in (user.get(VIEW_ALL_OBJECTS) or ()):
        return lambda row: True
    owners = {
        user["Id"],
        *(one["GroupId"] for one in records.rows("GroupMember") if one["UserOrGroupId"] == user["Id"]),
    }
    return lambda row: row.get("OwnerId") in owners


def _own_permissions(user: Row, object_name: str, *, records: RecordStore) -> Callable[[Row], bool]:
    """Return the test that decides whether a user without View Setup sees a permission set or an assignment."""
    # They see what was assigned to themselves, and nothing of others.
    if object_name == "PermissionSetAssignment":
        return lambda row: bool(row["AssigneeId"] == user["Id"])
    mine = {
        one["PermissionSetId"] for one in records.rows("PermissionSetAssignment") if one["AssigneeId"] == user["Id"]
    }
    return lambda row: row.get("ParentId", row["Id"]) in mine


def check_edit_access(user: Row, object_name: str, *, row: Row) -> None:
    """Check that the user may change the record. Raises ApiError as Salesforce refuses the update."""
    refusal = row.get("_refuses_updates_with")
    if refusal:
        raise ApiError(refusal, "The record cannot be updated now: the sandbox was told to refuse.", status=400)
    allowed = can_edit_order(user, row) if object_name == "Order" else bool(user.get("_edits_orders"))
    if not allowed:
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", status=403)


def _reads(user: Row, record: Row, *, object_name: str, records: RecordStore) -> bool:
    if object_name == "Order":
        # UserRecordAccess covers sharing only: a restriction rule hides an order that it still calls readable.
        return _is_shared_with(user, record)
    return visibility_filter(user, object_name, records=records)(record)


def record_access(user: Row, record: Row | None, *, object_name: str, records: RecordStore) -> dict[str, Any]:
    """Return the columns of UserRecordAccess; a record that does not exist gives no access."""
    reads = record is not None and _reads(user, record, object_name=object_name, records=records)
    edits = False
    if reads and record is not None:
        edits = can_edit_order(user, record) if object_name == "Order" else bool(user.get("_edits_orders"))
    level = "Edit" if edits else "Read" if reads else "None"
    return {
        "HasReadAccess": reads,
        "HasEditAccess": edits,
        "HasDeleteAccess": False,
        "HasAllAccess": False,
        "HasTransferAccess": False,
        "MaxAccessLevel": level,
    }
