"""Conditional request headers.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_conditional_requests.htm
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date
from werkzeug.test import TestResponse

DATA = "/services/data/v67.0"


def ask(api: Any, method: str, path: str, headers: dict[str, str], **options: Any) -> TestResponse:
    sent = {"Authorization": f"Bearer {api.token}", **headers}
    answer: TestResponse = api.client.open(f"{DATA}/{path}", method=method, headers=sent, **options)
    return answer


def changed_at(api: Any, path: str) -> datetime:
    modified = api.call("GET", path).last_modified
    assert modified is not None
    return modified


def a_second(modified: datetime, *, later: int) -> str:
    return http_date(modified + timedelta(seconds=later))


@pytest.fixture
def account(api: Any) -> str:
    return f"sobjects/Account/{api.query('SELECT Id FROM Account LIMIT 1')[0]['Id']}"


@pytest.fixture(params=["record", "describe", "global describe"])
def resource(request: pytest.FixtureRequest, order_id: str) -> str:
    return {
        "record": f"sobjects/Order/{order_id}",
        "describe": "sobjects/Order/describe",
        "global describe": "sobjects",
    }[request.param]


def test_if_modified_since_saves_an_answer_that_has_not_changed(api: Any, resource: str) -> None:
    modified = changed_at(api, resource)
    unchanged = ask(api, "GET", resource, {"If-Modified-Since": a_second(modified, later=0)})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert ask(api, "GET", resource, {"If-Modified-Since": a_second(modified, later=-1)}).status_code == 200
    assert ask(api, "GET", resource, {"If-Modified-Since": "yesterday"}).status_code == 200


def test_if_unmodified_since_refuses_what_has_changed(api: Any, resource: str) -> None:
    modified = changed_at(api, resource)
    assert ask(api, "GET", resource, {"If-Unmodified-Since": a_second(modified, later=0)}).status_code == 200
    refused = ask(api, "GET", resource, {"If-Unmodified-Since": a_second(modified, later=-1)})
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (412, "PRECONDITION_FAILED")


def test_an_update_of_what_has_changed_is_refused_and_changes_nothing(api: Any, order_id: str) -> None:
    path, body = f"sobjects/Order/{order_id}", {"Description": "mine"}
    modified = changed_at(api, path)
    stale = {"If-Unmodified-Since": a_second(modified, later=-1)}
    assert ask(api, "PATCH", path, stale, json=body).status_code == 412
    assert api.call("GET", path).get_json()["Description"] != "mine"
    assert ask(api, "PATCH", path, {"If-Unmodified-Since": a_second(modified, later=0)}, json=body).status_code == 204
    assert api.call("GET", path).get_json()["Description"] == "mine"


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "If-Unmodified-Since"])
def test_an_invalid_value_is_refused_in_an_update(api: Any, account: str, header: str) -> None:
    assert ask(api, "PATCH", account, {header: "nonsense"}, json={"Phone": "1"}).status_code == 400


def test_an_account_has_an_etag_that_changes_with_it(api: Any, account: str) -> None:
    etag = api.call("GET", account).headers["ETag"]
    assert ask(api, "GET", account, {"If-None-Match": f'"other", {etag}'}).status_code == 304
    assert ask(api, "GET", account, {"If-None-Match": '"other"'}).status_code == 200
    assert (
        ask(api, "PATCH", account, {"If-Match": f'"other", {etag}'}, json={"Phone": "+27 21 555 0100"}).status_code
        == 204
    )
    stale = ask(api, "PATCH", account, {"If-Match": etag}, json={"Phone": "+27 21 555 0101"})
    assert stale.status_code == 412
    assert ask(api, "GET", account, {"If-Match": etag}).status_code == 412
    now = api.call("GET", account).headers["ETag"]
    assert ask(api, "PATCH", account, {"If-None-Match": now}, json={"Phone": "+27 21 555 0101"}).status_code == 412
    assert api.call("GET", account).get_json()["Phone"] == "+27 21 555 0100"


def test_no_other_object_has_an_etag(api: Any, order_id: str) -> None:
    path = f"sobjects/Order/{order_id}"
    assert "ETag" not in api.call("GET", path).headers
    assert ask(api, "PATCH", path, {"If-Match": '"any"'}, json={"Description": "x"}).status_code == 204


def test_a_delete_knows_no_condition(api: Any, account: str) -> None:
    modified = changed_at(api, account)
    stale = {"If-Unmodified-Since": a_second(modified, later=-1), "If-Match": '"other"'}
    assert ask(api, "DELETE", account, stale).status_code == 204


def test_a_describe_changes_with_the_setup(client: FlaskClient, api: Any, app: Any) -> None:
    path = "sobjects/Order/describe"
    app.extensions["org"].metadata_changed_at -= timedelta(hours=1)
    modified = changed_at(api, path)
    client.patch("/sandbox/org", json={"multi_currency": True})
    assert ask(api, "GET", path, {"If-Modified-Since": http_date(modified)}).status_code == 200


def test_an_upsert_and_a_subrequest_have_conditions_too(api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite.htm"""
    path = "sobjects/Chat2Pay_Payment_Request__c/Reference__c/c2p_1"
    assert api.call("PATCH", path, json={"Order__c": order_id}).status_code == 201
    stale = {"If-Unmodified-Since": a_second(changed_at(api, path), later=-1)}
    assert ask(api, "PATCH", path, stale, json={"Amount__c": 1}).status_code == 412
    subrequest = {"method": "PATCH", "url": f"{DATA}/{path}", "referenceId": "r", "body": {"Amount__c": 1}}
    answer = api.composite(subrequest | {"httpHeaders": stale})[0]
    assert (answer["httpStatusCode"], answer["body"][0]["errorCode"]) == (412, "PRECONDITION_FAILED")
