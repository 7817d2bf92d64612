"""Permission set groups: several sets assigned as one, less what a muting set takes away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.org.metadata.objects import Metadata
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore, Row

_CHILDREN = ("ObjectPermissions", "FieldPermissions", "SetupEntityAccess", "PermissionSetTabSetting")


class SetGroups:
    """Makes the rows of a group: its members, its muting set, and the one set that its holders are given."""

    def __init__(self, *, records: RecordStore, metadata: Metadata, user_id: str) -> None:
        self._records = records
        self._metadata = metadata
        self._user_id = user_id

    def make(self, name: str, members: Iterable[Row], *, muted: Iterable[str], status: str) -> Row:
        """Return the group's row. ``muted`` are names of objects, fields, tabs, custom permissions and PermissionSet columns."""
        held, taken = list(members), set(muted)
        group = self._new("PermissionSetGroup", {"DeveloperName": name, "MasterLabel": name, "Status": status})
        muting = self._new("MutingPermissionSet", {"DeveloperName": f"{name}_Muting", "MasterLabel": f"{name} Muting"})
        for member in (*held, muting):
            self._new(
                "PermissionSetGroupComponent", {"PermissionSetGroupId": group["Id"], "PermissionSetId": member["Id"]}
            )
        columns = {name for one in held for name, value in one.items() if name.startswith("Permissions") and value}
        marks: dict[str, Any] = dict.fromkeys(columns - taken, True)
        # [A] The org makes and names this set itself. Assignments point at it, so that readers of rights need not know of groups.
        values = {"Name": f"X{group['Id']}", "Label": name, "Type": "Group", "PermissionSetGroupId": group["Id"]}
        combined = self._new("PermissionSet", values | marks)
        # A group that was not worked out anew gives its holders nothing of what its members have gained since.
        if status == "Updated":
            self._combine(combined, {one["Id"] for one in held}, taken)
        return group

    def combined_set(self, group: Row) -> Row:
        """Return the set that holders of the group are given."""
        rows = self._records.rows("PermissionSet")
        return next(row for row in rows if row.get("PermissionSetGroupId") == group["Id"])

    def _combine(self, combined: Row, parents: set[str], muted: set[str]) -> None:
        for object_name in _CHILDREN:
            for row in self._records.rows(object_name):
                if row["ParentId"] in parents and self._name(object_name, row) not in muted:
                    kept = {name: value for name, value in row.items() if name in self._fields(object_name)}
                    self._new(object_name, kept | {"ParentId": combined["Id"]})

    def _name(self, object_name: str, row: Row) -> str:
        if object_name == "SetupEntityAccess":
            custom = self._records.get("CustomPermission", row["SetupEntityId"])
            return str(custom["DeveloperName"]) if custom else ""
        if object_name == "PermissionSetTabSetting":
            return str(row["Name"])
        return str(row["SobjectType"] if object_name == "ObjectPermissions" else row["Field"])

    def _fields(self, object_name: str) -> list[str]:
        audit = ("Id", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
        return [name for name in self._metadata.every[object_name].fields if name not in audit]

    def _new(self, object_name: str, values: Mapping[str, Any]) -> Row:
        return load_row(self._records, self._metadata, object_name=object_name, values=values, user_id=self._user_id)
