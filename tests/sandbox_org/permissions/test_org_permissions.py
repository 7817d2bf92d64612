"""Permission sets, custom permissions and field-level security of the org, as the connector asks for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.metadata.project import package_folder
from sandbox.org.metadata.source_format import read_metadata
from sandbox.org.permissions.permission_sets import Permissions
from sandbox.org.permissions.source_format import ObjectAccess, read_permissions
from sandbox.org.records.lifecycle import load_row
from sandbox.org.records.store import RecordStore

REQUEST = "Chat2Pay_Payment_Request__c"
DATA = "/services/data/v67.0"
ALL = ["Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Send", "Chat2Pay_Supervise"]
# By this one the rules know the connector; nobody on the desk holds it.
CONNECTOR = "Chat2Pay_Integration"
SHIPPED = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <customPermissions><enabled>true</enabled><name>Chat2Pay_Send</name></customPermissions>
    <customPermissions><enabled>false</enabled><name>Chat2Pay_Capture</name></customPermissions>
    <fieldPermissions>
        <editable>true</editable><field>Order.Chat2Pay_Status__c</field><readable>true</readable>
    </fieldPermissions>
    <fieldPermissions>
        <editable>false</editable><field>Order.Chat2Pay_Paid_At__c</field><readable>true</readable>
    </fieldPermissions>
    <label>Shipped</label>
    <userPermissions><enabled>true</enabled><name>EditActivatedOrders</name></userPermissions>
</PermissionSet>
"""

CUSTOM = """<?xml version="1.0" encoding="UTF-8"?>
<CustomPermission xmlns="http://soap.sforce.com/2006/04/metadata"><label>Send</label></CustomPermission>
"""


def code(answer: Any) -> str:
    return str(answer.get_json()[0]["errorCode"])


def query(text: str) -> dict[str, str]:
    return {"method": "GET", "url": f"{DATA}/query?q={text.replace(' ', '+').replace('%', '%25')}"}


def rights_of(api: Any, user_id: str) -> list[str]:
    """Ask as the connector does: two queries in one composite."""
    held = (
        "SELECT SetupEntityId FROM SetupEntityAccess WHERE SetupEntityType = 'CustomPermission' AND ParentId IN "
        f"(SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}')"
    )
    named = "SELECT Id, DeveloperName FROM CustomPermission WHERE DeveloperName LIKE 'Chat2Pay_%'"
    answers = api.composite({"referenceId": "held", **query(held)}, {"referenceId": "named", **query(named)})
    assert [answer["httpStatusCode"] for answer in answers] == [200, 200]
    names = {row["Id"]: row["DeveloperName"] for row in answers[1]["body"]["records"]}
    assert sorted(names.values()) == sorted([*ALL, CONNECTOR])
    return sorted({names[row["SetupEntityId"]] for row in answers[0]["body"]["records"]})


def edits_activated(api: Any, user_id: str) -> bool:
    text = (
        "SELECT PermissionsEditActivatedOrders FROM PermissionSet WHERE Id IN "
        f"(SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}')"
    )
    return any(row["PermissionsEditActivatedOrders"] for row in api.query(text))


@pytest.mark.parametrize(
    ("name", "rights", "activated"),
    [
        ("Thandi", ["Chat2Pay_Send"], False),
        ("Pieter", ["Chat2Pay_Send"], False),
        ("Naledi", ALL, True),
        ("Integration", [CONNECTOR], True),
        ("Sipho", [], False),
        ("Nomsa", [], False),
    ],
)
def test_each_user_holds_what_their_permission_sets_give(
    api: Any, user: Callable[[str], Any], name: str, rights: list[str], activated: bool
) -> None:
    assert rights_of(api, user(name)["id"]) == rights
    assert edits_activated(api, user(name)["id"]) is activated
    assert user(name)["edits_activated_orders"] is activated


def test_somebody_who_only_looks_comes_last_and_sees_orders(credentials: Any, api_as: Callable[[str], Any]) -> None:
    assert (credentials["users"][-1]["name"], credentials["users"][-1]["kind"]) == ("Nomsa Look", "user")
    assert [one["kind"] for one in credentials["users"][:4]] == ["agent", "agent", "supervisor", "integration"]
    assert len(api_as("Nomsa").query("SELECT Id FROM Order")) == 8


