"""From a stored notification to the order: what is believed, what waits, what is put aside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.world import Clock, Page, World


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def verdicts(world: World) -> list[tuple[str, str | None]]:
    return [(row["verdict"], row["reason"]) for row in world.rows("inbox")]


# --- before and without our own commit -------------------------------------------------------------------------------


def test_news_that_comes_before_our_own_commit_is_held_and_then_applied(world: World, page: Page, clock: Clock) -> None:
    def faster(link: dict[str, Any]) -> None:
        body = notification(link, "PAYMENT_LINK_CLICKED", at=clock())
        del body["additionalData"]  # only the core's reference, which we do not know yet
        world.callback(body)
        world.drain()
        assert verdicts(world) == [("held", "unknown_payment")]

    world.core.on_sent = faster
    world.sent(page)
    assert shown(world, page)["status"] == "sent"
    clock.pass_by(seconds=1)
    world.drain()
    assert (shown(world, page)["status"], verdicts(world)) == ("opened", [("applied", None)])


def test_a_repeat_of_what_waits_makes_it_due_at_once(world: World, page: Page, clock: Clock) -> None:
    body: dict[str, Any] = {"paymentLinkRef": "link-0001", "transactionStatus": "PAYMENT_LINK_CLICKED"}
    world.callback(body)
    for _ in range(6):
        world.drain()
        clock.pass_by(seconds=20)
    waiting_until = world.row("inbox")["due_at"]
    world.sent(page)
    assert world.drain() == 0
    world.callback(body)
    assert clock() < waiting_until
    world.drain()
    assert (shown(world, page)["status"], world.row("inbox")["duplicates"]) == ("opened", 1)


def test_what_belongs_to_nobody_is_an_orphan_after_an_hour_and_a_repeat_looks_again(
    world: World, page: Page, clock: Clock, lines: list[Any]
) -> None:
    body: dict[str, Any] = {"paymentLinkRef": "link-0001", "transactionStatus": "PAYMENT_LINK_CLICKED"}
    world.callback(body)
    world.drain()
    clock.pass_by(minutes=60)
    world.drain()
    row = world.row("inbox")
    assert (row["state"], row["verdict"], row["due_at"]) == ("buried", "orphan", None)
    assert "orphan" in [line["event"] for line in lines if line["log_level"] == "error"]
    world.sent(world.open(page.order_id))
    world.callback(body)
    world.drain()
    assert (world.row("inbox")["state"], world.row("payment_requests")["link"]) == ("done", "opened")


def test_what_names_its_request_in_a_field_that_nobody_knows_is_applied(world: World, page: Page) -> None:
    """A core that moves its reference to another field must not cost a payment; the core's record confirms it as any other."""
    news = world.core.happen(world.sent(page), "PAYMENT_RECEIVED")
    elsewhere = {
        "paymentLinkRef": "renamed-0001",
        "additionalData": {},
        "linkDetails": {"of": [news["paymentLinkRef"]]},
    }
    world.callback({**news, **elsewhere})
    world.drain()
    assert shown(world, page)["status"] == "paid"
    assert (world.row("inbox")["state"], world.row("inbox")["verdict"]) == ("done", "applied")


# --- what does not fit ------------------------------------------------------------------------------------------------

