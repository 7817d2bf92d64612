"""The org as a real process on a real socket."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce  # type: ignore[attr-defined,unused-ignore]


class PlainOnLoopback(HTTPAdapter):
    """simple-salesforce always says https; the sandbox speaks http on the loopback."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        assert request.url is not None
        request.url = request.url.replace("https://localhost:", "http://localhost:", 1)
        return super().send(request, **options)


@pytest.fixture
def salesforce(address: str) -> Any:
    credentials = requests.get(f"{address}/sandbox/credentials", timeout=5).json()
    form = {name: credentials[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    token = requests.post(f"{address}/services/oauth2/token", data=form, timeout=5).json()
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


def test_a_dropped_answer_closes_the_connection(address: str, salesforce: Any) -> None:
    requests.put(f"{address}/sandbox/faults", json={"drop_answers": 1}, timeout=5)
    try:
        with pytest.raises(requests.ConnectionError):
            salesforce.query("SELECT Id FROM Order")
    finally:
        requests.delete(f"{address}/sandbox/faults", timeout=5)


def test_a_killed_org_keeps_everything(tmp_path: Path, starter: tuple[Callable[..., Any], Callable[..., int]]) -> None:
    start, stop = starter
    running, address = start(tmp_path)
    before = requests.get(f"{address}/sandbox/credentials", timeout=5).json()
    made = requests.post(f"{address}/sandbox/orders", json={"Grand_Total__c": "12.345"}, timeout=5).json()
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=10)
    running, address = start(tmp_path)
    after = requests.get(f"{address}/sandbox/credentials", timeout=5).json()
    assert {**before, "instance_url": address} == after
    headers = {"Authorization": f"Bearer {before['users'][0]['access_token']}"}
    order = requests.get(f"{address}/services/data/v67.0/sobjects/Order/{made['id']}", headers=headers, timeout=5)
    assert '"Grand_Total__c":12.345,' in order.text
    next_one = requests.post(f"{address}/sandbox/orders", json={}, timeout=5).json()
    assert next_one["order_number"] > made["order_number"]
    assert stop(running) == 0


def test_production_is_no_place_for_a_sandbox(
    tmp_path: Path, starter: tuple[Callable[..., Any], Callable[..., int]]
) -> None:
    running, _ = starter[0](tmp_path, CHAT2PAY_ENVIRONMENT="production")
    _, complaint = running.communicate(timeout=10)
    assert running.returncode == 2
    assert "production" in complaint
