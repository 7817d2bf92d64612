"""What Salesforce is told: absolute values with a version, per record, again and again until it holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.journeys.reconciling.compare_orders import compare_orders
from connector.store.outbox import outbox_claim
from connector.store.outbox.outbox import OutboxEntry
from connector.store.schema.tables import outbox
from foundation.database.lease import Lease
from tests.factories import notification
from tests.journeys.world import Clock, Page, World


def salesforce(world: World, page: Page) -> dict[str, Any]:
    """What the page shows of the way to Salesforce."""
    return world.look(page)["payment_requests"][0]["salesforce"]


def values(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "Chat2Pay_Changed_At__c"} for one in records]


def test_writes_the_orders_fields_with_its_version(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    reference = world.row("payment_requests")["reference"]
    order = world.org.orders[page.order_id]
    assert {name: value for name, value in order.items() if name.startswith("Chat2Pay_")} == {
        "Chat2Pay_Payment_State__c": "paid",
        "Chat2Pay_Status__c": "paid",
        "Chat2Pay_Reference__c": reference,
        "Chat2Pay_Amount_Due__c": 0,
        "Chat2Pay_Amount_Paid__c": 115,
        "Chat2Pay_Amount_Authorized__c": 0,
        "Chat2Pay_Amount_Reversed__c": 0,
        "Chat2Pay_Paid_At__c": "2026-11-21T10:42:07.000Z",
        "Chat2Pay_Changed_At__c": "2026-11-21T10:42:09.000Z",
        "Chat2Pay_Version__c": world.row("orders")["version"],
    }


def test_writes_the_request_record_by_our_reference_and_only_the_ending_of_the_phone(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    ((reference, record),) = world.org.requests.items()
    assert reference == world.row("payment_requests")["reference"]
    expected = {
        "Order__c": page.order_id, "Status__c": "paid", "Core_Status__c": "PAYMENT_RECEIVED", "Money_State__c": "paid",
        "Channel__c": "sms", "Amount__c": 115, "Amount_Paid__c": 115, "Currency__c": "ZAR", "Phone_Ending__c": "4567",
        "Requested_By__c": "Thandi", "Link_Reference__c": "link-0001", "Environment__c": "SANDBOX",
        "Chat2Pay_Version__c": world.row("payment_requests")["version"],
    }  # fmt: skip
    assert {name: record[name] for name in expected} == expected
    assert "27831234567" not in repr(world.org.pushed)


def test_tells_everything_of_an_order_in_one_call_and_one_login(world: World, page: Page, link: dict[str, Any]) -> None:
    world.settle()
    assert (len(world.org.writes), world.org.logins) == (1, 1)
    assert [record["attributes"]["type"] for record in world.org.pushed] == ["Chat2Pay_Payment_Request__c", "Order"]


def test_merges_news_within_two_seconds_and_tells_final_news_at_once(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_LINK_CLICKED")
    assert world.push() == 0
    world.told(link, "PAYMENT_RECEIVED")
    assert world.push() == 1
    clock.pass_by(seconds=60)
    assert world.push() == 0


@pytest.mark.both_databases
def test_tells_final_news_first_although_other_news_of_the_order_came_after_it(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=clock())
    assert world.push() == 1
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_keeps_other_news_waiting_where_calls_are_scarce_once_the_final_news_was_written(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    assert world.push() == 1
    world.told(link, "PAYMENT_LINK_CLICKED")
    clock.pass_by(seconds=2)
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=clock())
    assert world.push() == 0
    world.services.salesforce.limits.note("acme", "api-usage=100/1000", now=clock())
    assert world.push() == 1


def test_calls_an_org_that_is_away_no_oftener_because_there_is_news(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.down = True
    for _ in range(4):
        clock.pass_by(minutes=1)
        world.push()
    failed = world.row("outbox")["attempts"]
    assert failed == 4
    world.told(link, "PAYMENT_LINK_CLICKED")
    assert world.row("outbox")["attempts"] == failed


def test_makes_nothing_due_that_a_push_holds_because_there_is_news(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    clock.pass_by(seconds=2)
    until = clock() + timedelta(minutes=1)
    with world.services.store.write() as work:
        partitions = [one.partition for one in outbox_claim.due_partitions(work, now=clock())]
        lease = Lease.of("w1", until)
        assert len(outbox_claim.claim(work, "acme", partitions, now=clock(), lease=lease, most=5)) == 1
    world.told(link, "PAYMENT_RECEIVED")
    assert (world.row("outbox")["due_at"], world.row("outbox")["final"]) == (until, True)


@pytest.mark.both_databases
def test_claims_nothing_of_a_partition_of_which_another_batch_is_on_its_way(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.sent(world.open(world.order()))
    clock.pass_by(seconds=2)
    with world.services.store.write() as work:
        work.connection.execute(update(outbox).values(partition=3))

        def claim(owner: str) -> list[OutboxEntry]:
            lease = Lease.of(owner, clock() + timedelta(minutes=1))
            return outbox_claim.claim(work, "acme", [3], now=clock(), lease=lease, most=1)

        assert (len(claim("w1")), len(claim("w2"))) == (1, 0)
        clock.pass_by(minutes=1, seconds=1)
        assert len(claim("w2")) == 1


def test_tells_only_requests_that_changed(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.settle()
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    assert len(world.org.requests) == 2
    assert len([one for one in world.org.writes[-1] if "Reference__c" in one]) == 1


def test_leaves_the_payments_of_an_overpaid_order_as_they_are_written_for_news_of_another_link(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    second = world.sent(page)
    world.told(second, "PAYMENT_LINK_EXPIRED")
    third = world.sent(page)
    for paid in (third, second):
        world.told(paid, "PAYMENT_RECEIVED")
        world.settle()
    assert world.look(page)["payment_state"] == "overpaid"
    before = len(world.org.writes)
    failed = {**notification(link, "MESSAGE_FAILED", at=clock(), shape="transaction"), "messageFailureCode": "landline"}
    world.callback(failed, kind="transaction-status")
    world.settle()
    told = [one["Reference__c"] for write in world.org.writes[before:] for one in write if "Reference__c" in one]
    assert told == [link["additionalData"]["reference"]]


def test_shows_the_agent_when_it_was_written(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    assert salesforce(world, page)["state"] == "waiting"
    assert world.look(page)["payment_requests"][0]["sentences"][0]["id"] == "paid_waiting"
    world.settle()
    told = world.look(page)["payment_requests"][0]
    assert told["salesforce"] == {
        "state": "written",
        "written_at": "2026-11-21T10:42:09.000Z",
        "reason": None,
        "reason_word": None,
    }
    assert told["sentences"][0]["id"] == "paid_written"


def test_takes_the_refusal_of_an_older_version_for_success(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = 99
    world.settle()
    assert salesforce(world, page)["state"] == "written"
    assert "Chat2Pay_Payment_State__c" not in world.org.orders[page.order_id]
    clock.pass_by(hours=1)
    assert world.push() == 0


@pytest.mark.both_databases
def test_tries_a_locked_row_again_and_writes_the_others_meanwhile(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    other = world.open(world.order())
    world.sent(other)
    world.org.locked.add(page.order_id)
    world.settle()
    assert world.org.orders[other.order_id]["Chat2Pay_Payment_State__c"] == "requested"
    waiting = world.look(page)["payment_requests"][0]["salesforce"]
    assert (waiting["state"], waiting["reason"]) == ("waiting", "UNABLE_TO_LOCK_ROW")
    for _ in range(3):
        clock.pass_by(seconds=10)
        assert world.push() == 1
    world.org.locked.clear()
    clock.pass_by(seconds=60)
    world.push()
    assert salesforce(world, page)["state"] == "written"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"
    assert len(world.org.order_records(other.order_id)) == 1


@pytest.mark.both_databases
def test_does_not_write_request_records_again_when_only_the_order_was_locked(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.locked.add(page.order_id)
    world.settle()
    clock.pass_by(seconds=60)
    world.push()
    assert [len([one for one in call if "Reference__c" in one]) for call in world.org.writes] == [1, 0]


def test_leaves_an_org_alone_whose_allowance_is_used_up(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    other = world.sent(world.open(world.order()))
    world.settle()
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.org.limit = True
    world.settle()
    calls = world.org.calls
    assert salesforce(world, page)["reason"] == "REQUEST_LIMIT_EXCEEDED"
    (waits,) = [row["due_at"] - clock() for row in world.rows("outbox") if row["reason"] == "REQUEST_LIMIT_EXCEEDED"]
    assert waits > timedelta(seconds=30), "it was tried once, and is not tried again as soon as after another failure"
    world.told(other, "PAYMENT_LINK_CLICKED")
    clock.pass_by(seconds=29)
    world.push()
    assert world.org.calls == calls, "not for another order either"
    world.org.limit = False
    clock.pass_by(seconds=61)
    world.push()
    assert salesforce(world, page)["state"] == "written"


def test_tries_a_busy_org_again_within_a_quarter_of_a_minute_however_often_it_was_busy(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    busy = '[{"errorCode": "CONCURRENT_REQUESTS_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]'
    world.org.call_fails = (403, busy)
    world.settle()
    for tried in range(2, 9):
        assert salesforce(world, page)["reason"] == "CONCURRENT_REQUESTS_LIMIT_EXCEEDED"
        clock.pass_by(seconds=15)
        world.push()
        assert world.row("outbox")["attempts"] == tried
    world.org.call_fails = None
    clock.pass_by(seconds=15)
    world.push()
    assert salesforce(world, page)["state"] == "written"


def test_shows_the_reason_when_the_order_refuses_but_the_request_record_was_written(
    world: World, page: Page, link: dict[str, Any], clock: Clock, lines: list[Any]
) -> None:
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    told = world.look(page)["payment_requests"][0]
    assert (told["salesforce"]["state"], told["salesforce"]["reason"]) == (
        "refused",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    )
    assert told["sentences"][0]["id"] == "paid_order_refuses"
    assert next(iter(world.org.requests.values()))["Status__c"] == "paid"
    assert "order_refused" in [line["event"] for line in lines if line["log_level"] == "error"]
    assert "An approval process" not in repr(lines)
    clock.pass_by(hours=1)
    assert world.push() == 0


def test_tries_again_after_a_refusal_as_soon_as_there_is_news(world: World, page: Page, link: dict[str, Any]) -> None:
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.settle()
    world.org.refuses.clear()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert salesforce(world, page)["state"] == "written"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_buries_what_the_request_record_refuses_for_good(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    world.org.refuses[world.row("payment_requests")["reference"]] = "REQUIRED_FIELD_MISSING"
    world.settle()
    assert (salesforce(world, page)["state"], world.row("outbox")["state"]) == ("refused", "buried")
    assert "push_buried" in [line["event"] for line in lines if line["log_level"] == "error"]


@pytest.mark.parametrize("switch", ["down", "drop_answers"])
def test_repeats_a_call_that_failed_with_the_same_absolute_values(
    world: World, page: Page, link: dict[str, Any], clock: Clock, switch: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    setattr(world.org, switch, True)
    world.settle()
    assert salesforce(world, page)["state"] == "waiting"
    setattr(world.org, switch, False)
    clock.pass_by(seconds=5)
    world.push()
    assert salesforce(world, page)["state"] == "written"
    assert world.org.orders[page.order_id]["Chat2Pay_Amount_Paid__c"] == 115
    if switch == "drop_answers":
        first, second = world.org.writes
        assert values(first) == values(second)


def test_gets_a_new_token_when_its_own_is_over(world: World, page: Page, link: dict[str, Any]) -> None:
    world.settle()
    world.org.sessions_over.add("integration-1")
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert world.org.logins == 2
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_keeps_news_due_that_comes_during_a_push(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.org.before_write = lambda: world.told(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=2)
    assert world.push() == 1
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"
    assert salesforce(world, page)["state"] == "waiting"
    assert world.push() == 1
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert salesforce(world, page)["state"] == "written"


@pytest.mark.both_databases
@pytest.mark.parametrize("locked", [False, True], ids=["with success", "with a locked row"])
def test_of_a_holder_whose_lease_is_over_concludes_nothing_and_lands_nothing(
    world: World, page: Page, link: dict[str, Any], clock: Clock, locked: bool
) -> None:
    """The first push hangs; its lease ends; a second one tells newer news; then the first one comes to its end."""

    def overtaken() -> None:
        world.told(link, "PAYMENT_RECEIVED")
        clock.pass_by(seconds=46)
        assert world.push() == 1
        if locked:
            world.org.locked.add(page.order_id)

    world.org.before_write = overtaken
    clock.pass_by(seconds=2)
    world.push()
    row = world.row("outbox")
    assert (row["state"], row["pushed_version"], row["due_at"]) == ("written", world.row("orders")["version"], None)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert len(world.org.writes) == 2


def test_is_alone_in_its_partition(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    """While one batch of an account's orders is in flight, none of its other orders is pushed."""
    other = world.open(world.order())
    world.sent(other)
    seen: list[int] = []

    def meanwhile() -> None:
        world.told(world.core.last(), "PAYMENT_RECEIVED")
        seen.append(world.push())

    world.org.before_write = meanwhile
    clock.pass_by(seconds=2)
    world.push()
    assert seen == [0]


