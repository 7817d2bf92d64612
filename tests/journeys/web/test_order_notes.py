"""The note on an order: one for the next colleague, seen with author and time, never written over unseen."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text as sql

from tests.factories import SIPHO, THANDI
from tests.journeys.world import Clock, Page, World, fields_of

CARD = " ".join(["4111", "1111", "1111", "1111"])


def write(world: World, page: Page, text: str, version: int = 0) -> Any:
    return world.client.post("/api/order-notes", json={"text": text, "version": version}, headers=page.headers)


def note(world: World, page: Page) -> Any:
    return world.look(page)["note"]


@pytest.fixture
def order_id(world: World) -> str:
    found: str = world.order(THANDI, SIPHO)
    return found


def test_is_seen_by_the_next_colleague_with_its_author(world: World, order_id: str) -> None:
    first = world.open(order_id)
    assert first.data["order"]["note"] is None
    answer = write(world, first, "  Calls again\nat three. ")
    assert (answer.status_code, answer.json["outcome"]) == (200, "saved")
    seen = world.open(order_id, SIPHO).data["order"]["note"]
    assert (seen["text"], seen["author"]["name"], seen["version"]) == ("Calls again at three.", THANDI.name, 1)


def test_is_on_an_open_page_at_its_next_poll(world: World, order_id: str) -> None:
    page, other = world.open(order_id), world.open(order_id, SIPHO)
    tag = world.client.get(f"/api/orders/{order_id}", headers=other.headers).headers["ETag"]
    write(world, page, "Wants to pay tomorrow.")
    again = world.client.get(f"/api/orders/{order_id}", headers={**other.headers, "If-None-Match": tag})
    assert (again.status_code, again.json["note"]["text"]) == (200, "Wants to pay tomorrow.")


def test_is_not_written_over_by_who_has_not_seen_it(world: World, order_id: str) -> None:
    page, other = world.open(order_id), world.open(order_id, SIPHO)
    write(world, page, "Mine.")
    late = write(world, other, "His.")
    assert (late.status_code, late.json["outcome"]) == (200, "changed_meanwhile")
    assert late.json["sentence"] == {"id": "note_changed_meanwhile", "from": None, "values": {"agent": THANDI.name}}
    assert (late.json["note"]["text"], note(world, page)["text"]) == ("Mine.", "Mine.")
    assert write(world, other, "His.", 1).json["outcome"] == "saved"
    assert note(world, page)["author"]["name"] == SIPHO.name


@pytest.mark.parametrize(("text", "outcome"), [("Mine.", "saved"), ("", "removed")])
def test_is_written_once_by_a_press_that_is_repeated(world: World, order_id: str, text: str, outcome: str) -> None:
    page, other = world.open(order_id), world.open(order_id, SIPHO)
    write(world, other, "First.")
    answers = [write(world, page, text, 1).json for _ in range(2)]
    assert [(one["outcome"], one["note"]["version"]) for one in answers] == [(outcome, 2)] * 2
    assert write(world, other, text, 1).json["outcome"] == "changed_meanwhile"


@pytest.mark.parametrize("texts", [[], ["His.", ""]], ids=["never any", "none any more"])
def test_of_nothing_where_there_is_none_takes_nothing_away(world: World, order_id: str, texts: list[str]) -> None:
    page, other = world.open(order_id), world.open(order_id, SIPHO)
    for version, text in enumerate(texts):
        write(world, other, text, version)
    answer = write(world, page, " ", len(texts)).json
    assert (answer["outcome"], answer["sentence"]["id"]) == ("nothing", "note_nothing")
    # No page has another version to look at now.
    assert write(world, other, "Hers.", len(texts)).json["outcome"] == "saved"


def test_that_a_colleague_took_away_says_so_before_another_is_written(world: World, order_id: str) -> None:
    page, other = world.open(order_id), world.open(order_id, SIPHO)
    write(world, page, "Mine.")
    write(world, page, "", 1)
    assert write(world, other, "His.", 1).json["sentence"]["id"] == "note_gone"


def test_is_taken_away_by_an_empty_text_and_an_old_page_does_not_bring_it_back(world: World, order_id: str) -> None:
    page = world.open(order_id)
    write(world, page, "Gone soon.")
    assert write(world, page, "", 1).json["outcome"] == "removed"
    assert note(world, page)["text"] == ""
    assert write(world, page, "Old page.", 0).json["outcome"] == "changed_meanwhile"


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        (CARD, "card_number_refused", 422),
        ("4111\n1111\n1111\n1111", "card_number_refused", 422),
        ("4111;1111;1111;1111", "card_number_refused", 422),
        ("\u0664\u0661\u0661\u0661 1111 1111 1111", "card_number_refused", 422),
        ("x" * 141, "invalid", 422),
        ("a\u202eb", "invalid", 422),
    ],
)
def test_takes_no_card_number_and_nothing_too_long(
    world: World, order_id: str, text: str, code: str, status: int
) -> None:
    page = world.open(order_id)
    answer = write(world, page, text)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert text not in answer.text
    assert note(world, page) is None


@pytest.mark.parametrize("version", [-1, 2**31, 1.5, "0", True, None], ids=repr)
def test_is_in_place_of_a_version_that_a_note_can_have(world: World, order_id: str, version: Any) -> None:
    answer = write(world, world.open(order_id), "Calls again.", version)
    assert (answer.status_code, fields_of(answer)) == (422, {"version"})
    assert write(world, world.open(order_id), "Calls again.", 2**31 - 1).json["outcome"] == "changed_meanwhile"


def test_needs_a_launch_of_its_order(world: World) -> None:
    assert world.client.post("/api/order-notes", json={"text": "x", "version": 0}).status_code == 401


def test_is_stored_encrypted(world: World, order_id: str) -> None:
    write(world, world.open(order_id), "Nobody reads this in the file.")
    with world.services.store.read() as work:
        kept = bytes(work.connection.execute(sql("SELECT text FROM order_notes")).scalar_one())
    assert b"Nobody" not in kept


def test_is_shown_for_ninety_days(world: World, clock: Clock, order_id: str) -> None:
    write(world, world.open(order_id), "Old.")
    clock.pass_by(days=90, microseconds=-1)
    assert world.open(order_id).data["order"]["note"]["text"] == "Old."
    clock.pass_by(microseconds=1)
    assert world.open(order_id).data["order"]["note"]["text"] == ""
