"""Whether a public group reaches somebody: an active user in it, in a group inside it, or in a role that it holds.

https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-group.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.salesforce.client import SalesforceClient

OPERATION = "read_bell_setup"
# Groups in groups, and roles below roles; what is deeper is not counted, so that the page asks the agent to notify a person.
_MOST_LEVELS = 10
# So many ids are named in one query.
MOST_IDS = 200
_USER, _GROUP = "005", "00G"
# https://help.salesforce.com/s/articleView?id=platform.user_groups_list.htm&type=5
_BELOW = ("RoleAndSubordinates", "RoleAndSubordinatesInternal")
_ROLES = ("Role", *_BELOW)
_EVERYBODY = "Organization"

Rows = Sequence[dict[str, Any]]


def has_active_member(salesforce: SalesforceClient, tenant: Tenant, member_ids: Iterable[str]) -> bool:
    """Return whether one of a group's members, by ids of users and groups, is or holds an active user.

    One call for a group of users with an active one; one more for each level of groups or roles. Territories and managers
    are not looked into and count as nobody.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    seen: set[str] = set()
    level = _ids(member_ids, seen)
    for _ in range(_MOST_LEVELS):
        if not level:
            return False
        seen.update(level)
        users, groups = ([one for one in level if one.startswith(prefix)] for prefix in (_USER, _GROUP))
        rows = _asked(salesforce, tenant, _level(users, groups))
        if rows.get("users") or _reaches_everybody(rows.get("groups", ())):
            return True
        if _has_role_member(salesforce, tenant, rows.get("groups", ())):
            return True
        level = _ids((str(row.get("UserOrGroupId")) for row in rows.get("members", ())), seen)
    return False


def _ids(found: Iterable[str], seen: set[str]) -> list[str]:
    new = dict.fromkeys(one for one in found if is_salesforce_id(one) and one not in seen)
    return list(new)[:MOST_IDS]


def _level(users: list[str], groups: list[str]) -> dict[str, str]:
    asked = {}
    if users:
        asked["users"] = _query("Id", "User", "IsActive = TRUE AND Id", users, most=1)
    if groups:
        asked["groups"] = _query("Id, Type, RelatedId", "Group", "Id", groups)
        asked["members"] = _query("UserOrGroupId", "GroupMember", "GroupId", groups)
    return asked


def _reaches_everybody(groups: Rows) -> bool:
    # All internal users of the org: we are one of them.
    return any(row.get("Type") == _EVERYBODY for row in groups)


def _has_role_member(salesforce: SalesforceClient, tenant: Tenant, groups: Rows) -> bool:
    # One role may come twice: by itself, and with those below it.
    roles = [(str(row["RelatedId"]), row["Type"] in _BELOW) for row in groups if row.get("Type") in _ROLES]
    level = _ids((one for one, _ in roles), set())
    descends, seen = {one for one, has_below in roles if has_below and one in level}, set(level)
    for _ in range(_MOST_LEVELS):
        if not level:
            return False
        asked = {"users": _query("Id", "User", "IsActive = TRUE AND UserRoleId", level, most=1)}
        if descends:
            asked["below"] = _query("Id", "UserRole", "ParentRoleId", sorted(descends))
        rows = _asked(salesforce, tenant, asked)
        if rows["users"]:
            return True
        level = _ids((str(row["Id"]) for row in rows.get("below", ())), seen)
        descends = set(level)
        seen.update(level)
    return False


def _asked(salesforce: SalesforceClient, tenant: Tenant, queries: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    return salesforce.queries(tenant, queries, operation=OPERATION) if queries else {}


def _query(columns: str, source: str, condition: str, ids: Iterable[str], *, most: int = MOST_IDS) -> str:
    named = ", ".join(f"'{one}'" for one in ids)
    # Ids that were checked: a quote is in none of them.
    return f"SELECT {columns} FROM {source} WHERE {condition} IN ({named}) LIMIT {most}"  # noqa: S608
