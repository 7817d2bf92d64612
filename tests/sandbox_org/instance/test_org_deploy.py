"""An org that has none of the product's metadata, and what a deployment of its files brings."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.app import create_app
from sandbox.org.metadata.project import package_directories, read_packages
from sandbox.org.wire.errors import StartupError

DATA = "/services/data/v67.0"
REQUEST = "Chat2Pay_Payment_Request__c"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(tmp_path / "bare", packages=())
    yield app.test_client()
    app.extensions["org"].records.close()


def token_of(client: FlaskClient, kind: str) -> tuple[str, dict[str, str]]:
    users = client.get("/sandbox/credentials").get_json()["users"]
    one = next(user for user in users if user["kind"] == kind)
    return one["id"], {"Authorization": f"Bearer {one['access_token']}"}


def ask(client: FlaskClient, kind: str, text: str) -> Any:
    return client.get(f"{DATA}/query", query_string={"q": text}, headers=token_of(client, kind)[1])


def test_an_org_of_its_own_knows_nothing_of_the_product(bare: FlaskClient) -> None:
    _, supervisor = token_of(bare, "supervisor")
    fields = bare.get(f"{DATA}/sobjects/Order/describe", headers=supervisor).get_json()["fields"]
    assert not [field["name"] for field in fields if field["name"].startswith("Chat2Pay_")]
    assert "Grand_Total__c" in [field["name"] for field in fields]
    assert (
        ask(bare, "supervisor", "SELECT Name FROM PermissionSet WHERE Name LIKE 'Chat2Pay_%'").get_json()["records"]
        == []
    )
    assert ask(bare, "supervisor", "SELECT DeveloperName FROM CustomPermission").get_json()["records"] == []
    assert bare.get("/").status_code == 200
    order = ask(bare, "supervisor", "SELECT Id FROM Order LIMIT 1").get_json()["records"][0]["Id"]
    assert bare.get(f"/orders/{order}").status_code == 200


def test_a_deployment_brings_the_files_and_assigns_nothing(bare: FlaskClient) -> None:
    assert bare.post("/sandbox/deploy", json={"directories": ["base"]}).get_json() == {"directories": ["base"]}
    for text, name in (
        ("SELECT Name FROM PermissionSet WHERE Name = 'Chat2Pay_Agent'", "Chat2Pay_Agent"),
        ("SELECT DeveloperName FROM Group WHERE Type = 'Queue'", "Chat2Pay_Requests"),
        ("SELECT DeveloperName FROM CustomNotificationType", "Chat2Pay_Payment_News"),
    ):
        (row,) = ask(bare, "supervisor", text).get_json()["records"]
        assert name in row.values()
    user_id, integration = token_of(bare, "integration")
    order = ask(bare, "integration", "SELECT Id FROM Order LIMIT 1").get_json()["records"][0]["Id"]
    write = {"json": {"Chat2Pay_Status__c": "sent"}, "headers": integration}
    assert bare.patch(f"{DATA}/sobjects/Order/{order}", **write).get_json()[0]["errorCode"] == "INVALID_FIELD"
    bare.patch(f"/sandbox/users/{user_id}", json={"permission_sets": ["Chat2Pay_Integration"]})
    assert bare.patch(f"{DATA}/sobjects/Order/{order}", **write).status_code == 204
    read = bare.get(f"{DATA}/sobjects/Order/{order}", headers=integration).get_json()
    assert (read["Chat2Pay_Status__c"], read["Chat2Pay_Amount_Paid__c"]) == ("sent", None)
    made = bare.post(f"{DATA}/sobjects/{REQUEST}", json={"Reference__c": "c2p_1"}, headers=integration)
    assert made.status_code == 201


def test_what_was_deployed_is_there_after_a_restart(tmp_path: Path) -> None:
    for packages, deployed in (((), []), (None, ["base"])):
        app = create_app(tmp_path / "kept", packages=packages)
        client = app.test_client()
        assert client.get("/sandbox/deploy").get_json()["directories"] == deployed
        client.post("/sandbox/deploy", json={"directories": ["base"]})
        app.extensions["org"].records.close()


def test_a_second_deployment_sets_back_what_somebody_ticked(client: FlaskClient, api: Any) -> None:
    ticked = {"PermissionsEditActivatedOrders": False, "objects": {REQUEST: {"PermissionsEdit": False}}}
    client.patch("/sandbox/permission-sets/Chat2Pay_Integration", json=ticked)
    before = api.query("SELECT Id FROM PermissionSet WHERE Name = 'Chat2Pay_Integration'")
    client.post("/sandbox/deploy", json={"directories": ["base"]})
    rights = (
        "SELECT PermissionsEdit, Parent.PermissionsEditActivatedOrders FROM ObjectPermissions "
        f"WHERE SobjectType = '{REQUEST}' AND Parent.Name = 'Chat2Pay_Integration'"
    )
    (row,) = api.query(rights)
    assert (row["PermissionsEdit"], row["Parent"]["PermissionsEditActivatedOrders"]) == (True, True)
    assert api.query("SELECT Id FROM PermissionSet WHERE Name = 'Chat2Pay_Integration'") == before


@pytest.mark.parametrize("body", [{}, {"directories": []}, {"directories": ["nope"]}, {"directories": "base"}])
def test_a_deployment_of_what_is_not_there_is_refused(client: FlaskClient, body: Any) -> None:
    answer = client.post("/sandbox/deploy", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, ["directories"])


def test_the_option_names_directories() -> None:
    assert read_packages(None) == read_packages("all") == tuple(one for one in package_directories() if one != "oms")
    assert (read_packages("none"), read_packages("base")) == ((), ("base",))
    with pytest.raises(StartupError, match="nope"):
        read_packages("base,nope")


def test_order_management_goes_into_an_org_that_has_it(client: FlaskClient, api: Any) -> None:
    refused = client.post("/sandbox/deploy", json={"directories": ["oms"]})
    assert "OrderSummary" in refused.get_json()["error"]["fields"]
    client.patch("/sandbox/org", json={"order_summaries": True})
    done = client.post("/sandbox/deploy", json={"directories": ["oms"]})
    assert done.get_json()["directories"] == [*(one for one in package_directories() if one != "oms"), "oms"]
    org = client.application.extensions["org"]
    assert org.metadata.every["Payment"].fields["Chat2Pay_External_Id__c"].external_id
    sets = "SELECT Name FROM PermissionSet WHERE Name = 'Chat2Pay_Order_Management'"
    assert len(api.query(sets)) == 1


@pytest.mark.parametrize("name", [one for one in package_directories() if one not in ("base", "oms")])
def test_each_directory_goes_into_an_org_that_has_base_only(bare: FlaskClient, name: str) -> None:
    bare.post("/sandbox/deploy", json={"directories": ["base"]})
    done = bare.post("/sandbox/deploy", json={"directories": [name]})
    assert done.status_code == 200, done.text
    assert done.get_json()["directories"] == ["base", name]


def test_custom_metadata_is_read_like_any_object(api: Any, api_as: Callable[[str], Any]) -> None:
    (row,) = api.query("SELECT DeveloperName, Organization_Id__c, Connector_Url__c FROM Chat2Pay_Org__mdt")
    assert (row["DeveloperName"], row["Organization_Id__c"]) == ("Default", None)
