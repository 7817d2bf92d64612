"""The org as a real process on a real socket."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce  # type: ignore[attr-defined,unused-ignore]
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)


class PlainOnLoopback(HTTPAdapter):
    """simple-salesforce always says https; the sandbox speaks http on the loopback."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        request.url = request.url.replace("https://localhost:", "http://localhost:", 1)
        return super().send(request, **options)


@pytest.fixture
def salesforce(address: str) -> Any:
    credentials = requests.get(f"{address}/sandbox/credentials", timeout=60).json()
    form = {name: credentials[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    token = requests.post(f"{address}/services/oauth2/token", data=form, timeout=60).json()
    assert token["instance_url"] == address
    with requests.Session() as session:
        session.mount("https://localhost:", PlainOnLoopback())
        yield Salesforce(
            session_id=token["access_token"], instance_url=token["instance_url"], version="67.0", session=session
        )


def test_simple_salesforce_reads_and_writes(salesforce: Any) -> None:
    found = salesforce.query("SELECT Id, OrderNumber FROM Order ORDER BY OrderNumber LIMIT 1")["records"][0]
    assert salesforce.Order.get(found["Id"])["OrderNumber"] == found["OrderNumber"] == "00000102"
    assert salesforce.Order.update(found["Id"], {"Chat2Pay_Payment_State__c": "requested"}) == 204
    body = {
        "compositeRequest": [
            {"referenceId": "o", "method": "GET", "url": f"/services/data/v67.0/sobjects/Order/{found['Id']}"}
        ]
    }
    answer = salesforce.restful("composite", method="POST", json=body)
    assert answer["compositeResponse"][0]["body"]["Chat2Pay_Payment_State__c"] == "requested"
    assert salesforce.Chat2Pay_Payment_Request__c.upsert("Reference__c/c2p_1", {"Order__c": found["Id"]}) == 201
    assert salesforce.Order.describe()["name"] == "Order"


def test_simple_salesforce_creates_updates_and_deletes(salesforce: Any) -> None:
    requests_of = salesforce.Chat2Pay_Payment_Request__c
    created = requests_of.create({"Reference__c": "c2p_created", "Amount__c": 115})
    assert (created["success"], created["errors"]) == (True, [])
    assert requests_of.update(created["id"], {"Status__c": "paid"}) == 204
    assert requests_of.upsert("Reference__c/c2p_created", {"Channel__c": "sms"}) == 200
    assert requests_of.get_by_custom_id("Reference__c", "c2p_created")["Status__c"] == "paid"
    assert requests_of.delete(created["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        requests_of.get(created["id"])


def test_simple_salesforce_follows_the_pages_of_a_query(address: str, salesforce: Any) -> None:
    assert requests.post(f"{address}/sandbox/orders", json={"count": 2050}, timeout=60).status_code == 201
    found = salesforce.query_all("SELECT Id FROM Order")
    assert found["done"] is True
    assert len(found["records"]) == found["totalSize"] > 2050


def test_simple_salesforce_reads_limits_and_usage(salesforce: Any) -> None:
    assert salesforce.limits()["DailyApiRequests"]["Max"] == 100_000
    assert salesforce.api_usage["api-usage"].total == 100_000


def test_simple_salesforce_asks_two_questions_in_one_composite(salesforce: Any) -> None:
    questions = ("SELECT COUNT() FROM Order", "SELECT Id FROM User WHERE IsActive = true LIMIT 1")
    listed = [
        {"referenceId": f"q{place}", "method": "GET", "url": f"/services/data/v67.0/query?{urlencode({'q': text})}"}
        for place, text in enumerate(questions)
    ]
    answer = salesforce.restful("composite", method="POST", json={"compositeRequest": listed})
    assert [one["httpStatusCode"] for one in answer["compositeResponse"]] == [200, 200]
    assert answer["compositeResponse"][1]["body"]["totalSize"] == 1


def test_simple_salesforce_understands_the_refusals(salesforce: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        salesforce.query("SELECT Nope__c FROM Order")
    content: Any = refused.value.content
    assert content[0]["errorCode"] == "INVALID_FIELD"
    salesforce.Account.upsert("Customer_Number__c/C-9", {"Name": "One"})
    salesforce.Account.create({"Name": "Two", "Customer_Number__c": "C-9"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        salesforce.Account.get_by_custom_id("Customer_Number__c", "C-9")


def test_a_dropped_answer_closes_the_connection(address: str, salesforce: Any) -> None:
    requests.put(f"{address}/sandbox/faults", json={"drop_answers": 1}, timeout=60)
    try:
        with pytest.raises(requests.ConnectionError):
            salesforce.query("SELECT Id FROM Order")
    finally:
        requests.delete(f"{address}/sandbox/faults", timeout=60)


def test_a_killed_org_keeps_everything(tmp_path: Path, starter: tuple[Callable[..., Any], Callable[..., int]]) -> None:
    start, stop = starter
    running, address = start(tmp_path)
    before = requests.get(f"{address}/sandbox/credentials", timeout=60).json()
    made = requests.post(f"{address}/sandbox/orders", json={"Grand_Total__c": "12.345"}, timeout=60).json()
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    running, address = start(tmp_path)
    after = requests.get(f"{address}/sandbox/credentials", timeout=60).json()
    assert {**before, "instance_url": address} == after
    headers = {"Authorization": f"Bearer {before['users'][0]['access_token']}"}
    order = requests.get(f"{address}/services/data/v67.0/sobjects/Order/{made['id']}", headers=headers, timeout=60)
    assert '"Grand_Total__c":12.345,' in order.text
    next_one = requests.post(f"{address}/sandbox/orders", json={}, timeout=60).json()
    assert next_one["order_number"] > made["order_number"]
    assert stop(running) == 0


def test_production_is_no_place_for_a_sandbox(
    tmp_path: Path, starter: tuple[Callable[..., Any], Callable[..., int]]
) -> None:
    running, _ = starter[0](tmp_path, CHAT2PAY_ENVIRONMENT="production")
    _, complaint = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "production" in complaint
