"""Over the real sandboxes: an order that is raised, paid again, put into another currency and deleted."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo.http_client import wait_for
from sandbox.demo.scripted.actors import AgentPage, Phone, launch
from sandbox.demo.stack import NAMES, Stack
from sandbox.demo.state_folder import StateFolder
from sandbox.processes.ports import free_ports
from sandbox.processes.supervisor import Supervisor
from tests.processes.forkserver import run_command
from tests.processes.quick_stack import QuickStack

# A look comes every 45 seconds; the rest is for a busy stack.
WITHIN = 120.0
State = tuple[str, float, float]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Connector, org and core as processes."""
    supervisor = Supervisor(say=lambda _line: None)
    made = QuickStack(StateFolder(tmp_path), free_ports(NAMES), supervisor)
    try:
        made.start_peers()
        added = made.prepare_connector()
        made.start_connector()
        made.register_callbacks(added)
        yield made
    finally:
        supervisor.stop()


@pytest.fixture
def page(stack: Stack) -> AgentPage:
    """An agent's page on a new order of R115."""
    number = f"+2783{secrets.randbelow(10**7):07d}"
    made = stack.org.request("POST", "/sandbox/orders", json={"phone": number}, expect=201).json()
    opened = launch(stack, made["id"])
    opened.poll()
    return opened


def change(stack: Stack, page: AgentPage, total: int, **fields: Any) -> None:
    values = {"Grand_Total__c": total, "Tax__c": 0, "Sub_Total__c": total, **fields}
    stack.org.request("PATCH", f"/sandbox/orders/{page.order_id}", json=values)


def on_the_page(page: AgentPage) -> State:
    order = page.poll()
    return order["payment_state"], float(order["amount_due"]), float(order["amount_paid"])


def in_salesforce(stack: Stack, page: AgentPage) -> State:
    names = ", ".join(f"Chat2Pay_{name}__c" for name in ("Payment_State", "Amount_Due", "Amount_Paid"))
    soql = f"SELECT {names} FROM Order WHERE Id = '{page.order_id}'"
    row = stack.query(soql, token=stack.org_token())[0]
    return row["Chat2Pay_Payment_State__c"], row["Chat2Pay_Amount_Due__c"], row["Chat2Pay_Amount_Paid__c"]


def agree(stack: Stack, page: AgentPage, state: State, *sentences: str) -> None:
    """Wait until page and Salesforce both show a state, and the page says why."""
    begun = time.monotonic()
    wait_for(
        lambda: on_the_page(page) == state and in_salesforce(stack, page) == state,
        within=WITHIN,
        message=lambda: f"the page shows {on_the_page(page)}, Salesforce {in_salesforce(stack, page)}, not {state}",
    )
    # When a bell rings in Salesforce is told elsewhere.
    assert [one["id"] for one in page.view["sentences"] if one["id"] != "supervisor_told"] == list(sentences)
    sys.stdout.write(f"{state} after {time.monotonic() - begun:.1f} s\n")


def pay(stack: Stack, page: AgentPage) -> None:
    sent = page.send(channel="sms")
    phone = Phone(stack, page.view["phone"])
    message = wait_for(
        lambda: next(
            (one for one in [phone.next_message(containing="http")] if one["link_reference"] == sent["link_reference"]),
            None,
        ),
        within=30,
        message=lambda: "no message on the phone",
    )
    phone.pay(phone.open_link(message["link"]))


def test_page_and_salesforce_agree_whatever_becomes_of_the_order(stack: Stack, page: AgentPage) -> None:
    pay(stack, page)
    agree(stack, page, ("paid", 0.0, 115.0))
    change(stack, page, 230)
    agree(stack, page, ("part_paid", 115.0, 115.0), "order_part_paid", "order_raised")
    pay(stack, page)
    agree(stack, page, ("paid", 0.0, 230.0))
    change(stack, page, 5500, Currency__c="JPY")
    agree(stack, page, ("unpaid", 5500.0, 0.0), "other_currency")
    assert [one["amount_paid"] for one in page.view["other_currencies"]] == ["230.00"]
    assert page.view["can_send"] is False
    stack.org.request("DELETE", f"/sandbox/orders/{page.order_id}", expect=204)
    (report,) = json.loads(reconcile(stack))
    assert report["unexplained"] == [page.order_id]
    assert "was deleted in Salesforce" in report["why"][page.order_id]
    assert "ZAR 230.00 was paid" in report["why"][page.order_id]


def reconcile(stack: Stack) -> str:
    """Run the command beside the server; what stays unexplained ends with 1."""
    done = run_command(["reconcile", "--json"], stack.connector_environment())
    assert done.returncode == 1, done.stderr
    return done.stdout
