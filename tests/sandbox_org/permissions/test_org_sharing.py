"""Whose payment request it is: private, owned by a user or a queue, seen by those who may view all."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

REQUEST = "Chat2Pay_Payment_Request__c"


def code(answer: Any) -> str:
    return str(answer.get_json()[0]["errorCode"])


def owned_by(api: Any, owner_id: str, *, reference: str = "c2p_1") -> Any:
    return api.call("POST", f"sobjects/{REQUEST}", json={"Reference__c": reference, "OwnerId": owner_id})


def seen(api: Any) -> list[str]:
    return [row["Reference__c"] for row in api.query(f"SELECT Reference__c FROM {REQUEST}")]


def queue_id(api: Any) -> str:
    return str(
        api.query(
            f"SELECT QueueId FROM QueueSobject WHERE SobjectType = '{REQUEST}' AND Queue.DeveloperName = 'Chat2Pay_Requests'"
        )[0]["QueueId"]
    )


def test_a_request_is_seen_by_its_owner_and_by_those_who_view_all(
    api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any]
) -> None:
    assert owned_by(api, user("Pieter")["id"]).status_code == 201
    assert seen(api_as("Pieter")) == seen(api_as("Naledi")) == seen(api) == ["c2p_1"]
    # Thandi sees every order: a lookup inherits no sharing.
    assert seen(api_as("Thandi")) == []


def test_without_view_all_nobody_sees_what_others_own(
    client: FlaskClient, api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any]
) -> None:
    owned_by(api, user("Pieter")["id"])
    body = {"objects": {REQUEST: {"PermissionsViewAllRecords": False}}}
    assert client.patch("/sandbox/permission-sets/Chat2Pay_Supervisor", json=body).status_code == 200
    assert seen(api_as("Naledi")) == []
    assert seen(api) == ["c2p_1"]


def test_a_queue_owns_what_a_person_cannot(
    client: FlaskClient, api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any]
) -> None:
    client.patch(f"/sandbox/users/{user('Pieter')['id']}", json={"active": False})
    assert code(owned_by(api, user("Pieter")["id"])) == "INACTIVE_OWNER_OR_USER"
    # Nomsa holds no set: whoever cannot read a record cannot own it.
    assert code(owned_by(api, user("Nomsa")["id"])) == "TRANSFER_REQUIRES_READ"
    assert owned_by(api, queue_id(api)).status_code == 201
    assert api.query(f"SELECT OwnerId FROM {REQUEST}")[0]["OwnerId"] == queue_id(api)


def test_a_group_that_is_no_queue_owns_nothing(api: Any) -> None:
    group = api.query("SELECT Id FROM Group WHERE DeveloperName = 'Chat2Pay_Supervisors'")[0]["Id"]
    assert code(owned_by(api, group)) == "INVALID_CROSS_REFERENCE_KEY"


def test_the_group_has_the_members_that_an_admin_gives_it(
    client: FlaskClient, api: Any, user: Callable[[str], Any]
) -> None:
    members = "SELECT UserOrGroupId FROM GroupMember WHERE Group.DeveloperName = 'Chat2Pay_Supervisors'"
    assert [row["UserOrGroupId"] for row in api.query(members)] == [user("Naledi")["id"]]
    client.patch(f"/sandbox/users/{user('Naledi')['id']}", json={"groups": []})
    assert api.query(members) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"objects": {"Nope__c": {"PermissionsRead": False}}}, "objects"),
        ({"objects": {REQUEST: {"PermissionsFly": True}}}, "objects"),
        ({"fields": {"Order.Chat2Pay_Status__c": {"PermissionsRead": "no"}}}, "fields"),
        ({"fields": []}, "fields"),
    ],
)
def test_an_unusable_tick_is_named(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.patch("/sandbox/permission-sets/Chat2Pay_Agent", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])
