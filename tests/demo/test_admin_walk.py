"""The admin's guide to the letter: an org that knows nothing of us, and what the page says to type and to click."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.demo.http_client import wait_for
from sandbox.demo.scripted.actors import AgentPage, Phone, launch
from sandbox.demo.stack import NAMES, Stack
from sandbox.demo.state_folder import StateFolder
from sandbox.processes.ports import free_ports
from sandbox.processes.supervisor import Supervisor
from tests.processes.quick_stack import QuickStack

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/admin.md").read_text("utf-8")
PARTS = ("panel", "automation", "reports", "oms", "agentforce")
REPORTS = ROOT / "manifests/salesforce/reports/main/default/reports/Chat2Pay"
REQUEST = "Chat2Pay_Payment_Request__c"
CLONES = "Chat2Pay_Blank_Cloned_Order"
NS = "{http://soap.sforce.com/2006/04/metadata}"
WITHIN = 120.0


def section(part: str) -> str:
    """Return what the guide says of one part, up to the next heading."""
    heading = "## 3. Base: from an empty org to the first paid order" if part == "base" else f"### {part}"
    assert GUIDE.count(f"\n{heading}\n") == 1
    return re.split(r"\n##+ ", GUIDE.split(f"\n{heading}\n")[1])[0]


def commands(part: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", section(part), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def clicks(part: str) -> list[str]:
    return re.findall(r"^\| (\d+) \|", section(part), re.MULTILINE)


def calls(part: str) -> list[tuple[str, str, str]]:
    """Return what is clicked or deployed as the sandbox's calls, in the page's order."""
    return re.findall(r"`(POST|PATCH) (/sandbox/\S+) (\{.*?\})`", section(part))


@pytest.mark.parametrize("part", ["base", *PARTS])
def test_the_guide_counts_what_it_lists(part: str) -> None:
    (row,) = re.findall(rf"^\| \[`{part}`\]\(#[\w-]+\) \| (\d+) \| (\d+) \|", GUIDE, re.MULTILINE)
    assert clicks(part) == [str(number) for number in range(1, len(clicks(part)) + 1)]
    assert (int(row[0]), int(row[1])) == (len(commands(part)), len(clicks(part)))


def test_the_removal_names_files_that_ship_and_leaves_none_out() -> None:
    text = GUIDE.split("\n## 10. Remove\n")[1].split("\n## ")[0]
    named = set(re.findall(r"remove/(\w+/\w+\.xml)", text))
    removals = ROOT / "manifests/salesforce/remove"
    shipped = {str(path.relative_to(removals)) for part in ("base", *PARTS) for path in (removals / part).iterdir()}
    assert named == shipped
    for line in re.search(r"```sh\n(.*?)```", text, re.DOTALL)[1].splitlines():  # type: ignore[index]
        assert ("Pre.xml" in line) == ("--pre-destructive-changes" in line)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An org without any of our metadata, a core, and a connector that serves and knows neither."""
    supervisor = Supervisor(say=lambda _line: None)
    made = QuickStack(StateFolder(tmp_path), free_ports(NAMES), supervisor, org_options=("--packages", "none"))
    try:
        made.start_peers()
        made.folder.store_keys(made.run_command("keys"))
        made.run_command("db", "upgrade")
        made.start_connector()
        yield made
    finally:
        supervisor.stop()


def click(stack: Stack, part: str) -> None:
    """Do every call of a part."""
    for method, path, body in calls(part):
        for name, user in people(stack).items():
            path = path.replace(name, user["id"])
        if path.endswith("/FLOW"):
            path = path.replace("FLOW", stack.org.get_json("/sandbox/deploy")["flows"][CLONES])
        stack.org.request(method, path, json=json.loads(body))


def people(stack: Stack) -> dict[str, dict[str, Any]]:
    users = stack.org.get_json("/sandbox/credentials")["users"]
    kinds = {"INTEGRATION": "integration", "AGENT": "agent", "SUPERVISOR": "supervisor"}
    return {name: next(user for user in users if user["kind"] == kind) for name, kind in kinds.items()}


def connect(stack: Stack, folder: Path) -> str:
    """Answer what `chat2pay tenant add` asks, paste into the portal, and return the tenant."""
    org, core = stack.org.get_json("/sandbox/credentials"), stack.core.get_json("/sandbox/credentials")
    files = {
        "--client-secret-file": org["client_secret"],
        "--canvas-secret-file": org["canvas_secret"],
        "--core-key-file": core["api_key"],
    }
    for name, secret in files.items():
        (folder / name).write_text(secret)
    values = {
        "--name": "Karoo Trading",
        "--host": stack.org.origin,
        "--org-id": org["org_id"],
        "--client-id": org["client_id"],
        "--environment": "SANDBOX",
        "--core-url": stack.core.origin,
        "--application": stack.application()["uuid"],
        "--currency": "ZAR",
        "--region": "ZA",
        **{name: str(folder / name) for name in files},
    }
    flags = [word for pair in values.items() for word in pair]
    added: dict[str, str] = json.loads(stack.run_command("tenant", "add", *flags, "--yes", "--json"))
    stack.register_callbacks(added)
    return added["tenant"]


def pay(stack: Stack, **order: Any) -> AgentPage:
    """Send a link for a new order, and pay it on the phone; return once the agent's page says so."""
    number = f"+2783{secrets.randbelow(10**7):07d}"
    made = stack.org.request("POST", "/sandbox/orders", json={"phone": number, **order}, expect=201).json()
    page = launch(stack, made["id"])
    page.poll()
    page.send(channel="sms")
    phone = Phone(stack, page.view["phone"])
    phone.pay(phone.open_link(phone.next_message(containing="http", within=WITHIN)["link"]))
    page.wait_until("paid", within=WITHIN)
    return page


