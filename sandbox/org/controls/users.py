"""Controls for credentials, users and permission sets."""

from __future__ import annotations

from typing import Any

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response, rows_named
from sandbox.org.instance.org import Org, current_org
from sandbox.org.permissions.access import user_rights
from sandbox.org.permissions.permission_sets import RIGHTS_BY_SET
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import BadInput
from sandbox.org.wire.ids import MalformedId, canonical_id

_MARKED_RIGHTS = ("sees_all_orders", "edits_orders")
_SWITCHES = (*_MARKED_RIGHTS, *RIGHTS_BY_SET, "active")
_TONGUE = {"language": "LanguageLocaleKey", "locale": "LocaleSidKey"}


def change_user(org: Org, user: Row, *, body: dict[str, Any]) -> Row:
    """Give or take rights and permission sets, choose language and locale, switch the user on or off. Raises BadInput."""
    known = (*_SWITCHES, *_TONGUE, "permission_sets", "groups")
    problems = {name: "is not a right of this org" for name in body if name not in known}
    switches = {name: body[name] for name in _SWITCHES if name in body}
    tongue = {field: body[name] for name, field in _TONGUE.items() if name in body}
    problems |= {name: "must be text" for name in _TONGUE if not isinstance(body.get(name, ""), str)}
    problems |= {name: "must be true or false" for name, value in switches.items() if not isinstance(value, bool)}
    if problems:
        raise BadInput(**problems)
    # Everything is checked before the first write: an unusable body changes nothing.
    chosen = groups = None
    if "permission_sets" in body:
        chosen = rows_named("permission_sets", body["permission_sets"], org.permissions.set_named, what="sets")
    if "groups" in body:
        by_name = {row["DeveloperName"]: row for row in org.records.rows("Group")}
        groups = rows_named("groups", body["groups"], by_name.get, what="groups")
    row = user | {f"_{name}": switches[name] for name in _MARKED_RIGHTS if name in switches}
    row |= tongue
    row["IsActive"] = switches.get("active", user["IsActive"])
    with org.records.transaction():
        org.records.put("User", row)
        if groups is not None:
            _replace_memberships(org, row, groups)
        if chosen is not None:
            org.permissions.replace_sets(row, chosen)
            org.apply_permissions()
        # After the sets: a right is given by a set of its own, and taken by unticking it on those that the user holds by now.
        for name in RIGHTS_BY_SET:
            _grant_or_revoke(org, user["Id"], name, wanted=switches.get(name))
    # Read again, since rights and sets have changed the marks on the row.
    return org.user(user["Id"]) or row


def _grant_or_revoke(org: Org, user_id: str, right: str, *, wanted: bool | None) -> None:
    user = org.user(user_id)
    if user is None or wanted is None:
        return
    if wanted:
        org.permissions.grant(user, right)
    else:
        org.permissions.revoke(user, right)
    org.apply_permissions()


def _replace_memberships(org: Org, user: Row, groups: list[Row]) -> None:
    for member in org.records.rows("GroupMember"):
        if member["UserOrGroupId"] == user["Id"]:
            org.records.remove("GroupMember", member["Id"])
    for group in groups:
        values = {"GroupId": group["Id"], "UserOrGroupId": user["Id"]}
        load_row(org.records, org.metadata, object_name="GroupMember", values=values, user_id=user["Id"])


_KINDS = {"_agent": "agent", "_supervisor": "supervisor", "_runs_integration": "integration", "_no_access": "no_access"}


@blueprint.get("/credentials")
def show_credentials() -> Response:
    """Answer the org's keys, and every user with an access token."""
    org = current_org()
    keys = org.keys
    return json_response(
        {
            "org_id": keys.org_id,
            "instance_url": org.instance_url,
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "canvas_secret": keys.canvas_secret,
            "users": [_user(org, user) for user in org.users()],
        }
    )


def _user(org: Org, user: Row) -> dict[str, Any]:
    kind = next((word for mark, word in _KINDS.items() if user.get(mark)), "user")
    facts = {"id": user["Id"], "username": user["Username"], "name": user["Name"], "kind": kind}
    # A session as a browser has it: tests act as this user without playing a login.
    facts |= {"access_token": org.sessions.browser_session(user["Id"]), "active": user["IsActive"]}
    return facts | {"permission_sets": org.permissions.names_of(user)} | user_rights(user)


def user_with_id(org: Org, user_id: Any) -> Row:
    """Return a user by id. Raises BadInput."""
    try:
        user = org.user(canonical_id(user_id))
    except MalformedId:
        user = None
    if user is None:
        raise BadInput(user_id="is not a user of this org")
    return user


@blueprint.patch("/users/<user_id>")
def patch_user(user_id: str) -> Response:
    """Change a user's rights and sets, and answer the user."""
    org = current_org()
    return json_response(_user(org, change_user(org, user_with_id(org, user_id), body=json_body())))
