"""An order whose currency changes after money came: nothing is added up, everything is told, nobody pays twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector import metrics
from connector.journeys.reconciling.find_odd_orders import find_odd_orders
from tests.journeys.keys import KeyHolder
from tests.journeys.money.conftest import OFFERED
from tests.journeys.played_once import played_once
from tests.journeys.verbs import made, press
from tests.journeys.world import Page, World, fields_of

EUROS = {"Currency__c": "EUR", "Grand_Total__c": 100.0, "Tax__c": 0.0, "Sub_Total__c": 100.0}
RANDS = {"Currency__c": "ZAR", "Grand_Total__c": 115.0, "Tax__c": 15.0, "Sub_Total__c": 100.0}


@pytest.fixture
@played_once
def changed(world: World, page: Page, link: dict[str, Any]) -> Page:
    """R115 were paid, then the order became one of €100."""
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    return after(world, page, EUROS)


def after(world: World, page: Page, fields: dict[str, Any]) -> Page:
    world.org.orders[page.order_id].update(fields)
    page = world.open(page.order_id)
    world.settle()
    return page


def alarms(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["found"], line["expected"]) for line in lines if line["event"] == "money_in_other_currency"]


def test_money_in_the_old_currency_counts_for_nothing_and_is_shown_by_itself(world: World, changed: Page) -> None:
    order = world.look(changed)
    assert (order["payment_state"], order["amount_due"], order["amount_paid"]) == ("unpaid", "100.00", "0.00")
    rand = {"currency": "ZAR", "amount_paid": "115.00", "amount_authorized": "0.00", "amount_reversed": "0.00"}
    assert order["other_currencies"] == [rand]
    told = {"amount": {"amount": "115.00", "currency": "ZAR"}, "currency": "ZAR", "other": "EUR"}
    assert order["sentences"] == [{"id": "other_currency", "values": told}]
    assert order["send_off"] == order["sentences"][0]


def test_salesforce_shows_what_the_page_shows(world: World, changed: Page) -> None:
    order = world.org.orders[changed.order_id]
    shown = {name: order[f"Chat2Pay_{name}__c"] for name in ("Payment_State", "Amount_Due", "Amount_Paid", "Paid_At")}
    assert shown == {"Payment_State": "unpaid", "Amount_Due": 100, "Amount_Paid": 0, "Paid_At": None}
    (record,) = world.org.requests.values()
    assert (record["Status__c"], record["Currency__c"], record["Amount_Paid__c"]) == ("paid", "ZAR", 115)


def test_nothing_can_be_sent_while_the_customers_money_is_there_in_another_currency(
    world: World, changed: Page
) -> None:
    answer = world.send(changed, expected_total="100.00")
    assert (answer.status_code, answer.json["error"]["code"], fields_of(answer)) == (
        422,
        "order_not_payable",
        {"currency"},
    )
    assert "115.00 ZAR" in answer.json["error"]["message"]
    flow = KeyHolder(world, "flow")
    told = flow.post("/flow/send", {"order_id": changed.order_id, "org_id": world.org.org_id, "channel": "sms"})
    assert told.json["outcome"] == "refused"
    assert len(world.core.sends) == 1


def test_giving_the_money_back_opens_the_way_for_the_new_currency(world: World, changed: Page) -> None:
    assert press(world, changed, "reverse")["outcome"] == "reversed"
    order = world.look(changed)
    assert (order["can_send"], order["sentences"], order["amount_due"]) == (True, [], "100.00")
    assert order["other_currencies"][0]["amount_reversed"] == "115.00"
    assert world.sent(changed, expected_total="100.00")["currency"] == "EUR"


def test_the_old_currency_back_again_counts_again(world: World, changed: Page, lines: list[Any]) -> None:
    alarmed = alarms(lines)
    page = after(world, changed, RANDS)
    assert alarms(lines) == alarmed, "money in the order's own currency is no reason for an alarm"
    order = world.look(page)
    assert (order["payment_state"], order["other_currencies"], order["sentences"]) == ("paid", [], [])
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_alarms_in_the_log_and_the_metrics_once_for_each_change(world: World, changed: Page, lines: list[Any]) -> None:
    assert alarms(lines) == [("ZAR", "EUR")]
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    assert alarms(lines) == [("ZAR", "EUR")], "no money has moved"
    world.drain()
    world.settle()
    world.open(changed.order_id)
    assert alarms(lines) == [("ZAR", "EUR")]
    assert metrics.registry.counts(metrics.OTHER_CURRENCY)[()] >= 1


def test_money_that_comes_through_an_old_link_alarms_when_it_comes(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    page = after(world, page, EUROS)
    assert alarms(lines) == []
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert alarms(lines) == [("ZAR", "EUR")]
    assert "other_currency" in [row["check"] for row in world.rows("looks_due")], (
        "a finding does not wait for the night"
    )
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "unpaid"
    assert world.look(page)["sentences"][0]["id"] == "other_currency"


def test_less_than_one_of_a_currency_is_money_too(world: World, lines: list[Any]) -> None:
    page = world.open(world.order(Grand_Total__c=0.8, Tax__c=0.0, Sub_Total__c=0.8))
    world.told(world.sent(page, expected_total="0.80"), "PAYMENT_RECEIVED")
    world.settle()
    world.org.orders[page.order_id].update(EUROS)
    world.open(page.order_id)
    assert world.row("outbox")["final"] is True
    assert alarms(lines) == [("ZAR", "EUR")]
    odd = find_odd_orders(tenant_id="acme", store=world.services.store, now=world.clock())
    assert [str(one.moved.kept) for one in odd.other_money] == ["0.80"]


def test_a_new_amount_of_an_order_without_money_is_no_news_that_anybody_waits_for(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    world.settle()
    world.org.orders[page.order_id].update(EUROS)
    world.open(page.order_id)
    row = world.row("outbox")
    assert (row["state"], row["final"], alarms(lines)) == ("waiting", False, [])


def test_a_hold_in_another_currency_is_named_as_a_hold(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    world.settle()
    world.org.orders[page.order_id].update(EUROS)
    page = world.open(page.order_id)
    assert (world.row("outbox")["final"], alarms(lines)) == (True, [("ZAR", "EUR")])
    order = world.look(page)
    assert (order["payment_state"], order["amount_authorized"]) == ("unpaid", "0.00")
    assert [one["id"] for one in order["sentences"]] == ["other_currency_held"]
    assert order["can_send"] is False


def test_a_live_link_in_the_old_currency_can_be_replaced_by_one_in_the_new(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    page = after(world, page, EUROS)
    order = world.look(page)
    assert (order["payment_state"], order["payment_requests"][0]["currency"], order["currency"]) == (
        "requested",
        "ZAR",
        "EUR",
    )
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert (world.core.last()["currency"], Decimal(str(world.core.last()["totalAmount"]))) == ("EUR", Decimal(100))


def test_a_part_is_not_asked_for_in_another_currency_than_it_was_named_in(world: World, page: Page) -> None:
    world.tenant(policy={}, parts_allowed=True, configuration=OFFERED)
    world.sent(page, amount="40.00", purpose="part")
    page = after(world, page, EUROS)
    answer = world.client.post(
        f"/api/payment-requests/{made(world)[0]['reference']}/replace", json={}, headers=page.headers
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
    assert len(world.core.sends) == 1


def test_what_the_agent_saw_in_one_currency_is_not_asked_for_in_another(world: World, page: Page) -> None:
    same_number = {**EUROS, "Grand_Total__c": 115.0, "Sub_Total__c": 115.0}
    world.org.orders[page.order_id].update(same_number)
    for seen in ({"expected_total": "115.00"}, {"expected_total": None, "expected_currency": "ZAR"}):
        answer = world.send(page, **seen)
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
        world.org.orders[page.order_id].update(RANDS)
        page = world.open(page.order_id)
        world.org.orders[page.order_id].update(same_number)
    page = world.open(page.order_id)
    assert world.sent(page, expected_total="115.00", expected_currency="EUR")["currency"] == "EUR"


def test_an_order_of_as_much_in_another_currency_is_not_sent_for_unseen(world: World, page: Page) -> None:
    world.org.orders[page.order_id].update(Currency__c="EUR")
    answer = world.send(page, expected_total="115.00")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
    assert world.core.sends == []
    assert world.look(page)["currency"] == "EUR"


def test_what_is_being_taken_in_another_currency_leaves_what_is_due_as_it_is(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    page = after(world, page, EUROS)
    world.told(world.sent(page, expected_total="100.00"), "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_AUTHORIZED")
    world.core.lags = True  # the money is taken, and no record shows it yet
    for made_in in ("ZAR", "EUR"):
        (reference,) = (one["reference"] for one in made(world) if one["currency"] == made_in)
        answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=page.headers)
        assert answer.json["outcome"] == "captured"
    assert world.core.captures == [("link-0001", 115.0), ("link-0002", 100.0)]
