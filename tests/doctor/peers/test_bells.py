"""What an org lacks for bells: named with where to click, and gone once it is there. Bells ring in the sandbox's own org."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from connector.salesforce.news.bells_and_events import TYPE_NAME
from connector.store.schema.tables import payment_news
from connector.workers.news_delivery import NewsDelivery
from tests.doctor.clinic import Clinic

GROUP = "Chat2Pay_Supervisors"


def named(clinic: Clinic) -> list[str]:
    return [one.subject for one in clinic.findings() if one.check == "notifications"]


def supervisor(clinic: Clinic) -> str:
    return next(str(one["id"]) for one in clinic.known["users"] if one["kind"] == "supervisor")


def test_an_org_with_everything_gives_no_finding(clinic: Clinic) -> None:
    assert named(clinic) == []


@pytest.mark.parametrize("change", [{"groups": []}, {"active": False}])
def test_a_group_without_an_active_member_is_named(clinic: Clinic, change: dict[str, Any]) -> None:
    clinic.control("PATCH", f"users/{supervisor(clinic)}", change)
    assert named(clinic) == [f"{GROUP} members"]
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"groups": [GROUP], "active": True})
    assert named(clinic) == []


def added(clinic: Clinic, name: str, **values: Any) -> str:
    return str(clinic.control("POST", "records", {"object": name, "values": values})["id"])


def in_group(clinic: Clinic, *members: str, **values: Any) -> str:
    """Add a group with these members, and return its id."""
    group_id = added(clinic, "Group", Name="Desk", **{"Type": "Regular", **values})
    for one in members:
        added(clinic, "GroupMember", GroupId=group_id, UserOrGroupId=one)
    return group_id


def only_member(clinic: Clinic, member: str) -> None:
    """Let the supervisors' group have one member."""
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"groups": []})
    groups = clinic.org.extensions["org"].records.rows("Group")
    (ours,) = [row["Id"] for row in groups if row["DeveloperName"] == GROUP and row["Type"] == "Regular"]
    added(clinic, "GroupMember", GroupId=ours, UserOrGroupId=member)


def change(clinic: Clinic, name: str, record_id: str, **values: Any) -> None:
    records = clinic.org.extensions["org"].records
    with records.transaction():
        records.put(name, records.get(name, record_id) | values)


@pytest.mark.parametrize(("kind", "missing"), [("CustomNotificationType", TYPE_NAME), ("Group", GROUP)])
def test_what_was_never_deployed_or_was_renamed_is_named(clinic: Clinic, kind: str, missing: str) -> None:
    (row,) = [one for one in clinic.org.extensions["org"].records.rows(kind) if one["DeveloperName"] == missing]
    change(clinic, kind, row["Id"], DeveloperName="Another")
    assert named(clinic) == [missing]


def test_a_group_in_the_group_counts_only_with_an_active_user_at_its_end(clinic: Clinic) -> None:
    inner = in_group(clinic)
    only_member(clinic, in_group(clinic, inner))
    assert named(clinic) == [f"{GROUP} members"], "two groups, nobody in them"
    added(clinic, "GroupMember", GroupId=inner, UserOrGroupId=supervisor(clinic))
    assert named(clinic) == []
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"active": False})
    assert named(clinic) == [f"{GROUP} members"]


def test_groups_that_hold_each_other_are_nobody(clinic: Clinic) -> None:
    inner = in_group(clinic)
    outer = in_group(clinic, inner)
    added(clinic, "GroupMember", GroupId=inner, UserOrGroupId=outer)
    only_member(clinic, outer)
    assert named(clinic) == [f"{GROUP} members"]


