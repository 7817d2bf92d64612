"""Captures in Order Management: one Payment and one summary for each, whatever is lost, and never in a record's way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from connector.salesforce.client import SalesforceClient
from connector.salesforce.news.order_payments import read_place
from connector.store.outbox import news_rows
from tests.factories import HOST, make_tenant
from tests.journeys.world import Clock, Page, World
from tests.peers.order_management import KEY, SUMMARY, FakeOrderManagement

ACCOUNT = "001xx000003DGb2AAG"
ON = {"rights_from": "order_access", "notifications": False, "order_payments": True}


@pytest.fixture
def oms(world: World) -> FakeOrderManagement:
    made = world.org.order_management
    world.org.describes["Payment"] = made.description()
    world.org.answers["OrderSummary"] = [{"Id": SUMMARY, "AccountId": ACCOUNT}]
    world.org.answers["Payment"] = made.payments
    world.tenant(policy=ON, parts_allowed=True)
    return made


@pytest.fixture
def page(world: World, oms: FakeOrderManagement) -> Page:
    return world.open(world.order())


@pytest.fixture
def link(world: World, page: Page) -> dict[str, Any]:
    made = world.sent(page)
    world.settle()
    return made


def states(world: World) -> set[tuple[str, str, str | None]]:
    return {(one["kind"], one["state"], one["reason"]) for one in world.rows("payment_news")}


def again_and_again(world: World, clock: Clock) -> None:
    for _ in range(4):
        clock.pass_by(minutes=12)
        world.deliver()


def test_a_capture_is_a_final_payment_with_its_summary(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    assert world.deliver() == 0, "the record comes first"
    world.settle()
    world.deliver()
    again_and_again(world, clock)
    (made,) = oms.payments
    reference = world.row("payment_requests")["reference"]
    assert made[KEY] == f"{reference}:captured:115"
    assert (float(made["Amount"]), made["ProcessingMode"], made["Status"], made["Type"]) == (
        115, "External", "Processed", "Sale",
    )  # fmt: skip
    assert (made["AccountId"], made["GatewayRefNumber"]) == (ACCOUNT, reference)
    assert oms.summaries == [{"orderSummaryId": SUMMARY, "paymentIds": [made["Id"]]}]
    assert states(world) == {("captured", "delivered", None)}


def test_what_we_do_not_know_of_a_payment_is_left_to_the_org(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    """An account that is written as none would take the place of the one that an org fills in."""
    world.org.answers["OrderSummary"] = [{"Id": SUMMARY, "AccountId": None}]
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert ["AccountId" in one for one in oms.payments] == [False]


def test_in_an_org_of_many_currencies_a_payment_is_in_that_of_its_request(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    described = oms.description()
    described["fields"].append({"name": "CurrencyIsoCode", "createable": True, "nillable": True, "type": "picklist"})
    world.org.describes["Payment"] = described
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.tenant(policy=ON, parts_allowed=True, default_currency="EUR")
    world.deliver()
    assert [(one["CurrencyIsoCode"], float(one["Amount"])) for one in oms.payments] == [("ZAR", 115)]


@pytest.mark.parametrize("lost", ["payment", "summary"])
def test_a_lost_answer_doubles_neither_payment_nor_summary(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock, lost: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    (world.org if lost == "payment" else oms).drop_answers = True
    world.deliver()
    assert len(oms.payments) == 1
    world.org.drop_answers = oms.drop_answers = False
    again_and_again(world, clock)
    assert (len(oms.payments), len(oms.summaries), oms.updates) == (1, 1, 0)
    assert states(world) == {("captured", "delivered", None)}


def test_a_process_that_dies_after_the_payment_is_followed_by_one_that_makes_the_summary(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.after_write = die
    world.deliver()
    world.restart()
    assert (len(oms.payments), oms.summaries) == (1, [])
    again_and_again(world, clock)
    assert (len(oms.payments), len(oms.summaries), oms.updates) == (1, 1, 0)


@pytest.mark.parametrize("recorded_between", [True, False])
def test_two_part_captures_are_two_payments_of_what_each_took(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock, recorded_between: bool
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    for total in (40.0, 115.0):
        world.told(link, "PAYMENT_CAPTURED", capturedAmount=total)
        world.settle()
        if recorded_between:
            world.deliver()
    again_and_again(world, clock)
    assert sorted(float(one["Amount"]) for one in oms.payments) == [40, 75]
    assert len(oms.summaries) == 2
    assert len({one[KEY] for one in oms.payments}) == 2


@pytest.mark.both_databases
def test_a_restored_ledger_adds_only_what_the_org_does_not_have(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_CAPTURED", capturedAmount=40.0)
    world.settle()
    world.deliver()
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM payment_news")
    world.told(link, "PAYMENT_CAPTURED", capturedAmount=115.0)
    world.settle()
    again_and_again(world, clock)
    assert sorted(float(one["Amount"]) for one in oms.payments) == [40, 75]


def test_money_that_a_later_payment_holds_is_not_recorded_again(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    reference = world.row("payment_requests")["reference"]
    oms.write({KEY: f"{reference}:captured:115", "Amount": 115})
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_CAPTURED", capturedAmount=40.0)
    world.settle()
    again_and_again(world, clock)
    assert [one["Amount"] for one in oms.payments] == [115]


def test_what_was_recorded_is_remembered_however_old_it_is(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    with world.services.store.write() as work:
        assert news_rows.forget(work, finished_before=clock() + timedelta(days=4000)) == 0
    assert states(world) == {("captured", "delivered", None)}


def test_a_call_that_is_scarce_waits(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.limit = True
    world.deliver()
    calls = world.org.calls
    world.deliver(after=2)  # the first wait is half of five seconds at least
    assert (world.org.calls, oms.payments) == (calls, [])
    world.org.limit = False
    clock.pass_by(hours=2)
    world.deliver()
    assert len(oms.payments) == 1


def test_what_the_org_demands_and_we_lack_holds_back_the_payment_alone(
    world: World, oms: FakeOrderManagement, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.describes["Payment"] = oms.description("Store__c")
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert oms.payments == []
    assert states(world) == {("captured", "due", "required Store__c")}
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    described = oms.description("Store__c", "IsTest__c")
    by_name = {one["name"]: one for one in described["fields"]}
    by_name["Store__c"]["defaultedOnCreate"] = True  # what the org fills in by itself, it does not demand of us
    by_name["IsTest__c"]["type"] = "boolean"
    world.org.describes["Payment"] = described
    clock.pass_by(hours=2)
    world.deliver()
    assert len(oms.payments) == len(oms.summaries) == 1


def test_an_order_that_refuses_our_fields_gets_its_payment(
    world: World, oms: FakeOrderManagement, page: Page, link: dict[str, Any]
) -> None:
    world.org.refuses[page.order_id] = "FIELD_INTEGRITY_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert len(oms.payments) == 1


def test_a_reversal_is_left_to_people_and_changes_no_payment(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    for word in ("PAYMENT_RECEIVED", "PAYMENT_REVERSED"):
        world.told(link, word)
        world.settle()
        world.deliver()
    again_and_again(world, clock)
    assert (len(oms.payments), oms.updates) == (1, 0)
    assert states(world) == {("captured", "delivered", None), ("reversed", "nobody", "refund_by_hand")}


def test_a_tenant_without_the_switch_makes_no_call(world: World, oms: FakeOrderManagement, page: Page) -> None:
    world.tenant(policy={**ON, "order_payments": False})
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    calls = world.org.calls
    assert (world.deliver(), world.org.calls, world.rows("payment_news")) == (0, calls, [])


def test_many_captures_hold_up_a_bell_by_one_payment_at_most(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    for place in range(2):
        other = world.open(world.order())
        world.told(world.sent(other, phone=f"2783123{1000 + place}"), "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert len(oms.payments) == 1
    world.deliver()
    world.deliver()
    assert len(oms.payments) == 3


def test_a_call_without_an_answer_is_not_repeated_while_salesforce_may_still_be_at_it(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    """Ten minutes at most; what is asked for twice at once could be done twice."""
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.drop_answers = True
    world.deliver()
    world.org.drop_answers = False
    calls = world.org.calls
    clock.pass_by(minutes=10)
    assert (world.deliver(), world.org.calls) == (0, calls)
    clock.pass_by(minutes=2)
    assert world.deliver() == 1
    assert (len(oms.payments), len(oms.summaries)) == (1, 1)


def test_what_is_due_is_not_recorded_after_the_admin_switched_it_off(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.tenant(policy={**ON, "order_payments": False}, parts_allowed=True)
    world.deliver()
    assert (oms.payments, states(world)) == ([], {("captured", "outdated", None)})


def test_a_payment_whose_key_differs_by_case_is_another_requests(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    """Salesforce's LIKE does not tell them apart."""
    reference = world.row("payment_requests")["reference"]
    oms.write({KEY: f"{reference.swapcase()}:captured:115", "Amount": 115})
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert [one[KEY].partition(":")[0] for one in oms.payments] == [reference.swapcase(), reference]


