"""The end of a link is believed like money: only the core's own record gives the order's one live place back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.world import Clock, Page, World

ENDS = ("PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED")


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def verdicts(world: World) -> list[tuple[str, str | None]]:
    return [(row["verdict"], row["reason"]) for row in world.rows("inbox")]


def tell(world: World, link: dict[str, Any], word: str, **changes: Any) -> None:
    """News that the core's own record knows nothing of."""
    body = notification(link, word, at=world.clock()) | changes
    assert world.callback(body, kind="transaction-status").status_code == 200
    world.drain()


def go_on(world: World, *, seconds: int, every: int = 5) -> None:
    for _ in range(seconds // every):
        world.clock.pass_by(seconds=every)
        world.drain()


def assert_still_live(world: World, page: Page, *, status: str = "sent") -> None:
    page = world.open(page.order_id)
    now = shown(world, page)
    assert (now["status"], now["live"], world.look(page)["can_send"]) == (status, True, False)
    said = [one["id"] for one in (*now["sentences"], *now["say"], *now["timeline"])]
    assert [one for one in said if "cancelled" in one or "expired" in one] == []
    assert world.send(page).status_code == 409


# --- ends that the core denies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("word", ENDS)
def test_that_the_cores_record_denies_changes_nothing_and_is_asked_again(
    world: World, page: Page, link: dict[str, Any], word: str, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    world.settle()
    tell(world, link, word)
    assert verdicts(world) == [("awaiting confirmation", "core_says_otherwise")]
    now = shown(world, page)
    assert ([one["id"] for one in now["sentences"]], now["say"][0]["id"]) == (["end_reported"], "say_end_reported")
    assert now["awaiting_confirmation"] is False  # that is about money
    assert_still_live(world, page)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"


def test_that_was_denied_a_moment_ago_waits_for_the_same_reason_when_it_is_told_again(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    tell(world, link, "PAYMENT_LINK_EXPIRED")
    asked = len(world.core.questions)
    world.callback({**notification(link, "PAYMENT_LINK_EXPIRED", at=world.clock()), "merchantName": "again"})
    world.drain()
    assert verdicts(world) == [("awaiting confirmation", "core_says_otherwise")] * 2
    assert len(world.core.questions) == asked


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("word", ENDS)
def test_that_the_core_denies_until_five_minutes_after_the_deadline_is_an_anomaly_then(
    world: World, page: Page, link: dict[str, Any], clock: Clock, lines: list[Any], word: str, opened: bool
) -> None:
    if opened:
        world.told(link, "PAYMENT_LINK_CLICKED")
    tell(world, link, word)
    go_on(world, seconds=60 * (19 if opened else 9), every=20)
    assert verdicts(world)[-1] == ("awaiting confirmation", "core_says_otherwise")
    go_on(world, seconds=120, every=20)
    assert verdicts(world)[-1] == ("anomaly", "end_denied")
    assert_still_live(world, page, status="opened" if opened else "sent")
    assert "anomaly" in [line["event"] for line in lines if line["log_level"] == "error"]
    page = world.open(page.order_id)
    assert shown(world, page)["sentences"][-1]["id"] == "awaiting_confirmation"


@pytest.mark.parametrize("word", ENDS)
def test_is_applied_as_soon_as_the_core_that_lagged_shows_it(
    world: World, page: Page, link: dict[str, Any], word: str
) -> None:
    tell(world, link, word)
    go_on(world, seconds=60)
    world.core.happen(link, word)
    go_on(world, seconds=20)
    now = shown(world, page)
    assert (now["status"], now["live"]) == (word.removeprefix("PAYMENT_LINK_").lower(), False)
    assert world.look(page)["can_send"] is True
    assert verdicts(world) == [("applied", None)]


def test_that_was_false_shows_nowhere_once_the_link_was_paid(world: World, page: Page, link: dict[str, Any]) -> None:
    tell(world, link, "PAYMENT_LINK_CANCELLED")
    world.told(link, "PAYMENT_RECEIVED")
    now = shown(world, page)
    assert (now["status"], now["sentences"][0]["id"]) == ("paid", "paid_waiting")
    go_on(world, seconds=60)
    now = shown(world, page)
    assert [one["id"] for one in now["timeline"] if "cancelled" in one["id"] or "expired" in one["id"]] == []
    assert (now["status"], now["states"]["link"]) == ("paid", "opened")
    assert {verdict for verdict, _ in verdicts(world)} == {"applied", "stale"}
    assert not world.row("payment_requests")["money_after_close"]


def test_of_another_kind_than_the_cores_is_told_as_the_core_has_it(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.core.happen(link, "PAYMENT_LINK_EXPIRED")
    tell(world, link, "PAYMENT_LINK_CANCELLED")
    now = shown(world, page)
    assert (now["status"], now["timeline"][-1]["id"]) == ("expired", "timeline_expired")


def test_waits_while_money_of_the_same_link_goes_through_at_once(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    tell(world, link, "PAYMENT_LINK_EXPIRED")
    go_on(world, seconds=240, every=20)
    clock.pass_by(seconds=1)
    world.told(link, "PAYMENT_RECEIVED")
    assert shown(world, page)["status"] == "paid"


@pytest.mark.parametrize("word", ENDS)
def test_waits_for_as_long_as_the_core_cannot_be_asked(
    world: World, page: Page, link: dict[str, Any], clock: Clock, word: str
) -> None:
    world.core.down = True
    tell(world, link, word)
    go_on(world, seconds=3600 * 2, every=60)
    assert verdicts(world) == [("awaiting confirmation", "core_unreachable")]
    assert_still_live(world, page)
    world.core.down = False
    world.core.happen(link, word)
    go_on(world, seconds=120, every=60)
    page = world.open(page.order_id)
    assert (verdicts(world), shown(world, page)["live"]) == ([("applied", None)], False)


def test_that_differs_in_substance_is_put_aside_at_once(world: World, page: Page, link: dict[str, Any]) -> None:
    tell(world, link, "PAYMENT_LINK_CANCELLED", totalAmount=1)
    assert verdicts(world) == [("anomaly", "mismatch:amount")]
    assert shown(world, page)["sentences"][0]["id"] == "sent"
    assert_still_live(world, page)


@pytest.mark.parametrize("word", ENDS)
def test_of_a_link_whose_own_end_is_known_needs_no_question(
    world: World, page: Page, link: dict[str, Any], word: str
) -> None:
    world.told(link, word)
    asked = len(world.core.questions)
    tell(world, link, word, traceId="another")
    assert len(world.core.questions) == asked
    assert {verdict for verdict, _ in verdicts(world)} == {"applied", "stale"}


def test_storms_of_false_ends_are_one_question_a_second_at_most_and_ever_fewer(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.core.questions.clear()
    for number in range(120):
        body = notification(link, ENDS[number % 2], at=clock()) | {"traceId": number}
        world.callback(body)
    while world.drain():
        pass
    assert len(world.core.questions) == 1
    go_on(world, seconds=60, every=1)
    first_minute = len(world.core.questions)
    assert first_minute <= 20
    go_on(world, seconds=420, every=4)
    assert len(world.core.questions) - first_minute <= 25
    assert {verdict for verdict, _ in verdicts(world)} == {"awaiting confirmation"}
    assert_still_live(world, page)


def test_that_is_told_again_and_is_true_by_then_is_applied_within_two_seconds(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    tell(world, link, "PAYMENT_LINK_EXPIRED", traceId=1)
    go_on(world, seconds=180)
    world.core.happen(link, "PAYMENT_LINK_EXPIRED")
    tell(world, link, "PAYMENT_LINK_EXPIRED", traceId=2)
    go_on(world, seconds=2, every=1)
    assert shown(world, page)["status"] == "expired"


# --- what else ends a link ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [{}, {"status": "PAYMENT_LINK_CLICKED"}, {"status": "ACCEPTED"}])
def test_is_not_proven_by_an_unclear_answer_to_our_own_cancel(
    world: World, page: Page, link: dict[str, Any], answer: dict[str, Any]
) -> None:
    world.core.cancel_answer = answer
    told = world.cancel(page, link["additionalData"]["reference"]).json
    assert (told["outcome"], told["payment_request"]["live"]) == ("unknown", True)
    assert_still_live(world, page)


def test_is_proven_by_the_record_behind_an_unclear_answer(world: World, page: Page, link: dict[str, Any]) -> None:
    world.core.cancel_answer = {"customerNotified": True}
    world.core.on_cancelled = lambda: None
    world.core.cancels_all_the_same = True
    told = world.cancel(page, link["additionalData"]["reference"]).json
    assert (told["outcome"], told["payment_request"]["live"]) == ("cancelled", False)


def test_by_nobody_here_is_ascribed_to_nobody(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_LINK_CANCELLED")
    told = world.cancel(page, link["additionalData"]["reference"]).json
    assert (told["outcome"], told["sentence"]) == ("already_cancelled", "Already cancelled, not from here.")


@pytest.mark.both_databases
def test_is_not_declared_by_our_own_clock(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.core.mute = True
    for _ in range(30):
        clock.pass_by(hours=1)
        world.sweep()
    assert_still_live(world, page)


# --- times in news that nobody confirms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-60 * 24 * 40, -90, -6, 6, 90, 60 * 24 * 40])
def test_a_time_far_from_ours_moves_no_deadline(
    world: World, page: Page, link: dict[str, Any], clock: Clock, lines: list[Any], minutes: Any
) -> None:
    clock.pass_by(seconds=100)
    before = shown(world, page)
    stamped = world.clock.at.timestamp() + 60 * minutes
    tell(world, link, "PAYMENT_LINK_SENT", timestamp=int(stamped))
    now = shown(world, page)
    assert (now["sent_at"], now["open_by"]) == (before["sent_at"], before["open_by"])
    tell(world, link, "PAYMENT_LINK_CLICKED", timestamp=int(stamped))
    now = shown(world, page)
    assert (now["status"], now["opened_at"], now["pay_by"]) == (
        "opened", "2026-11-21T10:43:47.000Z", "2026-11-21T10:58:47.000Z",
    )  # fmt: skip
    (line,) = [line for line in lines if line["event"] == "time_not_believed"][-1:]
    assert line["expected"] == "2026-11-21T10:43:47+00:00"


@pytest.mark.parametrize("seconds", [-200, -2, 0, 3])
def test_a_time_near_ours_is_when_it_happened(
    world: World, page: Page, link: dict[str, Any], clock: Clock, seconds: int
) -> None:
    clock.pass_by(seconds=250)
    tell(world, link, "PAYMENT_LINK_CLICKED", timestamp=int(clock.at.timestamp()) + seconds)
    opened_at = world.row("payment_requests")["opened_at"]
    assert (opened_at - clock.at).total_seconds() == seconds


def test_the_message_being_sent_moves_no_deadline_that_we_know_ourselves(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    before = shown(world, page)["open_by"]
    tell(world, link, "PAYMENT_LINK_SENT", timestamp=int(clock.at.timestamp()) - 200)
    assert shown(world, page)["open_by"] == before