def test_tells_another_amount_due_when_the_orders_total_moved(world: World, page: Page, link: dict[str, Any]) -> None:
    world.settle()
    world.org.orders[page.order_id].update(Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
    world.open(page.order_id)
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Amount_Due__c"] == 230


@pytest.mark.both_databases
def test_is_repeated_when_salesforce_shows_something_older(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    clock.pass_by(seconds=11)
    world.org.orders[page.order_id].update(Chat2Pay_Version__c=1, Chat2Pay_Payment_State__c="unpaid")
    world.follow()
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"


def test_is_not_repeated_while_salesforce_need_not_show_it_yet(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    world.org.orders[page.order_id].update(Chat2Pay_Version__c=1)
    again = []
    for seconds in (10, 1):
        clock.pass_by(seconds=seconds)
        again.append(compare_orders(world.services.for_tenant(world.acme), order_ids=[page.order_id]).pushed_again)
    assert again == [[], [page.order_id]]


def test_is_not_repeated_for_news_that_salesforce_got_while_it_answered(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    world.settle()

    def meanwhile() -> None:
        world.told(link, "PAYMENT_RECEIVED")
        world.settle()

    world.org.after_query = meanwhile
    world.follow()
    assert world.push() == 0
    assert not [line for line in lines if line["event"] == "write_went_missing"]


@pytest.mark.both_databases
def test_reaches_an_org_minutes_after_its_login_was_fixed(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    world.org.sessions_over = {f"integration-{serial}" for serial in range(1, 50)}
    world.org.login_refused = "invalid_grant"
    world.told(link, "PAYMENT_RECEIVED")
    for _ in range(120):
        clock.pass_by(minutes=1)
        world.push()
    world.org.login_refused, world.org.sessions_over = None, set()
    for _ in range(5):
        clock.pass_by(minutes=1)
        world.push()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
