"""The control that ticks and unticks what a permission set gives."""

from __future__ import annotations

from typing import Any

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response, rows_named
from sandbox.org.instance.org import Org, current_org
from sandbox.org.permissions.set_groups import SetGroups
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import BadInput

# What the body calls the rows of single objects and fields: their object, and the column that names what they are about.
_ROWS = {"objects": ("ObjectPermissions", "SobjectType"), "fields": ("FieldPermissions", "Field")}


@blueprint.post("/permission-set-groups")
def make_group() -> Response:
    """Make a group of permission sets and give it to users."""
    org, body = current_org(), json_body()
    members = [org.permissions.set_named(name) for name in body.get("permission_sets") or []]
    users = [user for user in org.users() if user["Id"] in (body.get("users") or [])]
    if not members or None in members or not users or not isinstance(body.get("name"), str):
        raise BadInput(name="needs a name, permission_sets of this org and ids of users")
    with org.records.transaction():
        groups = SetGroups(records=org.records, metadata=org.metadata, user_id=users[0]["Id"])
        group = groups.make(
            body["name"],
            [row for row in members if row is not None],
            muted=body.get("muted") or [],
            status=body.get("status") or "Updated",
        )
        for user in users:
            org.permissions.assign(user, groups.combined_set(group)["Id"], group_id=group["Id"])
        org.apply_permissions()
    return json_response({"Id": group["Id"], "DeveloperName": group["DeveloperName"], "Status": group["Status"]})


@blueprint.patch("/permission-sets/<name>")
def patch_permission_set(name: str) -> Response:
    """Change what a set gives, and answer the set."""
    return json_response(change_set(current_org(), name, body=json_body()))


def change_set(org: Org, name: str, *, body: dict[str, Any]) -> dict[str, Any]:
    """Tick and untick what a permission set gives. Raises BadInput."""
    row = org.permissions.set_named(name)
    if row is None:
        raise BadInput(name="is not a permission set of this org")
    changes = {one: value for one, value in body.items() if one not in (*_ROWS, "custom_permissions")}
    customs = None
    if "custom_permissions" in body:
        find = org.permissions.custom_permission_named
        customs = rows_named("custom_permissions", body["custom_permissions"], find, what="permissions")
    columns = [column for column in row if column.startswith("Permissions")]
    problems = {one: "is not a permission that the sandbox knows" for one in changes if one not in columns}
    problems |= {one: "must be true or false" for one, value in changes.items() if not isinstance(value, bool)}
    if problems:
        raise BadInput(**problems)
    rows = [change for kind in _ROWS for change in _changed_rows(org, row, kind, body.get(kind, {}))]
    with org.records.transaction():
        org.records.put("PermissionSet", row | changes)
        for object_name, changed in rows:
            org.records.put(object_name, changed)
        if customs is not None:
            org.permissions.replace_custom_permissions(row, customs)
        org.apply_permissions()
    return {column: (row | changes)[column] for column in ("Id", "Name", *columns)}


def _changed_rows(org: Org, parent: Row, kind: str, given: Any) -> list[tuple[str, Row]]:
    """Return the rows of single objects or fields as they will be. Raises BadInput."""
    object_name, column = _ROWS[kind]
    mine = {one[column]: one for one in org.records.rows(object_name) if one["ParentId"] == parent["Id"]}
    changed: list[tuple[str, Row]] = []
    # What is no object at all has no row of that name either, and is refused below.
    for name, rights in given.items() if isinstance(given, dict) else [("", None)]:
        row = mine.get(name)
        if row is None or not isinstance(rights, dict):
            raise BadInput(**{kind: "must be {name: {Permissions…: true or false}} of what the set has"})
        unknown = [one for one in rights if not one.startswith("Permissions") or one not in row]
        if unknown or not all(isinstance(value, bool) for value in rights.values()):
            raise BadInput(**{kind: f"{name} has {', '.join(one for one in row if one.startswith('Permissions'))}"})
        changed.append((object_name, row | rights))
    return changed
