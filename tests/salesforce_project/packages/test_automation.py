"""What `automation` ships: actions that speak the connector's own words, flows that wait for an admin, an event."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from marshmallow import validate

import manifests
from connector.web.flow import flow_request_schemas, flow_response_schemas
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World
from tests.salesforce_project.packages.apex_classes import ApexClasses

PROJECT = Path(__file__).parents[3] / "manifests/salesforce"
AUTOMATION = PROJECT / "automation/main/default"
BODIES = ApexClasses(AUTOMATION / "classes/Chat2PayFlowBodies.cls")
NS = "{http://soap.sforce.com/2006/04/metadata}"
FLOWS = sorted((AUTOMATION / "flows").iterdir())
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what Apex sends is the same on both


def apex(name: str) -> str:
    return (AUTOMATION / f"classes/{name}.cls").read_text()


def flow(name: str) -> ElementTree.Element:
    return ElementTree.parse(AUTOMATION / f"flows/{name}.flow-meta.xml").getroot()


def texts(one: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in one.iterfind("/".join(f"{NS}{name}" for name in path.split("/")))]


def key(*parts: str) -> str:
    """The same as Chat2PayFlowConnector.key."""
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def body(of: str, values: dict[str, Any]) -> dict[str, Any]:
    """A body with the fields that the Apex class declares; a field that a test has no value for fails it."""
    return {name: values[name] for name in BODIES.fields(of) if values[name] is not None}


@pytest.fixture
def holder(world: World) -> KeyHolder:
    return KeyHolder(world, "flow", name="Flows")


@ON_SQLITE
class TestWhatApexSendsAndReads:
    def test_a_send_for_many(self, world: World, holder: KeyHolder) -> None:
        orders = [world.order(), world.order()]
        items = [
            body("Item", {"order_id": one, "channel": None, "idempotency_key": key("guid", "Send", one[:15])})
            for one in orders
        ]
        answer = holder.post(BODIES.path("SendMany"), body("SendMany", {"org_id": holder.org_id, "items": items}))
        assert answer.status_code == 200, answer.text
        assert set(answer.json) == BODIES.fields("Results")
        assert [set(one) for one in answer.json["results"]] == [BODIES.fields("Result")] * 2
        assert [one["outcome"] for one in answer.json["results"]] == ["sent", "sent"]

    def test_a_status_by_order_and_by_reference(self, world: World, holder: KeyHolder) -> None:
        order_id = world.order()
        asked = {"org_id": holder.org_id, "order_id": order_id, "reference": None}
        none_yet = holder.post(BODIES.path("Status"), body("Status", asked))
        assert none_yet.json["outcome"] == "not_requested"
        assert set(none_yet.json) <= BODIES.fields("Standing")
        reference = holder.flow("send", order_id=order_id).json["reference"]
        for one in (asked, {**asked, "order_id": None, "reference": reference}):
            found = holder.post(BODIES.path("Status"), body("Status", one))
            assert set(found.json) == BODIES.fields("Standing")
            assert found.json["reference"] == reference

    def test_a_cancel(self, world: World, holder: KeyHolder) -> None:
        reference = holder.flow("send", order_id=world.order()).json["reference"]
        values = {"org_id": holder.org_id, "reference": reference, "idempotency_key": key("guid", "Cancel", reference)}
        answer = holder.post(BODIES.path("Cancel"), body("Cancel", values))
        assert answer.json["outcome"] == "cancelled"
        assert set(answer.json) == BODIES.fields("Result")

    def test_a_refusal_of_the_whole(self, world: World, holder: KeyHolder) -> None:
        values = {"org_id": "00Dxx0000009999EAA", "items": [{"order_id": world.order()}]}
        answer = holder.post(BODIES.path("SendMany"), body("SendMany", values))
        assert answer.status_code == 403
        assert set(answer.json) == BODIES.fields("Refusal")
        assert BODIES.fields("Problem") <= set(answer.json["error"])
        assert answer.json["error"]["retryable"] is False


def test_actions_send_no_more_than_the_connector_takes_at_once() -> None:
    (at_once,) = re.findall(r"AT_ONCE = (\d+)", apex("Chat2PaySendAction"))
    assert int(at_once) == flow_request_schemas.MOST_ITEMS


def test_actions_take_neither_amount_nor_number_nor_person() -> None:
    for name in ("Chat2PaySendAction", "Chat2PayCancelAction"):
        given = set(re.findall(r"public String (\w+);", apex(name)))
        assert given <= {"orderId", "interview", "element", "channel", "reference"}


@pytest.mark.parametrize(("name", "sentence"), [("NOT_REACHED", "flow_not_reached"), ("UNKNOWN", "unknown")])
def test_apex_says_what_the_catalogue_says(name: str, sentence: str) -> None:
    (said,) = re.findall(rf"String {name} =\s*'([^']+)';", apex("Chat2PayFlowSentences"))
    assert said == manifests.load("sentences/en.json")[sentence]


def test_the_outcomes_that_a_send_names_are_those_that_there_are() -> None:
    (said,) = re.findall(r"label='Send payment request'\s+description='([^']+)'", apex("Chat2PaySendAction"))
    rule = flow_response_schemas.FlowSentShape().fields["outcome"].validate
    assert isinstance(rule, validate.OneOf)
    outcomes = rule.choices
    assert [one for one in outcomes if one not in said] == []


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_a_flow_is_shipped_as_a_draft(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert texts(root, "status") == ["Draft"]
    assert not root.findall(f"{NS}runInMode")


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_every_step_of_a_flow_is_reached_and_every_connector_leads_to_one(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    steps = {
        one.findtext(f"{NS}name") for one in root if one.find(f"{NS}locationX") is not None and one.tag != f"{NS}start"
    }
    reached = [one.text for one in root.iter(f"{NS}targetReference")]
    assert set(reached) == steps


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_a_callout_runs_after_the_commit_and_after_no_change(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    if not root.findall(f"{NS}actionCalls"):
        return
    assert [
        one for one in root if one.tag.removeprefix(NS) in ("recordCreates", "recordUpdates", "recordDeletes")
    ] == []
    on_a_record = texts(root, "start/triggerType") == ["RecordAfterSave"]
    assert texts(root, "start/scheduledPaths/pathType") == (["AsyncAfterCommit"] if on_a_record else [])
    assert not (on_a_record and texts(root, "start/connector/targetReference"))


def test_a_send_in_a_flow_has_a_key_of_its_interview_and_element() -> None:
    for path in FLOWS:
        for call in ElementTree.parse(path).getroot().iterfind(f"{NS}actionCalls"):
            if call.findtext(f"{NS}actionName") != "Chat2PaySendAction":
                continue
            given = dict(zip(texts(call, "inputParameters/name"), call.iterfind(f"{NS}inputParameters"), strict=True))
            assert texts(given["interview"], "value/elementReference") == ["$Flow.InterviewGuid"]
            assert texts(given["element"], "value/stringValue") == [call.findtext(f"{NS}name")]


def test_a_cloned_order_loses_every_field_of_ours_unless_the_connector_saves_it() -> None:
    root = flow("Chat2Pay_Blank_Cloned_Order")
    ours = {path.name.partition(".")[0] for path in (PROJECT / "base/main/default/objects/Order/fields").iterdir()}
    assert {
        one.removeprefix("$Record.") for one in texts(root, "assignments/assignmentItems/assignToReference")
    } == ours
    assert set(texts(root, "start/filters/field")) == ours
    assert texts(root, "start/recordTriggerType") == ["Create"]
    assert texts(root, "start/triggerType") == ["RecordBeforeSave"]
    condition = "decisions/rules/conditions"
    assert texts(root, f"{condition}/leftValueReference") == ["$Permission.Chat2Pay_Integration"]
    assert texts(root, f"{condition}/rightValue/booleanValue") == ["false"]
    # What is assigned has no value of its own.
    assert {
        one.findtext(f"{NS}name") for one in root.iterfind(f"{NS}variables") if one.find(f"{NS}value") is None
    } == set(texts(root, "assignments/assignmentItems/value/elementReference"))


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.name)
def test_every_step_that_can_fail_has_a_way_on(path: Path) -> None:
    """Without a fault connector the interview ends, and nobody but whoever deployed it gets a mail."""
    root = ElementTree.parse(path).getroot()
    failing = [one for one in root if one.tag.removeprefix(NS) in ("actionCalls", "recordLookups")]
    without = [one.findtext(f"{NS}name") for one in failing if not texts(one, "faultConnector/targetReference")]
    assert (without, len(failing) > 0) == ([], "Example" in path.name)


def test_what_failed_is_unknown_and_nothing_that_was_not_done() -> None:
    for name in ("Chat2Pay_Example_Send_And_Wait", "Chat2Pay_Example_Send_On_Activation"):
        (after,) = (one for one in flow(name).iterfind(f"{NS}assignments") if texts(one, "name") == ["Not_Known"])
        assert texts(after, "assignmentItems/value/stringValue") == ["unknown"]
        assert texts(after, "assignmentItems/value/elementReference") == ["$Flow.FaultMessage"]


def test_the_waiting_example_goes_on_by_the_event_or_by_the_clock() -> None:
    root = flow("Chat2Pay_Example_Send_And_Wait")
    assert texts(root, "waits/waitEvents/eventType") == ["Chat2Pay_Payment_Event__e", "AlarmEvent"]
    assert set(texts(root, "waits/waitEvents/connector/targetReference")) == {"Read_Again"}
    assert texts(root, "formulas/expression") == ["{!$Flow.CurrentDateTime} + (25 / 1440)"]
    # Where it is not known whether the message left, but there is a request, its news settles it.
    (sent,) = (one for one in root.iterfind(f"{NS}decisions") if texts(one, "name") == ["Was_It_Sent"])
    assert texts(sent, "rules/conditionLogic") == ["1 OR 2 OR (3 AND 4)"]
    assert texts(sent, "rules/conditions/rightValue/stringValue") == ["sent", "another_live", "unknown"]
    assert texts(sent, "rules/conditions/leftValueReference")[3] == "Reference"
    assert texts(sent, "rules/conditions/operator")[3] == "IsNull"
    # By the connector's own word: a list of statuses here forgot that a declined link can still be paid.
    (still_open,) = (one for one in root.iterfind(f"{NS}decisions") if texts(one, "name") == ["Is_It_Still_Open"])
    assert texts(still_open, "rules/conditions/leftValueReference") == ["Live", "Outcome", "Outcome"]
    assert texts(still_open, "rules/conditions/rightValue/booleanValue") == ["true"]
    # A review goes on when its link is closed, and then the request is not live.
    assert texts(still_open, "rules/conditions/rightValue/stringValue") == ["in_review", "try_later"]


def test_what_is_said_of_a_send_is_said_of_no_other_action() -> None:
    said = dict(re.findall(r"String (\w+) =\s*'([^']+)';", apex("Chat2PayFlowSentences")))
    bodies = BODIES.methods("unanswered")
    assert bodies == {"SendMany": "UNKNOWN", "Status": "NOT_READ", "Cancel": "CANCEL_UNKNOWN"}
    assert "went out" not in said["NOT_READ"] + said["CANCEL_UNKNOWN"] + said["NOT_BEGUN"]
    assert BODIES.methods("notReached")["SendMany"] == "NOT_REACHED"


def test_the_event_has_the_fields_that_the_connector_publishes() -> None:
    fields = {
        path.name.partition(".")[0] for path in (AUTOMATION / "objects/Chat2Pay_Payment_Event__e/fields").iterdir()
    }
    assert fields == {"Event_Key__c", "Kind__c", "Order_Id__c", "Payment_Request_Id__c", "Reference__c"}


def test_only_the_connectors_own_user_may_publish() -> None:
    may = {}
    for path in (AUTOMATION / "permissionsets").iterdir():
        for rights in ElementTree.parse(path).getroot().iterfind(f"{NS}objectPermissions"):
            if texts(rights, "object") == ["Chat2Pay_Payment_Event__e"]:
                may[path.name.partition(".")[0]] = texts(rights, "allowCreate")
    assert may == {"Chat2Pay_Flow": ["false"], "Chat2Pay_Integration_Events": ["true"]}


def test_the_project_names_the_directory() -> None:
    project = json.loads((PROJECT / "sfdx-project.json").read_text())
    assert "automation" in [one["path"] for one in project["packageDirectories"]]
