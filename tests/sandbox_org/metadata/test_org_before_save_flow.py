"""The project's own flow on cloned orders, played by the org from its file once it is active."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.metadata.project import package_folder
from sandbox.org.metadata.record_flows import read_before_save_flow
from sandbox.org.metadata.source_format import read_xml
from sandbox.org.wire.errors import StartupError

FLOW = package_folder("automation") / "flows/Chat2Pay_Blank_Cloned_Order.flow-meta.xml"
PAID = {
    "Chat2Pay_Status__c": "paid",
    "Chat2Pay_Payment_State__c": "paid",
    "Chat2Pay_Reference__c": "c2p_1",
    "Chat2Pay_Amount_Paid__c": 115,
    "Chat2Pay_Paid_At__c": "2026-01-02T03:04:05.000+0000",
    "Chat2Pay_Version__c": 3,
}
User = Callable[[str], dict[str, Any]]


def activate(client: FlaskClient, version: str | None) -> None:
    flow_id = client.get("/sandbox/deploy").get_json()["flows"]["Chat2Pay_Blank_Cloned_Order"]
    answer = client.patch(f"/sandbox/records/{flow_id}", json={"ActiveVersionId": version})
    assert answer.status_code == 200, answer.text


def clone(client: FlaskClient, order_id: str, user: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/sandbox/orders/{order_id}/clone", json={"user_id": user["id"]})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def ours(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.startswith("Chat2Pay_") and value is not None}


def test_a_clone_is_blank_once_the_flow_is_active_and_the_connectors_own_order_is_kept(
    client: FlaskClient, api: Any, user: User, order_id: str
) -> None:
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json=PAID).status_code == 204
    before = clone(client, order_id, user("Thandi"))
    assert ours(before).keys() == PAID.keys(), "a draft flow does nothing"
    activate(client, "301Qy0000000001AAA")
    after = clone(client, order_id, user("Thandi"))
    assert ours(after) == {}
    assert (after["AccountId"], after["Status"]) == (before["AccountId"], "Draft")
    assert ours(clone(client, order_id, user("Integration"))) == ours(before)
    assert ours(api.query(f"SELECT Chat2Pay_Status__c FROM Order WHERE Id = '{order_id}'")[0]) == {
        "Chat2Pay_Status__c": "paid"
    }, "the order itself keeps its payment"
    activate(client, None)
    assert ours(clone(client, order_id, user("Thandi"))) == ours(before)


def played(tmp_path: Path, trigger: str, *, before: dict[str, Any] | None, once_met: bool = False) -> dict[str, Any]:
    """Return what a flow of this trigger type leaves of the connector's fields of an order that is saved as paid."""
    only = "<doesRequireRecordChangedToMeetCriteria>true</doesRequireRecordChangedToMeetCriteria>" if once_met else ""
    text = FLOW.read_text("utf-8")
    changed = tmp_path / FLOW.name
    changed.write_text(text.replace("<recordTriggerType>Create<", f"{only}<recordTriggerType>{trigger}<"))
    flow = read_before_save_flow(read_xml(changed), source=changed.name)
    assert flow is not None
    return ours(flow.play(PAID, before=before, custom_permissions=()))


@pytest.mark.parametrize(
    ("trigger", "on_create", "on_update"),
    [("Create", True, False), ("Update", False, True), ("CreateAndUpdate", True, True)],
)
def test_a_flow_runs_on_new_and_on_changed_records_as_its_trigger_type_says(
    tmp_path: Path, trigger: str, on_create: bool, on_update: bool
) -> None:
    assert played(tmp_path, trigger, before=None) == ({} if on_create else PAID)
    assert played(tmp_path, trigger, before={}) == ({} if on_update else PAID)


def test_a_flow_for_records_that_come_to_meet_its_conditions_leaves_those_alone_that_met_them_before(
    tmp_path: Path,
) -> None:
    assert played(tmp_path, "Update", before={}, once_met=True) == {}
    assert played(tmp_path, "Update", before=PAID, once_met=True) == PAID
    assert played(tmp_path, "CreateAndUpdate", before=None, once_met=True) == {}


def test_an_update_blanks_nothing(client: FlaskClient, api: Any, order_id: str, user: User) -> None:
    activate(client, "301Qy0000000001AAA")
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json=PAID).status_code == 204
    people = client.get("/sandbox/credentials").get_json()["users"]
    agent = next(one for one in people if one["id"] == user("Thandi")["id"])
    changed = client.patch(
        f"/services/data/v67.0/sobjects/Order/{order_id}",
        json={"Description": "By the agent"},
        headers={"Authorization": f"Bearer {agent['access_token']}"},
    )
    assert changed.status_code == 204, changed.text
    (row,) = api.query(f"SELECT Description, {', '.join(PAID)} FROM Order WHERE Id = '{order_id}'")
    assert row["Description"] == "By the agent"
    assert ours(row) == PAID


def test_a_clone_is_one_of_an_order_and_a_user_that_are_there(client: FlaskClient, order_id: str) -> None:
    assert client.post("/sandbox/orders/801000000000000AAA/clone", json={}).status_code == 422
    assert client.post(f"/sandbox/orders/{order_id}/clone", json={"user": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("<operator>Assign</operator>", "<operator>Add</operator>", "Add"),
        ("<elementReference>NoTime<", "<elementReference>Nobody<", "Nobody"),
        ("<targetReference>Blank_Our_Fields<", "<targetReference>Nowhere<", "Nowhere"),
        ("<recordTriggerType>Create<", "<recordTriggerType>None<", "recordTriggerType"),
        ("<status>Draft</status>", "<status>Draft</status><recordLookups/>", "recordLookups"),
        ("<filterLogic>or<", "<filterLogic>1 OR 2<", "1 OR 2"),
    ],
)
def test_what_the_org_cannot_play_is_refused_and_not_passed_over(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    text = FLOW.read_text("utf-8")
    assert old in text
    changed = tmp_path / FLOW.name
    changed.write_text(text.replace(old, new))
    with pytest.raises(StartupError, match=named):
        read_before_save_flow(read_xml(changed), source=changed.name)
