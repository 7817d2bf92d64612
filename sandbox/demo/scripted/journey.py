"""The journey from an unpaid order to a paid one, step by step, and two others: a cancelled link, a crash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.demo.http_client import wait_for
from sandbox.demo.scripted.actors import AgentPage, Phone, launch
from sandbox.demo.scripted.timeline import Timeline
from sandbox.demo.stack import Stack
from sandbox.processes.errors import UnexpectedAnswer

_ORDER_FIELDS = "Chat2Pay_Payment_State__c, Chat2Pay_Amount_Paid__c, Chat2Pay_Amount_Due__c, Chat2Pay_Version__c"
_REQUEST_FIELDS = (
    "Status__c, Order__c, Amount__c, Amount_Paid__c, Chat2Pay_Version__c, OwnerId, Requested_By_User__c, Team__c, "
    "Sent_Date__c, Sent_Hour__c, Attempt__c, Seconds_To_Pay__c, Order_Updated__c, Needs_Person__c"
)
_SALESFORCE_TIMEOUT_S = 15.0


def play(stack: Stack, timeline: Timeline) -> None:
    """Run all journeys.

    Raises:
        StepFailed: the first step that fails.
    """
    pay_an_order(stack, timeline)
    cancel_an_order(stack, timeline)
    survive_a_crash(stack, timeline)


def pay_an_order(stack: Stack, timeline: Timeline) -> None:
    """The whole journey: list, launch, send, phone, checkout, receipt, page, Salesforce."""
    with timeline.step("order list: the org shows its orders"):
        order = stack.first_order()
        _expect(order["OrderNumber"] in stack.org.request("GET", "/").text, "the first order is not on the list")
    with timeline.step("launch: a signed request opens the agent's page") as notes:
        page = launch(stack)
        _expect(page.order_id == order["Id"], "the page shows another order")
        notes.append(f"order {order['OrderNumber']}")
    with timeline.step("read: the page shows the order") as notes:
        view = page.poll()
        _expect(bool(view["can_send"]), "Send is off")
        notes.append(f"{view['currency']} {view['total']}, tax {view['tax']}, sub-total {view['sub_total']}")
    sent, phone = _send(page, stack, timeline)
    with timeline.step("list: the checkout names the order's products") as notes:
        soql = f"SELECT Product2.Name FROM OrderItem WHERE OrderId = '{order['Id']}'"  # noqa: S608  an id that the org gave
        products = [row["Product2"]["Name"] for row in stack.query(soql, token=stack.org_token())]
        shown = stack.core.request("GET", sent["link"]).text
        _expect(bool(products) and all(name in shown for name in products), "the checkout lacks a product of the order")
        notes.append(f"{len(products)} products")
    with timeline.step("open: the link shows the checkout"):
        address = phone.open_link(sent["link"])
        page.wait_until("opened")
    with timeline.step("pay: the card is approved"):
        phone.pay(address)
    with timeline.step("receipt: the phone shows it"):
        receipt = phone.next_message(containing="Receipt")
        stack.core.request("GET", receipt["link"])
    _expect_paid(page, sent["reference"], stack, timeline)


def _send(page: AgentPage, stack: Stack, timeline: Timeline) -> tuple[dict[str, Any], Phone]:
    """Send by SMS and read the message; the link is added to what was sent."""
    with timeline.step("send: the agent presses Send, by SMS") as notes:
        sent = page.send(channel="sms")
        _expect(sent["status"] == "sent", f"it is {sent['status']}")
        notes.append(f"phone ending {sent['phone_ending']}")
    with timeline.step("message: the phone shows it"):
        phone = Phone(stack, page.view["phone"])
        message = wait_for(
            lambda: _message_of(sent["link_reference"], phone), within=10, message=lambda: "no message on the phone"
        )
    return sent | {"link": message["link"]}, phone


def _message_of(link_reference: str, phone: Phone) -> dict[str, Any] | None:
    message = phone.next_message(containing="http")
    return message if message["link_reference"] == link_reference else None


def _expect_paid(page: AgentPage, reference: str, stack: Stack, timeline: Timeline) -> None:
    with timeline.step("page: the agent sees paid"):
        page.wait_until("paid")
    with timeline.step("salesforce: the order says paid") as notes:
        record = _wait_for_order("paid", page.order_id, stack)
        paid, due = Decimal(str(record["Chat2Pay_Amount_Paid__c"])), Decimal(str(record["Chat2Pay_Amount_Due__c"]))
        _expect((paid, due) == (Decimal(page.view["total"]), Decimal(0)), f"paid is {paid}, due is {due}")
        notes.append(f"paid {paid}, due {due}, version {record['Chat2Pay_Version__c']:g}")
    with timeline.step("salesforce: the payment request is there") as notes:
        request = _request_record(reference, stack)
        _expect(request["Order__c"] == page.order_id, "it belongs to another order")
        _expect(Decimal(str(request["Amount_Paid__c"])) == paid, "it holds another amount")
        _expect_reportable(request)
        notes.append(f"{request['Status__c']}, version {request['Chat2Pay_Version__c']:g}, team {request['Team__c']}")
    with timeline.step("polling: an unchanged page costs a 304") as notes:
        wait_for(lambda: page.poll() and page.unchanged, within=10, message=lambda: "every answer was a new page")
        notes.append(f"{page.unchanged} of them")


def _expect_reportable(request: dict[str, Any]) -> None:
    """Expect that the record is its agent's, and that reports find what they need."""
    _expect(str(request["OwnerId"]).startswith("005"), "nobody owns it")
    _expect(request["OwnerId"] == request["Requested_By_User__c"], "it is not its agent's own")
    lacking = [name for name in ("Team__c", "Sent_Date__c", "Sent_Hour__c", "Attempt__c") if request[name] is None]
    _expect(not lacking and request["Seconds_To_Pay__c"] is not None, f"reports miss {', '.join(lacking)}")
    _expect(request["Order_Updated__c"] and not request["Needs_Person__c"], "it waits for a person")


