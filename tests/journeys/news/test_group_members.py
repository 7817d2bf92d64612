"""A group reaches somebody where an active user is at its end: each level is asked for once, by ids alone."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import Mock

import pytest

from connector.salesforce.client import SalesforceClient
from connector.salesforce.news.group_members import has_active_member
from tests.factories import long_id, make_tenant

USER, IDLE = long_id("005xx0000000001"), long_id("005xx0000000002")
OUTER, INNER, ROLE_GROUP, TERRITORY = (long_id(f"00Gxx000000000{place}") for place in range(1, 5))
HEAD, BELOW = long_id("00Exx0000000001"), long_id("00Exx0000000002")


class Org:
    """An org with these groups, by id their type, the role they hold and their members; and roles, by id the one above."""

    def __init__(self, groups: dict[str, tuple[str, str | None, list[str]]], users: dict[str, str | None]) -> None:
        self.groups, self.users = groups, users
        self.asked: list[dict[str, list[str]]] = []

    def queries(self, _: object, named: dict[str, str], **__: object) -> dict[str, list[dict[str, Any]]]:
        ids = {name: re.findall(r"'([^']*)'", soql) for name, soql in named.items()}
        self.asked.append(ids)
        return {name: self._rows(name, named[name], given) for name, given in ids.items()}

    def _rows(self, name: str, soql: str, ids: list[str]) -> list[dict[str, Any]]:
        if name == "users":
            by_role = "UserRoleId IN" in soql
            return [{"Id": user} for user, role in self.users.items() if (role if by_role else user) in ids]
        if name == "below":
            return [{"Id": BELOW}] if HEAD in ids else []
        rows = [(one, *self.groups[one]) for one in ids if one in self.groups]
        if name == "groups":
            return [{"Id": one, "Type": kind, "RelatedId": role} for one, kind, role, _ in rows]
        return [{"UserOrGroupId": member} for _, _, _, members in rows for member in members]


def reaches(org: Org, *members: str) -> bool:
    salesforce = Mock(spec=SalesforceClient)
    salesforce.queries = org.queries
    return has_active_member(salesforce, make_tenant(), members)


ACTIVE: dict[str, str | None] = {USER: None}
# One role, by itself and with those below it.
TWICE: dict[str, tuple[str, str | None, list[str]]] = {
    ROLE_GROUP: ("RoleAndSubordinates", HEAD, []),
    OUTER: ("Role", HEAD, []),
}


@pytest.mark.parametrize(
    ("members", "groups", "users", "found"),
    [
        ([USER], {}, ACTIVE, True),
        ([IDLE], {}, ACTIVE, False),
        ([], {}, ACTIVE, False),
        ([OUTER], {OUTER: ("Regular", None, [INNER]), INNER: ("Regular", None, [USER])}, ACTIVE, True),
        ([OUTER], {OUTER: ("Regular", None, [INNER]), INNER: ("Regular", None, [IDLE])}, ACTIVE, False),
        ([IDLE, OUTER], {OUTER: ("Organization", None, [])}, ACTIVE, True),
        ([TERRITORY], {TERRITORY: ("Territory", HEAD, [])}, {USER: HEAD}, False),
        ([ROLE_GROUP], {ROLE_GROUP: ("Role", HEAD, [])}, {USER: HEAD}, True),
        ([ROLE_GROUP], {ROLE_GROUP: ("Role", HEAD, [])}, {USER: BELOW}, False),
        ([ROLE_GROUP], {ROLE_GROUP: ("RoleAndSubordinates", HEAD, [])}, {USER: BELOW}, True),
        ([ROLE_GROUP], {ROLE_GROUP: ("RoleAndSubordinatesInternal", HEAD, [])}, {USER: BELOW}, True),
        ([ROLE_GROUP], {ROLE_GROUP: ("RoleAndSubordinates", HEAD, [])}, ACTIVE, False),
        ([ROLE_GROUP, OUTER], TWICE, {USER: BELOW}, True),
        ([OUTER, ROLE_GROUP], TWICE, {USER: BELOW}, True),
    ],
)
def test_a_group_counts_by_who_is_at_its_end(
    members: list[str],
    groups: dict[str, tuple[str, str | None, list[str]]],
    users: dict[str, str | None],
    found: bool,
) -> None:
    assert reaches(Org(groups, users), *members) is found


def test_nothing_but_an_id_is_asked_for() -> None:
    org = Org({OUTER: ("Role", "None", ["x' OR Id != '", "None"])}, ACTIVE)
    assert not reaches(org, "x' OR Id != '", OUTER)
    assert org.asked == [{"groups": [OUTER], "members": [OUTER]}]


def test_groups_that_hold_each_other_are_asked_about_once() -> None:
    org = Org({OUTER: ("Regular", None, [INNER, OUTER]), INNER: ("Regular", None, [OUTER])}, ACTIVE)
    assert not reaches(org, OUTER, OUTER)
    assert [one["members"] for one in org.asked] == [[OUTER], [INNER]]


def test_of_a_large_group_two_hundred_are_asked_about() -> None:
    org = Org({}, ACTIVE)
    assert not reaches(org, *(long_id(f"005xx00000{number:05}") for number in range(100, 350)))
    assert [len(one["users"]) for one in org.asked] == [200]
