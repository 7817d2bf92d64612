"""Users and permission sets on demand: knows what a control may change of them, and refuses to ask for rights."""

from typing import Any

from sandbox.org.faults import BadInput
from sandbox.org.org import Org
from sandbox.org.permissions import RIGHTS_BY_SET
from sandbox.org.records import Row

_MARKED_RIGHTS = ("sees_all_orders", "edits_orders")
_SWITCHES = (*_MARKED_RIGHTS, *RIGHTS_BY_SET, "active")


def change_user(org: Org, user: Row, *, body: dict[str, Any]) -> Row:
    """Give or take rights and permission sets, and switch the user on or off. Raises BadInput."""
    known = (*_SWITCHES, "permission_sets")
    wrong = {name: "is not a right of this org" for name in body if name not in known}
    switches = {name: body[name] for name in _SWITCHES if name in body}
    wrong |= {name: "must be true or false" for name, value in switches.items() if not isinstance(value, bool)}
    if wrong:
        raise BadInput(**wrong)
    chosen = _sets_named(org, body["permission_sets"]) if "permission_sets" in body else None
    row = user | {f"_{name}": switches[name] for name in _MARKED_RIGHTS if name in switches}
    row["IsActive"] = switches.get("active", user["IsActive"])
    with org.records.transaction():
        org.records.put("User", row)
        if chosen is not None:
            org.permissions.replace_sets(row, chosen)
            org.settle_permissions()
        for name in RIGHTS_BY_SET:
            _give_or_take(org, user["Id"], name, wanted=switches.get(name))
    return org.user(user["Id"]) or row


def _give_or_take(org: Org, user_id: str, right: str, *, wanted: bool | None) -> None:
    user = org.user(user_id)
    if user is None or wanted is None:
        return
    if wanted:
        org.permissions.give(user, right)
    else:
        org.permissions.take(user, right)
    org.settle_permissions()


def _sets_named(org: Org, names: Any) -> list[Row]:
    if not isinstance(names, list):
        raise BadInput(permission_sets="must be a list of names")
    found = {str(name): org.permissions.set_named(name) for name in names}
    missing = [name for name, row in found.items() if row is None]
    if missing:
        raise BadInput(permission_sets=f"names sets that this org does not have: {', '.join(missing)}")
    return [row for row in found.values() if row is not None]


def change_set(org: Org, name: str, *, body: dict[str, Any]) -> dict[str, Any]:
    """Tick and untick what a permission set gives. Raises BadInput."""
    row = org.permissions.set_named(name)
    if row is None:
        raise BadInput(name="is not a permission set of this org")
    changes = dict(body)
    customs = _customs_named(org, changes.pop("custom_permissions")) if "custom_permissions" in body else None
    columns = [column for column in row if column.startswith("Permissions")]
    wrong = {one: "is not a permission that the sandbox knows" for one in changes if one not in columns}
    wrong |= {one: "must be true or false" for one, value in changes.items() if not isinstance(value, bool)}
    if wrong:
        raise BadInput(**wrong)
    with org.records.transaction():
        org.records.put("PermissionSet", row | changes)
        if customs is not None:
            org.permissions.open_customs(row, customs)
        org.settle_permissions()
    return {column: (row | changes)[column] for column in ("Id", "Name", *columns)}


def _customs_named(org: Org, names: Any) -> list[Row]:
    if not isinstance(names, list):
        raise BadInput(custom_permissions="must be a list of names")
    found = {str(name): org.permissions.custom_permission_named(name) for name in names}
    missing = [name for name, row in found.items() if row is None]
    if missing:
        raise BadInput(custom_permissions=f"names permissions that this org does not have: {', '.join(missing)}")
    return [row for row in found.values() if row is not None]
