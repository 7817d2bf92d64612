"""What `agentforce` ships: an action with confirmation for the verified contact's own orders, and the External Service."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connector.web.openapi.external_services import build
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World
from tests.salesforce_project.packages.apex_classes import ApexClasses
from tools import write_external_service

PROJECT = Path(__file__).parents[3] / "manifests/salesforce"
AGENTFORCE = PROJECT / "agentforce/main/default"
FUNCTION = AGENTFORCE / "genAiFunctions/Chat2Pay_Send_Payment_Link"
NS = "{http://soap.sforce.com/2006/04/metadata}"


def apex(name: str) -> str:
    return (AGENTFORCE / f"classes/{name}.cls").read_text()


def text(path: Path, name: str) -> str:
    return ElementTree.parse(path).getroot().findtext(f"{NS}{name}") or ""


def test_the_external_service_is_the_document_that_the_connector_serves() -> None:
    """`python -m tools.write_external_service` writes it anew."""
    assert write_external_service.REGISTRATION.read_text() == write_external_service.text()
    registration = write_external_service.REGISTRATION
    document = json.loads(text(registration, "schema"))
    assert document == build("https://connector.example.com")
    named = {one.findtext(f"{NS}name") for one in ElementTree.parse(registration).getroot().iterfind(f"{NS}operations")}
    assert named == {one["operationId"] for path in document["paths"].values() for one in path.values()}


def test_the_agent_asks_before_it_sends() -> None:
    function = FUNCTION / "Chat2Pay_Send_Payment_Link.genAiFunction-meta.xml"
    assert text(function, "isConfirmationRequired") == "true"
    assert (text(function, "invocationTargetType"), text(function, "invocationTarget")) == ("apex", "Chat2PayAgentSend")


def test_the_schemas_name_what_the_action_takes_and_answers() -> None:
    for schema, name in (("input", "Input"), ("output", "Output")):
        said = json.loads((FUNCTION / schema / "schema.json").read_text())
        (body,) = re.findall(rf"public class {name} \{{(.*?)\n  \}}", apex("Chat2PayAgentSend"), re.S)
        assert set(said["properties"]) == set(re.findall(r"public String (\w+);", body))


def test_only_the_order_number_is_the_customers_word() -> None:
    said = json.loads((FUNCTION / "input/schema.json").read_text())["properties"]
    assert {name for name, one in said.items() if one["copilotAction:isUserInput"]} == {"orderNumber"}


def test_an_order_is_found_only_as_the_verified_contacts_own() -> None:
    """One query for all conversations finds the orders of all their contacts: each takes those alone that are its own."""
    (query,) = re.findall(r"\[\s*(SELECT.*?)\]", apex("Chat2PayAgentSend"), re.S)
    words = " ".join(query.split())
    assert "WHERE OrderNumber IN :orderNumbers AND BillToContactId IN :contactIds" in words
    assert "WITH USER_MODE" in words
    (chosen,) = re.findall(r"List<Order> ownOf\(.*?\n  \}", apex("Chat2PayAgentSend"), re.S)
    assert "one.BillToContactId == Id.valueOf(given.contactId) && one.OrderNumber == given.orderNumber" in " ".join(
        chosen.split()
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_action_posts_is_taken_and_its_answer_read(world: World) -> None:
    holder = KeyHolder(world, "flow", name="Agent")
    declared = ApexClasses(AGENTFORCE / "classes/Chat2PayAgentConnector.cls").fields("Body")
    key = "01234567-89ab-cdef-0123-456789abcdef"
    values = {"org_id": holder.org_id, "order_id": world.order(), "idempotency_key": key}
    (path,) = re.findall(r"'callout:Chat2Pay_Flow(/[\w/-]+)'", apex("Chat2PayAgentConnector"))
    answer = holder.post(path, {name: values[name] for name in declared})
    assert answer.json["outcome"] == "sent"
    assert ApexClasses(AGENTFORCE / "classes/Chat2PayAgentSend.cls").fields("Output") <= set(answer.json)


def test_flows_and_agents_share_the_one_credential_of_base_and_each_set_grants_it() -> None:
    """A panel's key has another scope: whoever builds a flow must not act as a colleague."""
    there = {path.name.partition(".")[0]: path for path in PROJECT.glob("*/main/default/externalCredentials/*")}
    assert {name: path.parts[-5] for name, path in there.items()} == {
        "Chat2Pay_Flow": "base",
        "Chat2Pay_Panel": "panel",
    }
    granted: dict[str, list[str]] = {}
    for path in PROJECT.glob("*/main/default/permissionsets/*"):
        found = ElementTree.parse(path).getroot().iterfind(f"{NS}externalCredentialPrincipalAccesses")
        for one in found:
            granted.setdefault(one.findtext(f"{NS}externalCredentialPrincipal") or "", []).append(
                path.name.partition(".")[0]
            )
    assert {name: sorted(sets) for name, sets in granted.items()} == {
        "Chat2Pay_Flow-Flows": ["Chat2Pay_Agentforce", "Chat2Pay_Flow"],
        "Chat2Pay_Panel-Agents": ["Chat2Pay_Agent_Panel"],
    }