def test_permission_sets_are_given_and_taken(client: FlaskClient, api: Any, user: Callable[[str], Any]) -> None:
    path = f"/sandbox/users/{user('Nomsa')['id']}"
    given = client.patch(path, json={"permission_sets": ["Chat2Pay_Supervisor"]}).get_json()
    assert given["permission_sets"] == ["Chat2Pay_Supervisor"]
    assert rights_of(api, user("Nomsa")["id"]) == ALL
    client.patch(path, json={"permission_sets": []})
    assert rights_of(api, user("Nomsa")["id"]) == []


def test_a_permission_set_gives_less_from_now_on(client: FlaskClient, api: Any, user: Callable[[str], Any]) -> None:
    client.patch("/sandbox/permission-sets/Chat2Pay_Supervisor", json={"custom_permissions": ["Chat2Pay_Send"]})
    assert rights_of(api, user("Naledi")["id"]) == ["Chat2Pay_Send"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/{id}", {"edits_activated_orders": False}),
        ("permission-sets/Chat2Pay_Integration", {"PermissionsEditActivatedOrders": False}),
    ],
)
def test_an_activated_order_refuses_whoever_lost_the_permission(
    client: FlaskClient, api: Any, user: Callable[[str], Any], order_id: str, path: str, body: Any
) -> None:
    client.patch(f"/sandbox/orders/{order_id}", json={"activated": True})
    write = {"Chat2Pay_Payment_State__c": "paid"}
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json=write).status_code == 204
    assert client.patch(f"/sandbox/{path.format(id=user('Integration')['id'])}", json=body).status_code == 200
    assert code(api.call("PATCH", f"sobjects/Order/{order_id}", json=write)) == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert edits_activated(api, user("Integration")["id"]) is False
    back = {"edits_activated_orders": True}
    client.patch(f"/sandbox/users/{user('Integration')['id']}", json=back)
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json=write).status_code == 204


def test_only_those_with_view_setup_see_the_permissions_of_others(
    client: FlaskClient, api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any]
) -> None:
    others = f"SELECT Id FROM PermissionSetAssignment WHERE AssigneeId != '{user('Thandi')['id']}'"
    assert api_as("Thandi").query(others) == []
    assert rights_of(api_as("Thandi"), user("Thandi")["id"]) == ["Chat2Pay_Send"]
    client.patch(f"/sandbox/users/{user('Integration')['id']}", json={"views_setup": False})
    assert rights_of(api, user("Naledi")["id"]) == []


