"""Permission set groups as the org makes them: one combined set for their holders, less what is muted."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

HELD = (
    "SELECT PermissionSetId, PermissionSetGroupId, PermissionSet.Type FROM PermissionSetAssignment "
    "WHERE PermissionSetGroupId != null AND AssigneeId = "
)


def made(client: FlaskClient, user_id: str, **changes: Any) -> Any:
    body = {"name": "Desk", "permission_sets": ["Chat2Pay_Agent"], "users": [user_id], **changes}
    return client.post("/sandbox/permission-set-groups", json=body)


def test_a_holder_is_given_one_set_without_what_is_muted(
    client: FlaskClient, api: Any, user: Callable[[str], Any]
) -> None:
    nomsa = user("Nomsa")["id"]
    assert made(client, nomsa, muted=["Contact.Phone", "Chat2Pay_Send"]).status_code == 200
    (assigned,) = api.query(f"{HELD}'{nomsa}'")
    assert assigned["PermissionSet"]["Type"] == "Group"
    combined = assigned["PermissionSetId"]
    fields = {row["Field"] for row in api.query(f"SELECT Field FROM FieldPermissions WHERE ParentId = '{combined}'")}
    assert "Contact.MobilePhone" in fields
    assert "Contact.Phone" not in fields
    assert api.query(f"SELECT Id FROM SetupEntityAccess WHERE ParentId = '{combined}'") == []


def test_a_group_names_its_members_and_its_muting_set(
    client: FlaskClient, api: Any, user: Callable[[str], Any]
) -> None:
    group = made(client, user("Nomsa")["id"]).get_json()
    members = api.query(
        "SELECT PermissionSetId, PermissionSetGroup.DeveloperName, PermissionSetGroup.Status "
        f"FROM PermissionSetGroupComponent WHERE PermissionSetGroupId = '{group['Id']}'"
    )
    assert sorted(row["PermissionSetId"][:3] for row in members) == ["0PS", "0QM"]
    assert {row["PermissionSetGroup"]["Status"] for row in members} == {"Updated"}


def test_an_outdated_group_gives_nothing(client: FlaskClient, api: Any, user: Callable[[str], Any]) -> None:
    nomsa = user("Nomsa")["id"]
    made(client, nomsa, status="Outdated")
    (assigned,) = api.query(f"{HELD}'{nomsa}'")
    assert api.query(f"SELECT Id FROM FieldPermissions WHERE ParentId = '{assigned['PermissionSetId']}'") == []


@pytest.mark.parametrize(
    "changes", [{"permission_sets": ["Nothing"]}, {"permission_sets": []}, {"users": []}, {"name": 1}]
)
def test_a_group_of_nothing_is_refused(client: FlaskClient, user: Callable[[str], Any], changes: Any) -> None:
    assert made(client, user("Nomsa")["id"], **changes).status_code == 422


def test_flows_arrive_inactive_and_classes_active(api: Any) -> None:
    flows = api.query("SELECT ApiName, ActiveVersionId FROM FlowDefinitionView WHERE ApiName LIKE 'Chat2Pay_%'")
    assert {row["ActiveVersionId"] for row in flows} == {None}
    assert api.query("SELECT Id FROM ApexClass WHERE Name = 'PaymentCanvasLifecycle' AND Status = 'Active'")
