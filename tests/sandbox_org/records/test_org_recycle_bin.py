"""What is deleted lies in the recycle bin: hidden from a query, shown to queryAll, and it comes back whole."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

REQUEST = "Chat2Pay_Payment_Request__c"


@pytest.fixture
def record(api: Any, order_id: str) -> str:
    """A payment request record of the order."""
    path = f"sobjects/{REQUEST}/Reference__c/c2p_bin"
    return str(api.call("PATCH", path, json={"Order__c": order_id, "Chat2Pay_Version__c": 1}).get_json()["id"])


def everything(api: Any, soql: str) -> list[dict[str, Any]]:
    answer = api.call("GET", "queryAll", query_string={"q": soql})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.get_json()["records"]
    return rows


def test_a_deleted_order_is_hidden_from_a_query_and_shown_to_query_all(
    client: FlaskClient, api: Any, order_id: str, record: str
) -> None:
    (before,) = api.query(f"SELECT Id, SystemModstamp, IsDeleted FROM Order WHERE Id = '{order_id}'")
    assert before["IsDeleted"] is False
    assert client.delete(f"/sandbox/orders/{order_id}").status_code == 204
    by_id = f"SELECT Id, IsDeleted FROM Order WHERE Id IN ('{order_id}')"
    assert api.query(by_id) == []
    assert [(one["Id"], one["IsDeleted"]) for one in everything(api, by_id)] == [(order_id, True)]
    by_stamp = (
        f"SELECT Id, IsDeleted FROM Order WHERE SystemModstamp >= {before['SystemModstamp'].replace('+0000', 'Z')}"
    )
    assert (order_id, True) in [(one["Id"], one["IsDeleted"]) for one in everything(api, by_stamp)]
    assert api.query(f"SELECT Order__c FROM {REQUEST} WHERE Id = '{record}'")[0]["Order__c"] is None


def test_nothing_is_written_onto_it_and_nothing_points_at_it(
    client: FlaskClient, api: Any, order_id: str, record: str
) -> None:
    client.delete(f"/sandbox/orders/{order_id}")
    onto = api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Version__c": 2})
    at = api.call("PATCH", f"sobjects/{REQUEST}/{record}", json={"Order__c": order_id})
    assert [one.get_json()[0]["errorCode"] for one in (onto, at)] == ["ENTITY_IS_DELETED"] * 2


def test_it_comes_back_whole(client: FlaskClient, api: Any, order_id: str) -> None:
    soql = f"SELECT OrderNumber, Grand_Total__c, IsDeleted FROM Order WHERE Id = '{order_id}'"
    before = api.query(soql)
    client.delete(f"/sandbox/orders/{order_id}")
    assert client.post(f"/sandbox/orders/{order_id}/restore").status_code == 200
    assert api.query(soql) == before
    assert client.post(f"/sandbox/orders/{order_id}/restore").status_code == 422
    assert client.delete("/sandbox/orders/801000000000000AAA").status_code == 422


def test_a_record_that_a_user_deletes_lies_there_too(api: Any, record: str) -> None:
    assert api.call("DELETE", f"sobjects/{REQUEST}/{record}").status_code == 204
    soql = f"SELECT Reference__c, IsDeleted FROM {REQUEST} WHERE Id = '{record}'"
    assert (api.query(soql), len(everything(api, soql))) == ([], 1)
    again = api.call("PATCH", f"sobjects/{REQUEST}/Reference__c/c2p_bin", json={"Chat2Pay_Version__c": 1})
    assert again.get_json()["created"] is True, "an upsert does not find what is deleted"
