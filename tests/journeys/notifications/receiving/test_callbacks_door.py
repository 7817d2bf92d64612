"""The door for the core's news: the answer table of the architecture, line by line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import Client

from tests.factories import CALLBACK_KEY, basic, make_tenant, notification
from tests.journeys.world import Clock, Page, World

KINDS = ("transaction-status", "payment-status")


def plain(answer: Any) -> Any:
    """An error body without what differs for every request."""
    return {**answer.json["error"], "request_id": ""}


@pytest.mark.parametrize("kind", KINDS)
def test_stores_and_answers_200_with_nothing_in_it(world: World, link: dict[str, Any], kind: str) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    answer = world.callback(body, kind=kind)
    assert (answer.status_code, answer.data) == (200, b"")
    row = world.row("inbox")
    assert (row["state"], row["kind"], row["duplicates"]) == ("new", kind, 0)
    assert b"PAYMENT_RECEIVED" not in row["body"]


def test_does_nothing_else_in_the_request(world: World, page: Page, link: dict[str, Any]) -> None:
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert world.core.questions == []
    assert world.look(page)["payment_state"] == "requested"


def test_answers_a_duplicate_200_and_counts_it(world: World, link: dict[str, Any]) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    answers = [world.callback(body, kind=kind) for kind in (*KINDS, *KINDS)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert world.row("inbox")["duplicates"] == 3
    world.drain()
    assert world.callback(body).status_code == 200
    assert (world.row("inbox")["duplicates"], world.row("inbox")["state"]) == (4, "done")


UNREADABLE = {
    "not json": b"paid!",
    "empty": b"",
    "not utf-8": b"\xff\xfe\x00",
    "a list": b"[1, 2]",
    "a number": b"7",
    "nested without end": b"[" * 20_000,
    "no status": json.dumps({"paymentLinkRef": "x"}).encode(),
    "an unknown word": json.dumps({"paymentLinkRef": "x", "paymentStatus": "PAYMENT_TELEPORTED"}).encode(),
    "no reference": json.dumps({"paymentStatus": "PAYMENT_RECEIVED", "orderNumber": "1"}).encode(),
    "a link reference that cannot be kept": b'{"paymentLinkRef": "\\ud800", "paymentStatus": "PAYMENT_RECEIVED"}',
    "a status that is an object": b'{"paymentLinkRef": "x", "paymentStatus": {"a": 1}}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_keeps_what_it_cannot_read_as_evidence(world: World, link: dict[str, Any], name: str) -> None:
    assert world.callback(UNREADABLE[name]).status_code == 200
    assert world.drain() == 1
    row = world.row("inbox")
    assert (row["state"], row["verdict"], row["due_at"]) == ("buried", "unreadable", None)
    assert row["reason"]
    assert world.drain() == 0


@pytest.mark.parametrize(
    ("headers", "key", "reason"),
    [
        ({}, CALLBACK_KEY, "no_credentials"),
        ({"Authorization": "Bearer x"}, CALLBACK_KEY, "no_credentials"),
        ({"Authorization": "Basic"}, CALLBACK_KEY, "wrong_credentials"),
        ({"Authorization": "Basic ???"}, CALLBACK_KEY, "wrong_credentials"),
        ({"Authorization": "Basic \u00fc"}, CALLBACK_KEY, "wrong_credentials"),
        (basic(password="wrong"), CALLBACK_KEY, "wrong_credentials"),
        (basic(user="other"), CALLBACK_KEY, "wrong_credentials"),
        (basic(), "unknown-key", "unknown_key"),
    ],
    ids=["none", "another scheme", "empty", "not base64", "not ascii", "wrong password", "wrong user", "unknown key"],
)
def test_answers_whoever_proves_nothing_401_with_one_body_and_stores_nothing(
    world: World, link: dict[str, Any], lines: list[Any], headers: Any, key: Any, reason: str
) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    answer = world.callback(body, headers=headers, key=key)
    assert answer.status_code == 401
    assert plain(answer) == plain(world.callback(body, headers={}, key="another-unknown-key"))
    assert world.rows("inbox") == []
    assert next(line["reason"] for line in lines if line["event"] == "refused") == reason


def test_writes_the_route_and_never_the_path_into_the_log(world: World, link: dict[str, Any], lines: list[Any]) -> None:
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert lines[-1]["event"] == "answered"
    assert lines[-1]["route"].startswith("/callbacks/{callback_key}/")
    assert lines[-1]["inbox"] == world.row("inbox")["digest"].hex()[:12], "as every command names it"


@pytest.mark.parametrize("headers", [None, {}])
def test_answers_what_is_too_large_413(world: World, link: dict[str, Any], headers: dict[str, Any] | None) -> None:
    answer = world.callback(b"x" * (64 * 1024 + 1), headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert world.rows("inbox") == []


def test_takes_what_is_just_not_too_large(world: World) -> None:
    assert world.callback(b"x" * (64 * 1024)).status_code == 200


@pytest.mark.parametrize(("length", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413)])
def test_reads_no_more_of_a_body_that_does_not_say_its_length(world: World, length: int, status: int) -> None:
    answer = world.client.post(
        f"/callbacks/{CALLBACK_KEY}/payment-status",
        input_stream=io.BytesIO(b"x" * length),
        headers=basic() | {"Transfer-Encoding": "chunked"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},  # as servers hand chunks on
    )
    assert (answer.status_code, len(world.rows("inbox"))) == (status, status == 200)


@pytest.mark.parametrize(("said", "status"), [("500", 400), ("2", 200), ("two", 200)])
def test_keeps_no_body_of_which_a_part_is_missing(world: World, said: str, status: int) -> None:
    sender = Client(world.app)  # that hears no answer, so that none is promised
    answer = sender.post(
        f"/callbacks/{CALLBACK_KEY}/payment-status",
        input_stream=io.BytesIO(b"{}"),
        headers=basic(),
        environ_overrides={"CONTENT_LENGTH": said, "wsgi.input_terminated": True},
    )
    assert (answer.status_code, len(world.rows("inbox"))) == (status, status == 200)


def test_takes_and_applies_news_for_a_disabled_tenant(world: World, page: Page, link: dict[str, Any]) -> None:
    world.disable()
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    assert world.callback(body).status_code == 200
    world.settle()
    assert world.row("payment_requests")["money"] == "paid"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


@pytest.mark.both_databases
def test_answers_503_when_it_cannot_store_so_that_it_is_repeated(
    world: World, link: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubted: list[bool] = []
    monkeypatch.setattr(world.services.write_check, "doubt", lambda: doubted.append(True))
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    answer = world.callback(body)
    assert (answer.status_code, answer.json["error"]["retryable"]) == (503, True)
    assert doubted == [True], "readiness goes by no check of before"
    with world.services.store.database.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    assert world.callback(body).status_code == 200
    world.drain()
    assert world.row("payment_requests")["money"] == "paid"


def test_keeps_the_news_of_two_tenants_apart(world: World, page: Page, link: dict[str, Any]) -> None:
    other = make_tenant("globex", callback_key="key-of-globex", org_id="00Dxx0000001gEiEAI")
    world.services.store.tenants.add(other, now=world.clock())
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    assert world.callback(body, key="key-of-globex").status_code == 200
    world.drain()
    assert world.row("inbox")["verdict"] == "held"
    assert world.look(page)["payment_state"] == "requested"
    assert world.callback(body).status_code == 200
    world.drain()
    assert world.look(page)["payment_state"] == "paid"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["transaction", "payment"])
@pytest.mark.parametrize("word", ["PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED"])
def test_takes_both_shapes_at_both_addresses(
    world: World, page: Page, link: dict[str, Any], kind: str, shape: str, word: str
) -> None:
    world.callback(world.core.happen(link, word, shape=shape), kind=kind)
    world.drain()
    assert world.row("inbox")["verdict"] == "applied"
    assert world.look(page)["payment_requests"][0]["core_status"] == word


@pytest.mark.parametrize("change", [
    {"totalAmount": "115.00"}, {"totalAmount": 115}, {"totalAmount": " 115.0 "}, {"timestamp": 1795257727000},
    {"timestamp": None}, {"unheardOf": {"of": ["x"]}}, {"currency": None},
], ids=repr)  # fmt: skip
def test_takes_amounts_and_times_as_text_or_number_and_ignores_the_rest(
    world: World, page: Page, link: dict[str, Any], change: dict[str, Any]
) -> None:
    body = world.core.happen(link, "PAYMENT_LINK_CLICKED") | change
    world.callback(body)
    world.drain()
    assert world.row("inbox")["verdict"] == "applied"


def test_reads_the_cores_settings_again_when_told_that_they_changed(world: World, page: Page) -> None:
    world.callback({"anything": "at all"}, kind="settings")
    world.drain()
    assert world.look(page)["channels"] == ["sms"]
    assert world.row("inbox")["verdict"] == "applied"


def test_waits_with_changed_settings_while_the_core_cannot_be_asked(world: World, page: Page, clock: Clock) -> None:
    world.core.down = True
    world.callback({"anything": "at all"}, kind="settings")
    world.drain()
    assert (world.row("inbox")["verdict"], world.drain()) == ("awaiting confirmation", 0)
    world.core.down = False
    clock.pass_by(seconds=2)
    world.drain()
    assert world.look(page)["channels"] == ["sms"]


def test_knows_no_other_kind_of_news(world: World) -> None:
    assert world.callback({}, kind="anything").status_code == 404


def test_finds_the_payment_by_link_reference_alone(world: World, page: Page, link: dict[str, Any]) -> None:
    body = notification(link, "PAYMENT_LINK_CLICKED", at=world.clock())
    del body["additionalData"], body["orderNumber"]
    world.callback(body)
    world.drain()
    assert world.look(page)["payment_requests"][0]["status"] == "opened"