def test_a_user_without_api_enabled_is_told_so(client: FlaskClient, api: Any, api_as: Callable[[str], Any]) -> None:
    name = api.query("SELECT Name FROM PermissionSet WHERE IsOwnedByProfile = true AND Label = 'Order Desk'")[0]["Name"]
    client.patch(f"/sandbox/permission-sets/{name}", json={"PermissionsApiEnabled": False})
    refused = api_as("Nomsa").call("GET", "limits")
    assert (refused.status_code, code(refused)) == (403, "API_DISABLED_FOR_ORG")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("users/{id}", {"permission_sets": ["Nope"]}, "permission_sets"),
        ("users/{id}", {"flies": True}, "flies"),
        ("users/{id}", {"active": "no"}, "active"),
        ("permission-sets/Nope", {}, "name"),
        ("permission-sets/Chat2Pay_Agent", {"PermissionsFly": True}, "PermissionsFly"),
        ("permission-sets/Chat2Pay_Agent", {"custom_permissions": ["Nope"]}, "custom_permissions"),
    ],
)
def test_an_unusable_permission_is_named(
    client: FlaskClient, user: Callable[[str], Any], path: str, body: Any, field: str
) -> None:
    answer = client.patch(f"/sandbox/{path.format(id=user('Nomsa')['id'])}", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


# Field-level security


def close(client: FlaskClient, path: str, *, readable: bool) -> None:
    body = {path: {"readable": readable, "editable": False}}
    assert client.put("/sandbox/field-permissions", json=body).status_code == 200


def described(api: Any, object_name: str) -> dict[str, Any]:
    return {field["name"]: field for field in api.call("GET", f"sobjects/{object_name}/describe").get_json()["fields"]}


def test_a_field_that_is_hidden_does_not_exist(
    client: FlaskClient, api: Any, api_as: Callable[[str], Any], order_id: str
) -> None:
    close(client, "Order.Chat2Pay_Status__c", readable=False)
    assert api.refusal("SELECT Chat2Pay_Status__c FROM Order") == "INVALID_FIELD"
    assert api.refusal(f"SELECT Order__r.Chat2Pay_Status__c FROM {REQUEST}") == "INVALID_FIELD"
    assert code(api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Status__c": "x"})) == "INVALID_FIELD"
    assert "Chat2Pay_Status__c" not in described(api, "Order")
    assert "Chat2Pay_Status__c" not in api.call("GET", f"sobjects/Order/{order_id}").get_json()
    assert "Chat2Pay_Status__c" in described(api_as("Thandi"), "Order")


def test_a_field_that_is_read_only_refuses_its_record(client: FlaskClient, api: Any, order_id: str) -> None:
    close(client, "Order.Chat2Pay_Status__c", readable=True)
    records = [{"attributes": {"type": "Order"}, "Id": order_id, **fields} for fields in ({"Chat2Pay_Status__c": "x"},)]
    body = {"allOrNone": False, "records": records}
    result = api.call("PATCH", "composite/sobjects", json=body).get_json()[0]
    assert result["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert result["errors"][0]["fields"] == ["Chat2Pay_Status__c"]
    assert described(api, "Order")["Chat2Pay_Status__c"]["updateable"] is False
    client.put("/sandbox/field-permissions", json={})
    assert described(api, "Order")["Chat2Pay_Status__c"]["updateable"] is True


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("Order.Nope__c", {"readable": True, "editable": False}),
        ("Order.Chat2Pay_Status__c", {"readable": False, "editable": True}),
        ("Order.Chat2Pay_Status__c", {"readable": True}),
        ("Order.Chat2Pay_Status__c", "no"),
    ],
)
def test_an_unusable_field_permission_is_named(client: FlaskClient, path: str, may: Any) -> None:
    answer = client.put("/sandbox/field-permissions", json={path: may})
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [path])


def test_a_shipped_permission_set_decides_for_its_holders(tmp_path: Path) -> None:
    for folder, name, text in (
        ("permissionsets", "Chat2Pay_Agent.permissionset-meta.xml", SHIPPED),
        ("customPermissions", "Chat2Pay_Send.customPermission-meta.xml", CUSTOM),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    metadata = read_metadata(package_folder("base"))
    records = RecordStore(tmp_path / "org.sqlite3", metadata=metadata)
    permissions = Permissions(metadata=metadata, records=records)
    with records.transaction():
        permissions.load(read_permissions(tmp_path), user_id="")
        holder, other = (
            load_row(records, metadata, object_name="User", values={"Name": name}, user_id="") for name in "ab"
        )
        permissions.replace_sets(holder, [permissions.set_named("Chat2Pay_Agent") or {}])
        permissions.sync_user_marks()
    order = permissions.metadata_for(holder).objects["Order"].fields
    assert order["Chat2Pay_Status__c"].readonly is False
    assert order["Chat2Pay_Paid_At__c"].readonly is True
    assert "Chat2Pay_Reference__c" not in order
    assert "Chat2Pay_Status__c" not in permissions.metadata_for(other).objects["Order"].fields
    assert {"Status", "Grand_Total__c"} < set(permissions.metadata_for(other).objects["Order"].fields)
    assert (records.get("User", holder["Id"]) or {})["_edits_activated_orders"] is True
    assert (
        len(
            [
                row
                for row in records.rows("SetupEntityAccess")
                if row["ParentId"] == (permissions.sets_of(holder)[0]["Id"])
            ]
        )
        == 1
    )
    records.close()


# What the connector writes, others read
# https://help.salesforce.com/s/articleView?id=platform.admin_fls.htm

AGENTS = pytest.mark.parametrize("name", ["Thandi", "Naledi"])


@AGENTS
@pytest.mark.parametrize(
    "values",
    [{"Chat2Pay_Status__c": "paid"}, {"Chat2Pay_Version__c": 9}, {"Description": "x", "Chat2Pay_Amount_Paid__c": 1}],
)
def test_nobody_on_the_desk_writes_what_the_connector_writes(
    api: Any, api_as: Callable[[str], Any], order_id: str, name: str, values: dict[str, Any]
) -> None:
    path, shipped = f"sobjects/Order/{order_id}", next(one for one in values if one.startswith("Chat2Pay_"))
    refused = api_as(name).call("PATCH", path, json=values)
    assert (refused.status_code, code(refused)) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert refused.get_json()[0]["fields"] == [shipped]
    assert "Please check the security settings of this field" in refused.get_json()[0]["message"]
    assert described(api_as(name), "Order")[shipped]["updateable"] is False
    assert api_as(name).call("GET", path).get_json()[shipped] is None
    assert api_as(name).call("PATCH", path, json={"Description": "mine"}).status_code == 204
    assert api.call("PATCH", path, json=values).status_code == 204


@AGENTS
def test_nobody_on_the_desk_writes_payment_requests(
    api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any], order_id: str, name: str
) -> None:
    values = {"Reference__c": "c2p_1", "Order__c": order_id, "OwnerId": user(name)["id"]}
    made = api.call("POST", f"sobjects/{REQUEST}", json=values).get_json()
    desk, path = api_as(name), f"sobjects/{REQUEST}/{made['id']}"
    assert code(desk.call("PATCH", path, json={"Amount__c": 1})) == "INVALID_FIELD_FOR_INSERT_UPDATE"
    for refused in (
        desk.call("POST", f"sobjects/{REQUEST}", json={"Reference__c": "c2p_2"}),
        desk.call("PATCH", path, json={"OwnerId": api.query("SELECT Id FROM User LIMIT 1")[0]["Id"]}),
        desk.call("DELETE", path),
    ):
        assert (refused.status_code, code(refused)) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    assert desk.query(f"SELECT Reference__c FROM {REQUEST}")[0]["Reference__c"] == "c2p_1"
    assert desk.call("GET", f"sobjects/{REQUEST}/describe").get_json()["createable"] is False
    assert api.call("DELETE", path).status_code == 204


