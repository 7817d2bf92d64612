"""A contact's phone number, changed by an agent's own session: described, asked for and refused as Salesforce does."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient


def contact_of(api: Any, order_id: str) -> str:
    rows = api.query(f"SELECT Id, BillToContactId, AccountId FROM Order WHERE Id = '{order_id}' LIMIT 1")
    return str(rows[0]["BillToContactId"])


def may_edit(api: Any, user_id: str, record_id: str) -> bool:
    return bool(
        api.query(
            "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess "
            f"WHERE UserId = '{user_id}' AND RecordId = '{record_id}'"
        )[0]["HasEditAccess"]
    )


def change(api: Any, contact_id: str) -> Any:
    record = {"attributes": {"type": "Contact"}, "id": contact_id, "MobilePhone": "+27831239999"}
    body = {"allOrNone": False, "records": [record]}
    part = {"method": "PATCH", "url": "/services/data/v67.0/composite/sobjects", "referenceId": "phone", "body": body}
    return api.composite(part)[0]["body"][0]


@pytest.fixture
def contact_id(api: Any, order_id: str) -> str:
    return contact_of(api, order_id)


def test_an_agent_who_edits_contacts_changes_it(
    api_as: Callable[[str], Any], user: Callable[[str], Any], order_id: str, contact_id: str
) -> None:
    agent = api_as("Thandi")
    described = agent.call("GET", "sobjects/Contact/describe").get_json()["fields"]
    assert next(one for one in described if one["name"] == "MobilePhone")["updateable"] is True
    assert may_edit(agent, user("Thandi")["id"], contact_id)
    assert change(agent, contact_id)["success"] is True
    rows = agent.query(f"SELECT BillToContact.MobilePhone FROM Order WHERE Id = '{order_id}'")
    assert rows[0]["BillToContact"]["MobilePhone"] == "+27831239999"


def test_one_who_only_looks_may_not(
    client: FlaskClient, api_as: Callable[[str], Any], user: Callable[[str], Any], contact_id: str
) -> None:
    agent = user("Thandi")["id"]
    assert client.patch(f"/sandbox/users/{agent}", json={"edits_orders": False}).status_code == 200
    assert not may_edit(api_as("Thandi"), agent, contact_id)
    assert change(api_as("Thandi"), contact_id)["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