def cancel_an_order(stack: Stack, timeline: Timeline) -> None:
    """A second order: sent, then cancelled before the customer looked."""
    with timeline.step("second order: launch"):
        page = _launch_new_order(stack)
    sent, phone = _send(page, stack, timeline)
    with timeline.step("cancel: before the link was opened") as notes:
        outcome = page.cancel(sent["reference"])
        _expect(outcome == "cancelled", f"the outcome is {outcome}")
        notes.append(outcome)
    with timeline.step("cancel: the customer is told"):
        phone.next_message(containing="canceled")
    with timeline.step("cancel: the agent sees it, the link is dead"):
        page.wait_until("cancelled")
        stack.core.request("GET", sent["link"], expect=410)
    with timeline.step("salesforce: the order is unpaid again"):
        _wait_for_order("unpaid", page.order_id, stack)


def survive_a_crash(stack: Stack, timeline: Timeline) -> None:
    """A third order: the connector is killed between send and pay, and the journey still ends right."""
    with timeline.step("third order: launch"):
        page = _launch_new_order(stack)
    sent, phone = _send(page, stack, timeline)
    connector = stack.children["connector"]
    with timeline.step("crash: kill -9 of the connector"):
        killed = connector.kill()
    with timeline.step("pay: while the connector is away"):
        phone.pay(phone.open_link(sent["link"]))
    with timeline.step("crash: the connector is back"):
        _expect(connector.was_restarted(instead_of=killed, within=15), "nobody started it again")
        wait_for(lambda: stack.connector.answers("/health/ready"), within=30, message=lambda: "it is not ready")
    _expect_paid(page, sent["reference"], stack, timeline)


def _launch_new_order(stack: Stack) -> AgentPage:
    made = stack.org.request("POST", "/sandbox/orders", expect=201, json={}).json()
    page = launch(stack, made["id"])
    page.poll()
    return page


def _wait_for_order(state: str, order_id: str, stack: Stack) -> dict[str, Any]:
    """Wait until the order in Salesforce has the payment state."""
    token, seen = stack.org_token(), [""]
    soql = f"SELECT {_ORDER_FIELDS} FROM Order WHERE Id = '{order_id}'"  # noqa: S608  an id that the org gave

    def probe() -> dict[str, Any] | None:
        record = stack.query(soql, token=token)[0]
        seen[0] = str(record["Chat2Pay_Payment_State__c"])
        return record if seen[0] == state else None

    return wait_for(probe, within=_SALESFORCE_TIMEOUT_S, message=lambda: f"Salesforce says {seen[0]}")


def _request_record(reference: str, stack: Stack) -> dict[str, Any]:
    soql = f"SELECT {_REQUEST_FIELDS} FROM Chat2Pay_Payment_Request__c WHERE Reference__c = '{reference}'"  # noqa: S608
    token = stack.org_token()

    def probe() -> dict[str, Any] | None:
        records = stack.query(soql, token=token)
        return records[0] if records and records[0]["Status__c"] == "paid" else None

    return wait_for(probe, within=_SALESFORCE_TIMEOUT_S, message=lambda: "the record does not say paid")


def _expect(holds: bool, message: str) -> None:
    if not holds:
        raise UnexpectedAnswer(message)
