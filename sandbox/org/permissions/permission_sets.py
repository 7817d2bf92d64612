"""Permission sets, their assignments, and what they grant to each user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.org.metadata.objects import Field, Metadata
from sandbox.org.metadata.setup import Setup
from sandbox.org.permissions.access import (
    CREATABLE_OBJECTS,
    CUSTOM_PERMISSIONS,
    EDITABLE_OBJECTS,
    READABLE_OBJECTS,
    VIEW_ALL_OBJECTS,
)
from sandbox.org.permissions.field_security import restrict_fields
from sandbox.org.permissions.setup_entities import (
    METADATA_TYPE,
    PRINCIPAL,
    find_metadata_types,
    find_principals,
)
from sandbox.org.permissions.source_format import FieldAccess, PermissionMetadata, PermissionSet
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row

INTEGRATION_SET = "Chat2Pay_Integration"
# What a permission of a set lets its holders do, as marks on their rows: asked for on every call.
_MARKS = {
    "_edits_activated_orders": "PermissionsEditActivatedOrders",
    "_views_setup": "PermissionsViewSetup",
    "_api_enabled": "PermissionsApiEnabled",
    "_sends_custom_notifications": "PermissionsSendCustomNotifications",
}
# Delete and Modify All are left out: nothing of the product asks for them.
_OBJECT_MARKS = {
    READABLE_OBJECTS: "PermissionsRead",
    EDITABLE_OBJECTS: "PermissionsEdit",
    CREATABLE_OBJECTS: "PermissionsCreate",
    VIEW_ALL_OBJECTS: "PermissionsViewAllRecords",
}
# The set that a control gives to somebody who shall hold the right.
_SET_GRANTING = {"edits_activated_orders": "Order_Desk_Leads", "views_setup": "Setup_Readers"}
RIGHTS_BY_SET = tuple(_SET_GRANTING)


class Permissions:
    """The rows of PermissionSet and its neighbours, and what follows from them for each user."""

    def __init__(self, *, metadata: Metadata, records: RecordStore) -> None:
        self._metadata = metadata
        self._records = records
        self._views: dict[str, Metadata] = {}
        self._setup = Setup()

    # Reading

    def metadata_for(self, user: Row) -> Metadata:
        """Return objects and fields as the user sees them."""
        # Taken once: a view that is worked out while something changes goes into the dictionary that is forgotten.
        views = self._views
        view = views.get(user["Id"])
        if view is None:
            readable = user.get(READABLE_OBJECTS) or ()
            view = views[user["Id"]] = restrict_fields(self._metadata, self._closed_fields(user), readable=readable)
        return view

    def invalidate(self, setup: Setup) -> None:
        """Work everything out anew: the setup, a permission set or an assignment has changed."""
        self._setup = setup
        self._views = {}

    def sets_of(self, user: Row) -> list[Row]:
        """Return the sets that the user holds."""
        held = {row["PermissionSetId"] for row in self._assignments(user)}
        return [row for row in self._records.rows("PermissionSet") if row["Id"] in held]

    def names_of(self, user: Row) -> list[str]:
        """Return the ordinary sets, without the one that belongs to the profile."""
        return sorted(row["Name"] for row in self.sets_of(user) if not row["IsOwnedByProfile"])

    def set_named(self, name: object) -> Row | None:
        """Return a set by its name, None where there is none."""
        return next((row for row in self._records.rows("PermissionSet") if row["Name"] == name), None)

    def custom_permission_named(self, name: object) -> Row | None:
        """Return a custom permission by its name, None where there is none."""
        return next((row for row in self._records.rows("CustomPermission") if row["DeveloperName"] == name), None)

    def _assignments(self, user: Row) -> list[Row]:
        return [row for row in self._records.rows("PermissionSetAssignment") if row["AssigneeId"] == user["Id"]]

    def _closed_fields(self, user: Row) -> dict[str, Mapping[str, bool]]:
        """Return the fields that are not fully open to the user."""
        closed = self._closed_by_sets(user)
        setup = self._setup
        return closed | dict(
            setup.field_permissions if user.get("_runs_integration") else setup.agent_field_permissions
        )

    def _closed_by_sets(self, user: Row) -> dict[str, Mapping[str, bool]]:
        rows = self._records.rows("FieldPermissions")
        if not rows:
            return {}
        # Sets only grant: what one opens no other closes.
        # https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_permissionset.htm
        held = {row["Id"] for row in self.sets_of(user)}
        mine = [row for row in rows if row["ParentId"] in held]
        readable = {row["Field"] for row in mine if row["PermissionsRead"]}
        editable = {row["Field"] for row in mine if row["PermissionsEdit"]}
        access = {name: {"readable": name in readable, "editable": name in editable} for name in self._governed()}
        return {name: may for name, may in access.items() if not (may["readable"] and may["editable"])}

    def _governed(self) -> list[str]:
        # Field-level security never closes a required field; custom metadata and events have none.
        kinds = [kind for kind in self._metadata.objects.values() if not kind.name.endswith(("__mdt", "__e"))]
        return [f"{kind.name}.{one.name}" for kind in kinds for one in kind.fields.values() if _may_close(one)]

    # Changing; inside a transaction

    def load(self, known: PermissionMetadata, *, user_id: str) -> None:
        """Keep what files hold: a set of the same name is replaced whole, as a deployment does."""
        customs = {
            name: self.custom_permission_named(name) or self._load_custom(name, label, user_id)
            for name, label in known.custom_permissions.items()
        }
        for one in known.permission_sets.values():
            row = self._load_set(one, user_id)
            # A right that the new file no longer has would otherwise survive the deployment.
            self._clear(row)
            self._open(row, (customs[name] for name in one.custom_permissions if name in customs), user_id)
            classes = {row["Name"]: row for row in self._records.rows("ApexClass")}
            self._open(row, (classes[name] for name in one.classes if name in classes), user_id, kind="ApexClass")
            types = find_metadata_types(one.metadata_types, records=self._records)
            self._open(row, types, user_id, kind=METADATA_TYPE)
            self._open(row, find_principals(one.principals, records=self._records), user_id, kind=PRINCIPAL)
            for tab in one.tabs:
                shown = {"ParentId": row["Id"], "Name": tab, "Visibility": "DefaultOn"}
                self._new("PermissionSetTabSetting", shown, user_id)
            for access in one.fields:
                self._load_fields(row, access, user_id)
            for given in one.objects:
                values = {"ParentId": row["Id"], "SobjectType": given.name} | dict.fromkeys(given.rights, True)
                self._new("ObjectPermissions", values, user_id)

    def load_profile_set(
        self, profile_id: str, *, name: str, permissions: Iterable[str], reads: Iterable[str] = (), user_id: str
    ) -> Row:
        """Return the set that every holder of the profile has, with the fields that it reads, written as Object.Field."""
        # None of the product's: a deployment opens its fields to no profile, that is for permission sets to do.
        marks = {f"Permissions{one}": True for one in permissions}
        values = {"Name": f"X{profile_id}", "Label": name, "ProfileId": profile_id, "IsOwnedByProfile": True}
        values |= marks | {"Type": "Profile"}
        row = self._new("PermissionSet", values, user_id)
        for field in reads:
            self._load_fields(row, FieldAccess(field, readable=True, editable=False), user_id)
        return row

    def assign(self, user: Row, set_id: str, *, group_id: str | None = None) -> None:
        """Give the user a set; one that they hold is not given twice."""
        # A second row would be left behind when the first is taken away, and the user would keep the right.
        if any(row["PermissionSetId"] == set_id for row in self._assignments(user)):
            return
        values = {"AssigneeId": user["Id"], "PermissionSetId": set_id, "PermissionSetGroupId": group_id}
        self._new("PermissionSetAssignment", values, user["Id"])

    def replace_sets(self, user: Row, replacements: Iterable[Row]) -> None:
        """Give the user exactly these sets beside the one of the profile."""
        # Every profile has a set of its own, which only a change of the profile takes away.
        owned = {row["Id"] for row in self.sets_of(user) if row["IsOwnedByProfile"]}
        wanted = {row["Id"] for row in replacements} | owned
        for row in self._assignments(user):
            if row["PermissionSetId"] not in wanted:
                self._records.remove("PermissionSetAssignment", row["Id"])
        for set_id in wanted:
            self.assign(user, set_id)

    def grant(self, user: Row, right: str) -> None:
        """Give the user the set with this right, where they lack it."""
        if not user.get(f"_{right}"):
            self.assign(user, str((self.set_named(_SET_GRANTING[right]) or {})["Id"]))

    def revoke(self, user: Row, right: str) -> None:
        """Untick the permission on every set of the user that is not the shared one, which is taken away."""
        for row in self.sets_of(user):
            if row["Name"] != _SET_GRANTING[right]:
                # Others who hold that set lose the right, too, as they would in Setup.
                self._records.put("PermissionSet", row | {_MARKS[f"_{right}"]: False})
        others = [row for row in self.sets_of(user) if row["Name"] != _SET_GRANTING[right]]
        self.replace_sets(user, others)

    def replace_custom_permissions(self, row: Row, customs: Iterable[Row]) -> None:
        """Let the set give exactly these custom permissions."""
        for access in self._records.rows("SetupEntityAccess"):
            if access["ParentId"] == row["Id"] and access["SetupEntityType"] == "CustomPermission":
                self._records.remove("SetupEntityAccess", access["Id"])
        self._open(row, customs, row["CreatedById"])

    def sync_user_marks(self) -> None:
        """Bring the marks on every user in line with the sets that they hold."""
        for user in self._records.rows("User"):
            held = self.sets_of(user)
            marks: Row = {mark: any(row[column] for row in held) for mark, column in _MARKS.items()}
            marks |= self._objects_of(held)
            marks[CUSTOM_PERMISSIONS] = self._customs_of(held)
            if any(user.get(mark) != value for mark, value in marks.items()):
                self._records.put("User", user | marks)

    def _customs_of(self, sets: Iterable[Row]) -> list[str]:
        parents = {row["Id"] for row in sets}
        opened = {one["SetupEntityId"] for one in self._records.rows("SetupEntityAccess") if one["ParentId"] in parents}
        return sorted(row["DeveloperName"] for row in self._records.rows("CustomPermission") if row["Id"] in opened)

    def _objects_of(self, sets: Iterable[Row]) -> Row:
        parents = {row["Id"] for row in sets}
        mine = [one for one in self._records.rows("ObjectPermissions") if one["ParentId"] in parents]
        marked = {mark: [one["SobjectType"] for one in mine if one[right]] for mark, right in _OBJECT_MARKS.items()}
        return {mark: sorted(set(names)) for mark, names in marked.items()}

    def _load_custom(self, name: str, label: str, user_id: str) -> Row:
        return self._new("CustomPermission", {"DeveloperName": name, "MasterLabel": label}, user_id)

    def _load_set(self, one: PermissionSet, user_id: str) -> Row:
        # A permission that the sandbox has no column for changes nothing that it plays.
        known = self._metadata.objects["PermissionSet"].fields
        columns = {column: True for name in one.user_permissions if (column := f"Permissions{name}") in known}
        values: Row = {"Name": one.name, "Label": one.label, "Description": one.description or None, "IsCustom": True}
        values |= columns | {"Type": "Regular"}
        row = self.set_named(one.name)
        if row is None:
            return self._new("PermissionSet", values, user_id)
        cleared = dict.fromkeys((name for name in known if name.startswith("Permissions")), False)
        self._records.put("PermissionSet", row | cleared | values)
        return row | cleared | values

    def _clear(self, row: Row) -> None:
        for object_name in ("SetupEntityAccess", "FieldPermissions", "ObjectPermissions", "PermissionSetTabSetting"):
            for access in self._records.rows(object_name):
                if access["ParentId"] == row["Id"]:
                    self._records.remove(object_name, access["Id"])

    def _open(self, row: Row, entities: Iterable[Row], user_id: str, *, kind: str = "CustomPermission") -> None:
        for entity in entities:
            values = {"ParentId": row["Id"], "SetupEntityId": entity["Id"], "SetupEntityType": kind}
            self._new("SetupEntityAccess", values, user_id)

    def _load_fields(self, row: Row, access: FieldAccess, user_id: str) -> None:
        values = {"ParentId": row["Id"], "SobjectType": access.field.partition(".")[0], "Field": access.field}
        marks = {"PermissionsRead": access.readable, "PermissionsEdit": access.editable}
        self._new("FieldPermissions", values | marks, user_id)

    def _new(self, object_name: str, values: Mapping[str, Any], user_id: str) -> Row:
        return load_row(self._records, self._metadata, object_name=object_name, values=values, user_id=user_id)


def _may_close(field: Field) -> bool:
    # Only what our packages bring: for standard fields each sample user would need sets as a whole org has them.
    return field.shipped and not field.required
