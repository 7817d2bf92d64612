"""A send without an answer is a state, not a failure: it blocks, it is found out, and money seen later counts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World


@pytest.fixture
@played_once
def carried_out(world: World, page: Page) -> dict[str, Any]:
    """The core made the link; its answer was lost."""
    world.core.drop_answers = True
    answer = world.send(page, key="key-00001")
    world.core.drop_answers = False
    assert (answer.status_code, answer.json["status"]) == (202, "unknown")
    return world.core.last()


@pytest.fixture
@played_once
def lost(world: World, page: Page) -> str:
    """The core never got it, and nobody can know. Returns our reference."""
    world.core.lose_requests = True
    answer = world.send(page, key="key-00001")
    world.core.lose_requests = False
    assert (answer.status_code, answer.json["status"]) == (202, "unknown")
    reference: str = answer.json["reference"]
    return reference


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def test_tells_the_agent_not_to_send_again(world: World, page: Page, carried_out: dict[str, Any]) -> None:
    assert [one["id"] for one in shown(world, page)["sentences"]] == ["unknown", "unknown_long"]
    assert world.look(page)["can_send"] is False


def test_blocks_a_new_send(world: World, page: Page, carried_out: dict[str, Any]) -> None:
    answer = world.send(page, key="key-00002")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "another_live")
    assert len(world.core.sends) == 1


def test_repeated_with_its_key_answers_the_state_and_sends_nothing(
    world: World, page: Page, carried_out: dict[str, Any]
) -> None:
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["status"]) == (202, "unknown")
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 418])
def test_is_what_an_answer_makes_it_that_proves_nothing(world: World, page: Page, status: int) -> None:
    world.core.refuse = (status, "OOPS")
    assert world.send(page).status_code == 202
    row = world.row("payment_requests")
    assert (row["link"], row["proven_at"]) == ("unknown", None)


def test_is_resolved_by_a_callback_that_carries_our_reference(
    world: World, page: Page, carried_out: dict[str, Any]
) -> None:
    body = notification(carried_out, "PAYMENT_LINK_SENT", at=world.clock())
    world.callback(body, kind="transaction-status")
    world.drain()
    now = shown(world, page)
    assert (now["status"], now["link_reference"]) == ("sent", carried_out["paymentLinkRef"])
    assert world.core.questions == [carried_out["paymentLinkRef"]]  # its record carries our reference: that binds it


def test_is_resolved_by_the_sweep_which_asks_by_our_reference(
    world: World, page: Page, clock: Clock, carried_out: dict[str, Any]
) -> None:
    clock.pass_by(seconds=11)
    world.sweep()
    assert shown(world, page)["status"] == "sent"
    assert world.core.questions == [carried_out["additionalData"]["reference"]]
    assert len(world.core.sends) == 1


def test_is_resolved_by_the_agent_who_asks(world: World, page: Page, carried_out: dict[str, Any]) -> None:
    reference = carried_out["additionalData"]["reference"]
    answer = world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert (answer.json["outcome"], answer.json["payment_request"]["status"]) == ("fresh", "sent")


def open_again(world: World, page: Page) -> Page:
    """A launch token lasts for a quarter of an hour."""
    return world.open(page.order_id)


@pytest.mark.parametrize("minutes", [2, 5, 20, 24.9])
def test_that_the_core_does_not_know_yet_blocks(
    world: World, page: Page, clock: Clock, lost: str, minutes: float
) -> None:
    clock.pass_by(minutes=minutes)
    world.sweep()
    page = open_again(world, page)
    assert (shown(world, page)["status"], shown(world, page)["live"]) == ("unknown", True)
    assert world.send(page, key="key-00002").status_code == 409


def test_that_the_core_never_received_is_given_up_after_25_minutes(
    world: World, page: Page, clock: Clock, lost: str
) -> None:
    clock.pass_by(minutes=25)
    world.sweep()
    page = open_again(world, page)
    now = shown(world, page)
    assert (now["status"], now["reason"], now["live"]) == ("rejected", "never_arrived", False)
    assert now["sentences"][0]["id"] == "never_arrived"
    assert now["timeline"][-1]["id"] == "timeline_never_arrived"
    assert world.send(page, key="key-00002").status_code == 201


def test_that_the_core_never_received_is_given_up_once_though_the_agent_asks_beside_the_sweep(
    world: World, page: Page, clock: Clock, lost: str
) -> None:
    clock.pass_by(minutes=25)
    page = open_again(world, page)

    def asks() -> None:
        world.core.on_question = None
        assert world.client.post(f"/api/payment-requests/{lost}/refresh", headers=page.headers).status_code == 200

    world.core.on_question = asks
    world.sweep()
    assert [one["event"] for one in world.rows("payment_events")].count("never_arrived") == 1


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_LINK_IN_WORDS_THAT_NOBODY_KNOWS"])
def test_whose_link_a_callback_names_while_the_look_up_misses_it_is_not_given_up(
    world: World, page: Page, carried_out: dict[str, Any], clock: Clock, word: str
) -> None:
    world.core.hides = True
    clock.pass_by(minutes=25)

    def told() -> None:
        world.core.on_question, world.core.hides = None, False
        world.told(carried_out, word)
        world.core.hides = True

    world.core.on_question = told
    world.sweep()
    assert world.core.on_question is None
    row = world.row("payment_requests")
    assert (row["reason"], row["link_reference"]) == (None, carried_out["paymentLinkRef"])
    assert "never_arrived" not in {one["event"] for one in world.rows("payment_events")}


@pytest.mark.parametrize("away", ["mute", "no look-up"])
def test_stays_unknown_however_long_where_the_core_cannot_tell(
    world: World, page: Page, clock: Clock, lost: str, away: str
) -> None:
    world.core.mute = away == "mute"
    world.core.looks_up = away == "mute"
    for _ in range(40):
        clock.pass_by(minutes=30)
        world.sweep()
    page = open_again(world, page)
    assert (shown(world, page)["status"], shown(world, page)["live"]) == ("unknown", True)
    assert world.look(page)["can_send"] is False
    assert world.send(page, key="key-00002").status_code == 409
    assert shown(world, page)["sentences"][-1]["id"] == "unknown_long"


def test_that_no_look_up_finds_takes_no_other_requests_turn(world: World, page: Page, clock: Clock, lost: str) -> None:
    """A core without a look-up answers: what it can tell of other links is asked all the same."""
    world.core.looks_up = False
    other = world.open(world.order())
    link = world.sent(other, phone="27831234599")
    world.core.happen(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=61)
    world.sweep()
    assert shown(world, other)["status"] == "paid"
    told = world.client.post(f"/api/payment-requests/{lost}/refresh", headers=page.headers).json
    assert (told["outcome"], told["sentence"]) == (
        "core_unreachable", "The payment core does not say what became of this request. We keep asking.",
    )  # fmt: skip


def test_is_asked_about_ever_more_seldom(world: World, page: Page, clock: Clock, lost: str) -> None:
    def asked(minutes: int, every: int) -> int:
        before = len(world.core.questions)
        for _ in range(minutes * 60 // every):
            clock.pass_by(seconds=every)
            world.sweep()
        return len(world.core.questions) - before

    world.core.lists_others = True  # it answers, and its answer proves nothing
    assert 8 <= asked(2, 5) <= 12
    clock.pass_by(hours=1)
    assert 8 <= asked(10, 20) <= 11
    clock.pass_by(days=1)
    assert asked(60, 60) <= 5


def test_counts_money_that_is_seen_after_it_was_given_up(
    world: World, page: Page, clock: Clock, lines: list[Any], carried_out: dict[str, Any]
) -> None:
    world.core.hides = True
    clock.pass_by(minutes=25, seconds=1)
    world.sweep()
    world.core.hides = False
    page = open_again(world, page)
    assert shown(world, page)["status"] == "rejected"
    world.told(carried_out, "PAYMENT_RECEIVED")
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("paid", "paid")
    assert shown(world, page)["sentences"][0]["id"] == "paid_after_close"
    assert [line["log_level"] for line in lines if line["event"] == "money_after_close"] == ["error"]


def test_finds_a_lost_payment_after_it_was_given_up(
    world: World, page: Page, clock: Clock, carried_out: dict[str, Any]
) -> None:
    world.core.hides = True
    clock.pass_by(minutes=25, seconds=1)
    world.sweep()
    world.core.hides = False
    world.core.happen(carried_out, "PAYMENT_RECEIVED", capturedAmount=115.00)
    clock.pass_by(minutes=5)
    world.sweep()
    assert shown(world, open_again(world, page))["status"] == "paid"


def test_follows_a_process_that_died_while_sending(world: World, page: Page, clock: Clock) -> None:
    def die(_body: object) -> None:
        raise SystemExit

    world.restart(core_timeout=37.0)
    world.core.on_sent = die
    with pytest.raises(SystemExit):
        world.send(page, key="key-00001")
    assert world.row("payment_requests")["link"] == "sending"
    clock.pass_by(seconds=2 * 37)  # its sender may still wait for the answer, or be about to write it down
    assert clock.at == world.row("payment_requests")["sending_until"]
    world.sweep()
    assert world.row("payment_requests")["link"] == "sending"
    clock.pass_by(microseconds=1)
    world.core.mute = True
    world.sweep()
    assert shown(world, page)["status"] == "unknown"
    world.core.mute = False
    clock.pass_by(seconds=11)
    world.sweep()
    assert shown(world, page)["status"] == "sent"
    assert len(world.core.sends) == 1


def test_is_overtaken_by_a_callback_without_harm(world: World, page: Page) -> None:
    """The customer was faster than the core's answer."""
    world.core.on_sent = lambda link: world.told(link, "PAYMENT_RECEIVED")
    answer = world.send(page)
    assert (answer.status_code, answer.json["status"]) == (201, "paid")
    assert world.row("inbox")["verdict"] == "applied"
