"""What only a core of our own says: how far a message got, that a person must look, that the goods must wait."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.factories import moment, notification
from tests.journeys.world import Clock, Page, World
from tests.peers.describing import REQUESTS, described, shipped

MESSAGES = ("ACCEPTED", "SENT", "FAILED", "DELIVERED", "READ")


@pytest.fixture(autouse=True)
def _an_org_with_this_versions_fields(world: World) -> None:
    every = [*shipped(REQUESTS), described("Id", "id", updateable=False)]
    world.org.describes[REQUESTS] = {"name": REQUESTS, "createable": True, "updateable": True, "fields": every}


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def verdicts(world: World) -> list[tuple[str, str | None]]:
    return [(row["verdict"], row["reason"]) for row in world.rows("inbox")]


def of_message(link: dict[str, Any], word: str, clock: Clock, **more: Any) -> dict[str, Any]:
    """The core's news of the message with a link."""
    return {**notification(link, f"MESSAGE_{word}", at=clock(), shape="transaction"), **more}


def alarm(world: World, link: dict[str, Any], word: str | None, clock: Clock) -> dict[str, Any]:
    """Let the core's record begin or cease to need a person; return its news of that."""
    link.update(attention=word, attentionTimestamp=moment(clock()))
    body = notification(link, "PAYMENT_ATTENTION", at=clock(), shape="transaction")
    return {**body, "attention": word, "attentionTimestamp": moment(clock())}


def hear(world: World, body: dict[str, Any]) -> None:
    assert world.callback(body, kind="transaction-status").status_code == 200
    world.drain()


def written(world: World) -> dict[str, Any]:
    """The request's record as the org has it."""
    ((_, found),) = world.org.requests.items()
    return dict(found)


def timeline(world: World, page: Page) -> list[str]:
    return [one["id"] for one in shown(world, page)["timeline"]]


# --- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_is_delivered_and_read_and_the_page_says_when(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    clock.pass_by(seconds=3)
    hear(world, of_message(link, "DELIVERED", clock))
    told = shown(world, page)
    assert (told["states"]["message"], told["message_at"], told["remedy"]) == (
        "delivered",
        "2026-11-21T10:42:10.000Z",
        None,
    )
    assert (told["sentences"][0]["id"], told["sentences"][0]["values"]["at"]) == ("delivered", told["message_at"])
    hear(world, of_message(link, "READ", clock))
    assert shown(world, page)["sentences"][0]["id"] == "read"
    assert [one for one in timeline(world, page) if one.startswith("timeline_") and "message" not in one][
        -1
    ] == "timeline_read"
    assert verdicts(world) == [("applied", None)] * 2
    assert world.core.questions == []


@pytest.mark.parametrize("order", list(itertools.permutations(("SENT", "FAILED", "DELIVERED"))), ids="-".join)
def test_states_of_a_message_only_rise_in_whatever_order_they_come(
    world: World, page: Page, link: dict[str, Any], clock: Clock, order: tuple[str, ...]
) -> None:
    for word in order:
        clock.pass_by(seconds=1)
        why = {"messageFailureCode": "unreachable"} if word == "FAILED" else {}
        hear(world, of_message(link, word, clock, **why))
    told = shown(world, page)
    assert (told["states"]["message"], told["message_failure"], told["remedy"]) == ("delivered", None, None)
    assert timeline(world, page).count("timeline_delivered") == 1


def test_a_message_that_failed_says_why_and_what_helps_and_salesforce_learns_it(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = of_message(link, "FAILED", clock, messageFailureCode="not_on_whatsapp", messageFailureReason="No WhatsApp.")
    hear(world, body)
    told = shown(world, page)
    assert (told["states"]["message"], told["message_failure"], told["remedy"]) == (
        "failed",
        "not_on_whatsapp",
        "other_channel",
    )
    assert told["sentences"][0]["id"] == "failed_not_on_whatsapp"
    assert (told["status"], told["live"]) == ("sent", True)
    assert timeline(world, page)[-1] == "timeline_failed"
    hear(world, body)
    assert verdicts(world) == [("applied", None)]
    world.settle()
    assert written(world)["Message_State__c"] == "failed"
    assert written(world)["Message_Failure__c"] == "This number cannot receive WhatsApp messages. Send it by SMS."


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("DELIVERED", None, ("delivered", None, "delivered")),
        ("FAILED", "landline", ("failed", "landline", "failed_landline")),
        ("FAILED", "a_new_word", ("failed", "a_new_word", "cannot_deliver")),
        ("UNKNOWN", "not_known", ("accepted", "not_known", "message_in_doubt")),
        ("QUEUED", None, ("accepted", None, "sent")),
    ],
)  # fmt: skip
def test_the_record_tells_of_the_message_where_no_callback_did(
    world: World, page: Page, link: dict[str, Any], status: str, code: str | None, expected: tuple[str, str | None, str]
) -> None:
    link.update(messageStatus=status, messageFailureCode=code)
    reference = shown(world, page)["reference"]
    for _ in range(2):
        answer = world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
        assert answer.json["outcome"] == "fresh"
    told = shown(world, page)
    assert (told["states"]["message"], told["message_failure"], told["sentences"][0]["id"]) == expected
    assert timeline(world, page).count("timeline_failed") == (status == "FAILED")