def test_without_its_permission_set_the_connector_writes_nothing_either(
    client: FlaskClient, api: Any, user: Callable[[str], Any], order_id: str
) -> None:
    client.patch(f"/sandbox/users/{user('Integration')['id']}", json={"permission_sets": []})
    refused = api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Status__c": "paid"})
    assert code(refused) == "INVALID_FIELD"


def test_whoever_holds_no_set_knows_nothing_of_the_product(
    api: Any, api_as: Callable[[str], Any], order_id: str
) -> None:
    api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Status__c": "paid"})
    nomsa = api_as("Nomsa")
    assert "Chat2Pay_Status__c" not in nomsa.call("GET", f"sobjects/Order/{order_id}").get_json()
    assert code(nomsa.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Status__c": None})) == "INVALID_FIELD"
    assert nomsa.call("GET", f"sobjects/{REQUEST}/describe").status_code == 404
    assert nomsa.refusal(f"SELECT Id FROM {REQUEST}") == "INVALID_TYPE"


def test_the_rule_refuses_whom_field_security_lets(
    client: FlaskClient, api_as: Callable[[str], Any], order_id: str
) -> None:
    opened = {"Order.Chat2Pay_Status__c": {"readable": True, "editable": True}}
    client.put("/sandbox/agent-field-permissions", json=opened)
    path = f"sobjects/Order/{order_id}"
    refused = api_as("Thandi").call("PATCH", path, json={"Chat2Pay_Status__c": "paid"})
    assert code(refused) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert "[chat2pay:connector-only]" in refused.get_json()[0]["message"]
    assert api_as("Thandi").call("PATCH", path, json={"Chat2Pay_Status__c": None}).status_code == 204


def test_a_shipped_set_may_give_the_records_of_an_object(tmp_path: Path) -> None:
    (tmp_path / "permissionsets").mkdir()
    given = f"<objectPermissions><allowEdit>true</allowEdit><object>{REQUEST}</object></objectPermissions>"
    expected = ObjectAccess(REQUEST, frozenset({"PermissionsEdit"}))
    shipped = SHIPPED.replace("<label>", f"{given}<label>")
    (tmp_path / "permissionsets" / "Chat2Pay_Agent.permissionset-meta.xml").write_text(shipped)
    assert read_permissions(tmp_path).permission_sets["Chat2Pay_Agent"].objects == (expected,)
