"""Identity URLs: /id/ORG/USER.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Users = Callable[[str], dict[str, Any]]


def ask(client: FlaskClient, org_id: str, user: dict[str, Any], caller: dict[str, Any], **params: str) -> Any:
    headers = {"Authorization": f"Bearer {caller['access_token']}"}
    return client.get(f"/id/{org_id}/{user['id']}", headers=headers, query_string=params)


def test_it_says_who_the_user_is(client: FlaskClient, credentials: Any, user: Users) -> None:
    thandi, org_id = user("Thandi"), credentials["org_id"]
    answer = ask(client, org_id, thandi, thandi)
    body = answer.get_json()
    assert answer.status_code == 200
    assert (body["id"], body["asserted_user"]) == (f"http://localhost:8010/id/{org_id}/{thandi['id']}", True)
    assert (body["user_id"], body["organization_id"], body["username"]) == (thandi["id"], org_id, thandi["username"])
    assert (body["nick_name"], body["display_name"]) == ("tnkos", "Thandi Nkosi")
    assert (body["timezone"], body["utcOffset"]) == ("Africa/Johannesburg", 7_200_000)
    assert (body["active"], body["user_type"]) == (True, "STANDARD")
    assert body["urls"]["rest"] == "http://localhost:8010/services/data/v{version}/"
    assert {"status", "photos", "last_modified_date", "is_app_installed", "locale", "language"} < set(body)


@pytest.mark.parametrize(("version", "shown"), [("latest", "68.0"), ("61.0", "61.0")])
def test_the_version_may_be_put_into_the_addresses(
    client: FlaskClient, credentials: Any, user: Users, version: str, shown: str
) -> None:
    body = ask(client, credentials["org_id"], user("Thandi"), user("Thandi"), version=version).get_json()
    assert body["urls"]["query"] == f"http://localhost:8010/services/data/v{shown}/query/"


def test_the_token_may_be_a_parameter_and_the_ids_short(client: FlaskClient, credentials: Any, user: Users) -> None:
    thandi = user("Thandi")
    path = f"/id/{credentials['org_id'][:15]}/{thandi['id'][:15]}"
    assert client.get(path, query_string={"oauth_token": thandi["access_token"]}).get_json()["user_id"] == thandi["id"]


def test_others_are_seen_by_those_who_may_use_the_api(
    client: FlaskClient, api: Any, credentials: Any, user: Users
) -> None:
    answer = ask(client, credentials["org_id"], user("Pieter"), user("Thandi"))
    assert (answer.status_code, answer.get_json()["asserted_user"]) == (200, False)
    name = api.query("SELECT Name FROM PermissionSet WHERE IsOwnedByProfile = true AND Label = 'Order Desk'")[0]["Name"]
    client.patch(f"/sandbox/permission-sets/{name}", json={"PermissionsApiEnabled": False})
    refused = ask(client, credentials["org_id"], user("Pieter"), user("Nomsa"))
    assert (refused.status_code, refused.text) == (404, "No_Access")
    assert ask(client, credentials["org_id"], user("Nomsa"), user("Nomsa")).status_code == 200


@pytest.mark.parametrize(
    ("org_id", "user_id", "token", "status", "code"),
    [
        (None, None, "", 403, "Missing_OAuth_Token"),
        (None, None, "dead", 403, "Bad_OAuth_Token"),
        ("00D000000000001", None, None, 403, "Wrong_Org"),
        (None, "005000000000001", None, 404, "Bad_Id"),
        (None, "nobody", None, 404, "Bad_Id"),
        ("nowhere", None, None, 404, "Bad_Id"),
    ],
)
def test_it_is_refused_in_the_documented_words(
    client: FlaskClient, credentials: Any, user: Users, org_id: Any, user_id: Any, token: Any, status: int, code: str
) -> None:
    thandi = user("Thandi")
    path = f"/id/{org_id or credentials['org_id']}/{user_id or thandi['id']}"
    sent = thandi["access_token"] if token is None else token
    answer = client.get(path, headers={"Authorization": f"Bearer {sent}"} if sent else {})
    assert (answer.status_code, answer.text) == (status, code)


def test_an_inactive_user_and_a_strange_version_are_refused(client: FlaskClient, credentials: Any, user: Users) -> None:
    org_id = credentials["org_id"]
    wrong = ask(client, org_id, user("Thandi"), user("Thandi"), version="newest")
    assert (wrong.status_code, wrong.text) == (406, "Invalid_Version")
    client.patch(f"/sandbox/users/{user('Nomsa')['id']}", json={"active": False})
    inactive = ask(client, org_id, user("Nomsa"), user("Thandi"))
    assert (inactive.status_code, inactive.text) == (404, "Inactive")
    assert ask(client, org_id, user("Nomsa"), user("Nomsa")).text == "Bad_OAuth_Token"