FORGED: dict[str, dict[str, Any]] = {
    "amount": {"totalAmount": 1.0},
    "currency": {"currency": "USD"},
    "environment": {"environment": "PRODUCTION"},
    "order_number": {"orderNumber": "99999999"},
    "link_reference": {"paymentLinkRef": "another-link"},
}


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("field", FORGED)
def test_news_that_names_another_thing_is_an_anomaly_and_changes_nothing(
    world: World, page: Page, link: dict[str, Any], lines: list[Any], field: str, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    before = world.row("payment_requests"), world.row("outbox")["version"]
    world.callback(notification(link, "PAYMENT_RECEIVED", at=world.clock()) | FORGED[field])
    world.drain()
    row = world.row("inbox")
    assert (row["state"], row["verdict"], row["reason"]) == ("buried", "anomaly", f"mismatch:{field}")
    looked = {"proven_at", "asked_at"}
    now = {name: value for name, value in world.row("payment_requests").items() if name not in looked}
    assert (now, world.row("outbox")["version"]) == ({name: before[0][name] for name in now}, before[1])
    assert "anomaly" in [line["event"] for line in lines if line["log_level"] == "error"]


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("field", FORGED)
def test_money_whose_news_names_another_thing_counts_as_the_cores_own_record_has_it(
    world: World, page: Page, link: dict[str, Any], field: str, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED") | FORGED[field])
    world.drain()
    assert verdicts(world) == [("applied", f"differs:{field}")]
    assert (shown(world, page)["status"], world.look(page)["amount_paid"]) == ("paid", "115.00")
    assert shown(world, page)["link_reference"] == link["paymentLinkRef"]


@pytest.mark.parametrize("field", FORGED)
def test_news_that_names_another_thing_waits_while_the_core_cannot_be_asked(
    world: World, page: Page, link: dict[str, Any], field: str
) -> None:
    world.core.down = True
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED") | FORGED[field])
    for _ in range(8):
        world.drain()
        world.clock.pass_by(seconds=60)
    assert verdicts(world) == [("awaiting confirmation", "core_unreachable")]
    world.core.down = False
    world.drain()
    assert shown(world, page)["status"] == "paid"


@pytest.mark.parametrize("record", [
    {"totalAmount": 1.0}, {"currency": "USD"}, {"environment": "PRODUCTION"}, {"orderNumber": "9"},
    {"additionalData": {"reference": "c2p_of_another"}},
], ids=repr)  # fmt: skip
def test_a_record_of_the_core_that_is_of_another_payment_is_an_anomaly(
    world: World, page: Page, link: dict[str, Any], record: dict[str, Any]
) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    link.update(record)
    world.callback(body)
    world.drain()
    assert world.row("inbox")["verdict"] == "anomaly"
    assert shown(world, page)["status"] == "sent"


def test_money_that_is_not_confirmed_must_name_its_amount_or_the_core_is_asked(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.tenant(confirm=False)
    body = notification(link, "PAYMENT_RECEIVED", at=world.clock())
    del body["totalAmount"]
    world.callback(body)
    world.drain()
    assert (verdicts(world), shown(world, page)["status"]) == (
        [("awaiting confirmation", "core_says_otherwise")],
        "sent",
    )
    world.core.happen(link, "PAYMENT_RECEIVED")
    world.clock.pass_by(seconds=1)
    world.drain()
    assert (verdicts(world), shown(world, page)["status"]) == ([("applied", None)], "paid")


# --- asking the core --------------------------------------------------------------------------------------------------


def test_a_forged_payment_never_marks_an_order_paid(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    world.callback(notification(link, "PAYMENT_RECEIVED", at=clock()))
    for _ in range(10):
        world.settle()
        assert world.look(page)["payment_state"] == "requested"
        clock.pass_by(seconds=60)
    assert verdicts(world) == [("anomaly", "core_says_otherwise")]
    assert shown(world, page)["awaiting_confirmation"] is False
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"
    assert {record["Chat2Pay_Payment_State__c"] for record in world.org.order_records(page.order_id)} == {"requested"}


def test_money_without_a_link_reference_is_asked_about_by_the_link_that_is_bound(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    del body["paymentLinkRef"]
    world.callback(body)
    world.drain()
    assert verdicts(world) == [("applied", None)]
    assert (shown(world, page)["status"], world.core.questions) == ("paid", [link["paymentLinkRef"]])


def test_while_the_core_cannot_be_asked_the_page_says_so_and_salesforce_is_not_told(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    pushed = len(world.org.writes)
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    world.core.down = True
    world.callback(body)
    for _ in range(8):
        world.settle()
        now = shown(world, page)
        assert (now["status"], now["sentences"][0]["id"]) == ("sent", "reported_not_confirmed")
        clock.pass_by(seconds=60)
    assert len(world.org.writes) == pushed
    assert verdicts(world) == [("awaiting confirmation", "core_unreachable")]
    world.core.down = False
    world.settle()
    assert (shown(world, page)["status"], shown(world, page)["awaiting_confirmation"]) == ("paid", False)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_news_that_is_not_of_money_needs_no_question(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_LINK_CLICKED")
    assert world.core.questions == []


def test_several_notifications_of_one_link_are_one_question(world: World, page: Page, link: dict[str, Any]) -> None:
    for word in ("PAYMENT_DECLINED", "PAYMENT_REVIEW", "PAYMENT_RECEIVED"):
        world.callback(world.core.happen(link, word))
    assert world.drain() == 3
    assert world.core.questions == ["link-0001"]
    assert shown(world, page)["status"] == "paid"


def test_a_tenant_may_do_without_confirming(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.tenant(confirm=False)
    world.core.down = True
    world.callback(notification(link, "PAYMENT_RECEIVED", at=clock()))
    world.drain()
    assert shown(world, page)["status"] == "paid"


def test_a_tenant_that_does_without_confirming_asks_how_much_was_moved(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.tenant(confirm=False)
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_CAPTURED", capturedAmount=40)
    order = world.look(page)
    assert (order["payment_state"], order["amount_paid"], order["amount_due"]) == ("part_paid", "40.00", "75.00")
    world.told(link, "PAYMENT_REVERSED", reversedAmount=40)
    assert world.look(page)["amount_reversed"] == "40.00"


@pytest.mark.parametrize(
    ("word", "state"),
    [("PAYMENT_RECEIVED", "paid"), ("PAYMENT_AUTHORIZED", "authorized"), ("PAYMENT_REVERSED", "reversed")],
)
def test_a_record_that_names_no_amounts_speaks_of_all_of_it(
    world: World, page: Page, link: dict[str, Any], word: str, state: str
) -> None:
    world.told(link, word, authorizedAmount=None, capturedAmount=None, reversedAmount=None)
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == (state, state)


def test_a_hold_that_was_released_before_anything_was_taken_is_given_back(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_REVERSED", capturedAmount=0, reversedAmount=0)
    assert verdicts(world) == [("applied", None)] * 2
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("reversed", "unpaid")
    assert world.look(page)["amount_due"] == "115.00"


@pytest.mark.parametrize(
    ("word", "record", "field"),
    [
        ("PAYMENT_RECEIVED", {"capturedAmount": 0}, "captured"),
        ("PAYMENT_RECEIVED", {"capturedAmount": -115}, "captured"),
        ("PAYMENT_AUTHORIZED", {"authorizedAmount": 0}, "authorized"),
        ("PAYMENT_REVERSED", {"capturedAmount": 115, "reversedAmount": 0}, "reversed"),
    ],
)
def test_a_record_that_says_nothing_was_moved_is_an_anomaly(
    world: World, page: Page, link: dict[str, Any], word: str, record: dict[str, Any], field: str
) -> None:
    world.told(link, word, **record)
    assert verdicts(world) == [("anomaly", f"mismatch:{field}")]
    assert shown(world, page)["status"] == "sent"


ODD = {
    "a time before time": {"paymentGatewayResponseTimestamp": "0001-01-01T00:00:00+14:00"},
    "a time beyond time": {"paymentGatewayResponseTimestamp": "9999-12-31T23:59:59+0000"},
    "half a character": {"merchantName": "\ud800", "receiptLinkRef": "\ud800"},
    "a NUL": {"reconciliationReference": "a\0b", "merchantName": "\0"},
    "texts without end": {"receiptLinkRef": "x" * 5000, "reconciliationReference": "x" * 5000},
}


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("name", ODD)
def test_what_nothing_is_decided_by_keeps_no_payment_away(
    world: World, page: Page, link: dict[str, Any], name: str, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    record = world.core.happen(link, "PAYMENT_RECEIVED", clickedAt="9999-12-31T23:59:59+0000", **ODD[name])
    world.callback({**record, **ODD[name]})
    world.drain()
    assert (verdicts(world), shown(world, page)["status"]) == ([("applied", None)], "paid")


def test_a_body_that_is_nested_too_deep_to_be_walked_through_loses_its_card_and_is_applied(
    world: World, page: Page, link: dict[str, Any], lines: list[Any]
) -> None:
    body = json.dumps(world.core.happen(link, "PAYMENT_RECEIVED"))
    card = "4111" + "1" * 12
    world.callback((body[:-1] + f', "note": "{card}", "more": ' + '{"a":' * 460 + "1" + "}" * 461).encode())
    world.drain()
    assert "card_number_redacted" in [line["event"] for line in lines]
    assert shown(world, page)["status"] == "paid"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a trigger is written otherwise elsewhere
def test_an_entry_that_cannot_even_be_read_stops_nobody_of_its_batch(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE UPDATE OF body ON inbox BEGIN SELECT RAISE(ABORT, ''); END"
        )
    world.callback({"paymentLinkRef": "x", "paymentStatus": "PAYMENT_RECEIVED", "note": "4111" + "1" * 12})
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.drain()
    assert shown(world, page)["status"] == "paid"
    assert sorted(row["state"] for row in world.rows("inbox")) == ["done", "new"]


# --- what time brings ---------------------------------------------------------------------------------------------------


def test_a_lost_callback_is_healed_by_the_sweep(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.core.happen(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=61)
    world.sweep()
    world.settle()
    assert shown(world, page)["status"] == "paid"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_a_link_is_not_declared_dead_by_our_own_clock(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    clock.pass_by(minutes=10)
    world.sweep()
    now = shown(world, page)
    assert now["status"] == "sent"
    assert now["sentences"][-1]["id"] == "awaiting_confirmation"
    world.core.happen(link, "PAYMENT_LINK_EXPIRED")
    clock.pass_by(seconds=61)
    world.sweep()
    assert shown(world, page)["status"] == "expired"


def test_a_click_within_two_seconds_is_probably_a_preview(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_LINK_CLICKED")
    assert shown(world, page)["probable_preview"] is True


@pytest.mark.both_databases
def test_an_entry_that_breaks_again_and_again_is_buried_and_stops_nobody(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = world.core.happen(link, "PAYMENT_LINK_CLICKED")
    world.callback(body)
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE payment_events RENAME TO elsewhere")
    for _ in range(6):
        world.drain()
        clock.pass_by(seconds=61)
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO payment_events")
    world.drain()
    assert verdicts(world) == [("anomaly", "never_finished")]
    world.told(link, "PAYMENT_RECEIVED")
    assert shown(world, page)["status"] == "paid"