@pytest.mark.parametrize(("found", "state"), [([], "nobody"), ([{"Id": SUMMARY, "AccountId": None}], "refused")])
def test_what_cannot_be_recorded_for_a_week_is_given_up_with_its_reason(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock, found: list[Any], state: str
) -> None:
    world.org.answers["OrderSummary"] = found
    world.org.describes["Payment"] = {**oms.description(), "createable": False}
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    (waiting,) = world.rows("payment_news")
    assert (waiting["state"], waiting["due_at"] is None) == ("due", False)
    clock.at = waiting["created_at"] + timedelta(days=7)
    world.deliver(after=0)
    assert world.row("payment_news")["state"] == "due", "a week is not over with its last moment"
    clock.pass_by(hours=2)
    world.deliver()
    (given_up,) = world.rows("payment_news")
    assert (given_up["state"], given_up["due_at"]) == (state, None)
    assert given_up["reason"] == waiting["reason"]


def test_an_org_that_does_not_answer_for_a_week_is_waited_for_no_longer(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.down = True
    world.deliver()
    assert {row["state"] for row in world.rows("payment_news")} == {"due"}
    clock.pass_by(days=8)
    world.deliver()
    (given_up,) = world.rows("payment_news")
    assert (given_up["state"], given_up["due_at"]) == ("refused", None)
    assert given_up["reason"]


def test_money_of_another_currency_is_not_recorded_in_an_org_of_one(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.tenant(policy=ON, parts_allowed=True, default_currency="EUR")
    world.deliver()
    assert (oms.payments, states(world)) == ([], {("captured", "due", "other_currency")})


def test_what_the_org_says_of_a_payment_that_it_refuses_is_kept(
    world: World, oms: FakeOrderManagement, link: dict[str, Any]
) -> None:
    oms.refuses = "FIELD_FILTER_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert (oms.summaries, states(world)) == ([], {("captured", "due", oms.refuses)})


def test_an_org_that_may_not_be_asked_is_asked_again_within_seconds(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    for host in ("https://evil.example", HOST):
        org = {"host_url": host, "client_id": "client", "frame_origins": []}
        world.tenant(policy=ON, parts_allowed=True, salesforce=org)
        world.deliver()
        clock.pass_by(seconds=6)
    assert (len(oms.payments), len(oms.summaries)) == (1, 1)


@pytest.mark.parametrize(("status", "minutes"), [(400, 0), (500, 11), (502, 11)])
def test_only_an_answer_of_salesforce_itself_is_followed_by_another_call_at_once(
    world: World, oms: FakeOrderManagement, link: dict[str, Any], clock: Clock, monkeypatch: pytest.MonkeyPatch,
    status: int, minutes: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(oms, "answer", lambda _request: (status, {}, '[{"errorCode": "INVALID_INPUT"}]'))
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    waits = world.row("payment_news")["due_at"] - clock()
    assert timedelta(minutes=minutes) <= waits <= timedelta(minutes=minutes, seconds=30)


@pytest.mark.parametrize("named", ["null", '"none"', "{}"])
def test_a_summary_that_the_org_does_not_name_is_asked_for_again(
    world: World,
    oms: FakeOrderManagement,
    link: dict[str, Any],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
) -> None:
    """Without it the payment pays for nothing in Order Management."""
    unnamed = (
        201,
        {"Content-Type": "application/json"},
        f'{{"errors": [], "orderPaymentSummaryId": {named}, "success": true}}',
    )
    with monkeypatch.context() as patched:
        patched.setattr(oms, "answer", lambda _: unnamed)
        world.told(link, "PAYMENT_RECEIVED")
        world.settle()
        world.deliver()
        assert states(world) == {("captured", "due", "no_order_payment_summary")}
    again_and_again(world, clock)
    assert (len(oms.payments), len(oms.summaries)) == (1, 1)


@pytest.mark.parametrize(("order_object", "column"), [("Order", "OriginalOrderId"), ("OrderSummary", "Id")])
def test_a_payment_belongs_to_the_summary_of_its_order_or_to_the_summary_that_its_order_is(
    order_object: str, column: str
) -> None:
    asked = Mock(spec=SalesforceClient)
    asked.queries.return_value = {"summary": [{"Id": SUMMARY, "AccountId": ACCOUNT}], "payments": []}
    tenant = make_tenant(mapping={"order_object": order_object})
    place = read_place(asked, tenant, "801xx0000001gEh", "c2p_1")
    assert (place.summary_id, place.account_id) == (SUMMARY, ACCOUNT)
    assert asked.queries.call_args.args[1]["summary"].endswith(f" WHERE {column} = '801xx0000001gEhAAI'")


@pytest.mark.parametrize("reference", ["", "c2p'", "c2p %", "c" * 41])
def test_an_org_is_asked_for_the_payments_of_a_reference_of_ours_alone(reference: str) -> None:
    """It is written into a query."""
    asked = Mock(spec=SalesforceClient)
    with pytest.raises(ValueError, match="not a reference"):
        read_place(asked, make_tenant(), "801xx0000001gEh", reference)
    asked.queries.assert_not_called()