@pytest.mark.parametrize(
    ("kind", "reaches_below"),
    [("Role", False), ("RoleAndSubordinates", True), ("RoleAndSubordinatesInternal", True)],
)
def test_a_role_in_the_group_counts_by_its_active_users(clinic: Clinic, kind: str, reaches_below: bool) -> None:
    head = added(clinic, "UserRole", Name="Head of desk")
    desk = added(clinic, "UserRole", Name="Desk", ParentRoleId=added(clinic, "UserRole", Name="M", ParentRoleId=head))
    only_member(clinic, in_group(clinic, Type=kind, RelatedId=head))
    assert named(clinic) == [f"{GROUP} members"]
    change(clinic, "User", supervisor(clinic), UserRoleId=desk)
    assert named(clinic) == ([] if reaches_below else [f"{GROUP} members"])
    change(clinic, "User", supervisor(clinic), UserRoleId=head)
    assert named(clinic) == []
    change(clinic, "User", supervisor(clinic), IsActive=False)
    assert named(clinic) == [f"{GROUP} members"]


def test_everybody_in_the_group_is_somebody_and_a_territory_is_nobody(clinic: Clinic) -> None:
    everybody = in_group(clinic, Type="Organization")
    only_member(clinic, everybody)
    assert named(clinic) == []
    change(clinic, "Group", everybody, Type="Territory")
    assert named(clinic) == [f"{GROUP} members"]


def test_a_missing_permission_is_named(clinic: Clinic) -> None:
    body = {"PermissionsSendCustomNotifications": False}
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", body)
    assert named(clinic) == ["PermissionsSendCustomNotifications"]


def test_an_org_that_shows_none_of_our_users_sets_is_not_said_to_lack_the_permission(clinic: Clinic) -> None:
    clinic.on_the_way = lambda request: (
        (200, {}, '{"records": [], "done": true}') if "PermissionSetAssignment" in str(request.url) else None
    )
    assert named(clinic) == []
    assert "notifications" not in clinic.dark()


def test_a_tenant_without_bells_is_asked_for_nothing(clinic: Clinic) -> None:
    clinic.control("PATCH", f"users/{supervisor(clinic)}", {"groups": []})
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, notifications=False)))
    assert named(clinic) == []


def test_bells_ring_in_the_org_and_a_refused_one_is_named(clinic: Clinic) -> None:
    delivery = NewsDelivery()
    link = paid(clinic)
    delivery.deliver(clinic.services, patience=30)
    (bell,) = clinic.control("GET", "notifications")
    assert bell["users"] == [clinic.user("Thandi")["id"]]
    assert bell["title"].startswith("Paid: order ")
    assert bell["target"].startswith("a0")
    assert link["paymentLinkRef"] not in repr(bell)
    assert "Paid: order " in clinic.org.test_client().get(f"/?user={bell['users'][0]}").get_data(as_text=True)
    clinic.control("PATCH", "permission-sets/Chat2Pay_Integration", {"PermissionsSendCustomNotifications": False})
    clinic.callback(clinic.core.happen(clinic.core.last(), "PAYMENT_LINK_EXPIRED"))
    assert named(clinic) == ["PermissionsSendCustomNotifications"]


def paid(clinic: Clinic) -> dict[str, Any]:
    """Let a link be sent and paid, and its records be written."""
    assert clinic.send().status_code == 201
    link: dict[str, Any] = clinic.core.last()
    clinic.callback(clinic.core.happen(link, "PAYMENT_RECEIVED"))
    clinic.clock.pass_by(seconds=3)
    clinic.push()
    return link


def test_refused_bells_of_one_code_are_one_finding_with_their_sum(clinic: Clinic) -> None:
    paid(clinic)
    with clinic.services.store.write() as work:
        (row,) = work.connection.execute(select(payment_news)).mappings()
        refused = {"state": "refused", "reason": "INVALID_TYPE", "due_at": None, "finished_at": clinic.clock()}
        work.connection.execute(update(payment_news).values(**refused))
        others = dict(row) | {"medium": "supervisors", **refused}
        work.connection.execute(insert(payment_news).values(**others))
    assert named(clinic) == ["INVALID_TYPE"]
    assert [one.problem for one in clinic.findings() if one.check == "notifications"] == [
        "Salesforce refused 2 bells in the last day with INVALID_TYPE."
    ]