def test_a_failed_message_is_no_warning_once_the_link_is_opened(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    hear(world, of_message(link, "FAILED", clock, messageFailureCode="unreachable"))
    clock.pass_by(seconds=30)
    hear(world, world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    told = shown(world, page)
    assert (told["status"], told["remedy"], told["sentences"][0]["id"]) == ("opened", None, "opened")


# --- a person must look -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        "disputed", "dispute_lost", "dispute_won", "dispute_lost_then_won", "dispute_won_then_lost", "refund_failed",
        "paid_twice", "a_new_word",
    ],
)  # fmt: skip
def test_an_alarm_is_believed_by_the_record_counted_once_and_ends_with_the_all_clear(
    world: World, page: Page, link: dict[str, Any], clock: Clock, word: str
) -> None:
    hear(world, world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    hear(world, world.core.happen(link, "PAYMENT_RECEIVED"))
    clock.pass_by(days=9)
    page = world.open(page.order_id)
    raised = alarm(world, link, word, clock)
    for _ in range(3):
        hear(world, raised)
    known = word if word != "a_new_word" else "other"
    view = world.look(page)
    assert [one["id"] for one in view["sentences"]] == [f"attention_{known}"]
    told = view["payment_requests"][0]
    assert (told["status"], told["amount_paid"], told["attention"]) == ("paid", "115.00", word)
    assert timeline(world, page).count("timeline_attention") == 1
    world.settle()
    assert written(world)["Needs_Person__c"] is True
    assert written(world)["Attention__c"]
    clock.pass_by(minutes=5)
    late = dict(link)
    cleared = alarm(world, link, None, clock)
    hear(world, cleared)
    # An older reading changes nothing any more.
    link.update(attention=late["attention"], attentionTimestamp=late["attentionTimestamp"])
    hear(world, {**raised, "timestamp": moment(clock())})
    view = world.look(page)
    assert (view["sentences"], view["payment_requests"][0]["attention"]) == ([], None)
    assert timeline(world, page).count("timeline_attention_over") == 1
    world.settle()
    assert (written(world)["Needs_Person__c"], written(world)["Attention__c"]) == (False, None)


@pytest.mark.parametrize(("ends", "told"), [(True, []), (False, ["needs_person"])])
def test_an_alarm_that_ended_before_its_event_begins_no_flow(
    world: World, page: Page, link: dict[str, Any], clock: Clock, ends: bool, told: list[str]
) -> None:
    world.tenant(policy={"rights_from": "order_access", "notifications": False, "payment_events": True})
    hear(world, alarm(world, link, "disputed", clock))
    world.settle()
    if ends:
        hear(world, alarm(world, link, None, clock))
    world.deliver()
    assert [one["Kind__c"] for one in world.org.news.events] == told


def test_the_end_of_a_dispute_is_shown_though_somebody_had_dealt_with_its_beginning(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    hear(world, world.core.happen(link, "PAYMENT_RECEIVED"))
    for word in ("disputed", None, "dispute_lost"):
        clock.pass_by(days=9)
        page = world.open(page.order_id)
        hear(world, alarm(world, link, word, clock))
    assert [one["id"] for one in world.look(page)["sentences"]] == ["attention_dispute_lost"]
    assert timeline(world, page).count("timeline_attention") == 2
    world.settle()
    assert (written(world)["Needs_Person__c"], written(world)["Attention__c"]) == (
        True,
        "The dispute of the payment is lost: the customer's bank took back what was disputed, all of it or a part.",
    )


def test_an_alarm_is_logged_once_whatever_comes_after_it(
    world: World, link: dict[str, Any], clock: Clock, lines: list[Any]
) -> None:
    hear(world, alarm(world, link, "disputed", clock))
    clock.pass_by(seconds=3)
    hear(world, world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    clock.pass_by(seconds=3)
    hear(world, alarm(world, link, "refund_failed", clock))
    for over in ("paid_twice_returned", None):
        clock.pass_by(seconds=3)
        hear(world, alarm(world, link, over, clock))
    alarms = [line["reason"] for line in lines if line["event"] == "payment_needs_person"]
    assert alarms == ["disputed", "refund_failed"]


def test_an_alarm_that_the_record_does_not_show_changes_nothing(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = {**notification(link, "PAYMENT_ATTENTION", at=clock(), shape="transaction"), "attention": "disputed"}
    hear(world, body)
    assert verdicts(world) == [("awaiting confirmation", "core_says_otherwise")]
    assert world.look(page)["sentences"] == []


def test_money_that_is_back_is_told_and_needs_nobody(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    hear(world, alarm(world, link, "paid_twice_returned", clock))
    assert [one["id"] for one in world.look(page)["sentences"]] == ["attention_paid_twice_returned"]
    world.settle()
    assert written(world)["Needs_Person__c"] is False


# --- goods that must wait ---------------------------------------------------------------------------------------------


def test_goods_wait_while_a_taken_payment_is_checked_and_no_longer(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    hear(world, world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    clock.pass_by(seconds=30)
    hear(world, world.core.happen(link, "PAYMENT_RECEIVED", doNotShip=True))
    view = world.look(page)
    assert [one["id"] for one in view["sentences"]] == ["do_not_ship"]
    assert view["payment_requests"][0]["status"] == "paid"
    world.settle()
    assert written(world)["Do_Not_Ship__c"] is True
    clock.pass_by(minutes=5)
    done: dict[str, Any] = {"doNotShip": False, "reviewFinalisedTimestamp": moment(clock())}
    hear(world, {**world.core.happen(link, "PAYMENT_RECEIVED", **done), "reviewFinalisedTimestamp": moment(clock())})
    assert world.look(page)["sentences"] == []
    assert timeline(world, page)[-1] == "timeline_goods_freed"
    world.settle()
    assert written(world)["Do_Not_Ship__c"] is False