def order_is_paid(stack: Stack, page: AgentPage) -> bool:
    soql = f"SELECT Chat2Pay_Payment_State__c FROM Order WHERE Id = '{page.order_id}'"
    return bool(stack.query(soql, token=stack.org_token())[0]["Chat2Pay_Payment_State__c"] == "paid")


def request_of(stack: Stack, page: AgentPage) -> dict[str, Any]:
    fields = {"Id", "Status__c", "Sent_Date__c", "Needs_Person__c", "Order_Updated__c", *counted_by()}
    soql = f"SELECT {', '.join(sorted(fields))} FROM {REQUEST} WHERE Order__c = '{page.order_id}'"
    (row,) = stack.query(soql, token=stack.org_token())
    return row


def counted_by() -> set[str]:
    """Return the fields by which the shipped reports count requests."""
    fields = set()
    for path in REPORTS.glob("Chat2Pay_By_*.report-meta.xml"):
        root = ElementTree.parse(path)
        fields |= {one.text or "" for one in root.iterfind(f".//{NS}groupingsDown/{NS}field")}
        # Nothing leaves a row out but the last 30 days.
        assert list(root.iterfind(f".//{NS}criteriaItems")) == []
    return {name.removeprefix(f"{REQUEST}$") for name in fields}


def bell_for(stack: Stack, page: AgentPage, request_id: str) -> dict[str, Any]:
    def rung() -> dict[str, Any] | None:
        bells = stack.org.get_json("/sandbox/notifications")
        return next((one for one in bells if one["target"] == request_id), None)

    return wait_for(rung, within=WITHIN, message=lambda: f"no bell for order {page.order_id}")


def paid_with_an_event(stack: Stack) -> tuple[AgentPage, dict[str, Any]]:
    """Pay orders until one has its event: a server that runs learns of the switch within seconds."""

    def published() -> tuple[AgentPage, dict[str, Any]] | None:
        page = pay(stack, managed=False)
        wait_for(lambda: order_is_paid(stack, page), within=WITHIN, message=lambda: "the order was not written")
        bell_for(stack, page, request_of(stack, page)["Id"])
        events = [one["values"] for one in stack.org.get_json("/sandbox/events")]
        return next(((page, one) for one in events if one["Order_Id__c"] == page.order_id), None)

    return wait_for(published, within=WITHIN, message=lambda: "no event of a paid order")


def payment_of(stack: Stack, page: AgentPage) -> dict[str, Any]:
    """Return the order payment summary of a paid order's own summary, with the one Payment that it holds."""

    def booked() -> list[dict[str, Any]]:
        held = f"SELECT Id, Amount, Status, OrderPaymentSummaryId FROM Payment WHERE Chat2Pay_External_Id__c LIKE '{reference}:%'"
        return [one for one in stack.query(held, token=stack.org_token()) if one["OrderPaymentSummaryId"]]

    reference = page.view["payment_requests"][0]["reference"]
    (payment,) = wait_for(booked, within=WITHIN, message=lambda: f"no Payment for order {page.order_id}")
    summary = "SELECT Id, CapturedAmount, OrderSummary.OriginalOrderId FROM OrderPaymentSummary"
    (row,) = stack.query(f"{summary} WHERE Id = '{payment['OrderPaymentSummaryId']}'", token=stack.org_token())
    return {"payment": payment, **row}


def test_the_guide_leads_an_empty_org_to_a_paid_order_and_all_parts_to_events_and_reports(
    stack: Stack, tmp_path: Path
) -> None:
    click(stack, "base")
    tenant = connect(stack, tmp_path)
    agent = people(stack)["AGENT"]["username"]
    # The command fails unless nothing is wrong.
    assert CLONES in stack.run_command("doctor", "--as", agent)
    assert stack.org.get_json("/sandbox/deploy")["directories"] == ["base"]
    first = pay(stack)
    wait_for(lambda: order_is_paid(stack, first), within=WITHIN, message=lambda: "base alone: the order is not paid")
    assert bell_for(stack, first, request_of(stack, first)["Id"])["title"].startswith("Paid: order")

    for part in PARTS:
        typed = [line.replace("TENANT", tenant).split()[1:] for line in commands(part) if line.startswith("chat2pay")]
        for words in typed:
            if words[0] == "rotate-key":
                stack.run_command(*words)
        click(stack, part)
        for words in typed:
            if words[:2] == ["tenant", "news"]:
                stack.run_command(*words)
    assert stack.org.get_json("/sandbox/deploy")["directories"] == ["base", *PARTS]
    assert CLONES not in stack.run_command("doctor", "--as", agent)

    page, event = paid_with_an_event(stack)
    row = request_of(stack, page)
    assert (event["Kind__c"], event["Payment_Request_Id__c"]) == ("paid", row["Id"])
    assert {name for name in counted_by() if row[name] is None} == set()
    assert (row["Status__c"], row["Needs_Person__c"], row["Order_Updated__c"]) == ("paid", False, True)
    assert row["Sent_Date__c"]
    assert row["Environment__c"] == "SANDBOX"

    booked = payment_of(stack, page)
    assert booked["OrderSummary"]["OriginalOrderId"] == page.order_id
    assert booked["CapturedAmount"] == booked["payment"]["Amount"] > 0
    assert booked["payment"]["Status"] == "Processed"
