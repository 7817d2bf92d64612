"""Whoever is let in may still send anything: no id, text or number of his becomes a fault of ours, or words in our log."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any, NoReturn

import pytest

from tests.factories import CALLBACK_KEY, basic
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World, fields_of

# What has no form of a reference, and what databases and encodings stumble over.
NO_REFERENCES = ["%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%98%80", "a" * 41, "c2p_x;id=1", "..", "%20"]


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize("reference", NO_REFERENCES)
def test_that_names_no_reference_finds_nothing(world: World, reference: str) -> None:
    page, key = world.open(world.order()), KeyHolder(world, "read", "flow", "capture")
    for headers in (page.headers, key.headers):
        for method, verb in (("GET", ""), ("POST", "/cancel"), ("POST", "/refresh"), ("POST", "/replace")):
            path = f"/api/payment-requests/{reference}{verb}"
            assert world.client.open(path, method=method, headers=headers).status_code in (404, 405)


@pytest.mark.parametrize("reference", ["\x00", "\ud800", "' OR 1=1 --", "🙂"])
def test_of_a_flow_that_names_no_reference_finds_nothing(world: World, reference: str) -> None:
    key = KeyHolder(world, "flow")
    for verb in ("status", "cancel"):
        assert key.flow(verb, reference=reference).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agent", "key_\x00"),
        ("agent", "key_🙂"),
        ("since", "0001-01-01T00:00:00+14:00"),
        ("since", "9999-12-31T23:59:59-14:00"),
        ("cursor", cursor("2026-01-01", "\x00")),
        ("cursor", cursor("2026-01-01", "\ud800")),
        ("cursor", cursor("2026-01-01", ["x"])),
        ("cursor", cursor("0001-01-01T00:00:00+14:00", "x")),
    ],
)
def test_in_the_query_of_the_list_is_told_by_field(world: World, name: str, value: str) -> None:
    answer = KeyHolder(world, "read").get("/api/payment-requests", **{name: value})
    assert (answer.status_code, fields_of(answer)) == (422, {name})


def test_with_thousands_of_unknown_fields_fills_neither_the_answer_nor_the_log(world: World, lines: list[Any]) -> None:
    body = {"word" + "".join(chr(97 + int(one)) for one in str(number)): 1 for number in range(5_000)}
    answer = KeyHolder(world, "flow").post("/api/payment-requests", {"x" * 30_000: 1, **body})
    assert answer.status_code == 422
    assert len(answer.text) < 4_000
    assert max(len(json.dumps(line, default=str)) for line in lines) < 2_000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"channel": "sms", "phone": "083 123 4567", "amount": "1.00", "amount": "100.00"}', "amount"),
        ('{"channel": "sms", "phone": "083 123 4567", "ph\\u006fne": "083 123 4568"}', "phone"),
        ('{"channel": "sms", "phone": "083 123 4567", "extra": {"a": 1, "a": 1}}', "a"),
        ('{"channel": "sms", "4111 1111 1111 1111": 1, "4111 1111 1111 1111": 2}', "body"),
    ],
)
def test_that_says_one_thing_twice_is_told_by_field_and_nothing_is_sent(world: World, body: str, field: str) -> None:
    page = world.open(world.order())
    answer = world.client.post("/api/payment-requests", data=body, headers=page.headers)
    assert (answer.status_code, fields_of(answer)) == (422, {field})
    assert world.core.sends == []
    assert "4111 1111" not in answer.text


@pytest.mark.parametrize("path", ["/api//orders/x", "//api//payment-requests", "/flow//send", "/static//agent/main.js"])
def test_with_a_second_slash_is_no_redirect_to_the_host_that_a_stranger_sent(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        answer = world.client.open(path, method=method, headers={"Host": "evil.example"})
        assert answer.status_code in (404, 405)
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "path", ["//launch", "///launch", "//health/live", f"//callbacks/{CALLBACK_KEY}/payment-status"]
)
@pytest.mark.parametrize("server", ["granian", "waitress"])
def test_behind_a_second_slash_at_the_beginning_is_nothing(world: World, server: str, path: str) -> None:
    """werkzeug takes it away, and waitress before it: a proxy's rule for the path would be passed by."""
    written = {"PATH_INFO": path} if server == "granian" else {"REQUEST_URI": f"{path}?x=1"}
    for method in ("GET", "POST"):
        answer = world.client.open("/launch", method=method, environ_overrides=written)
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_for_an_order_id_that_salesforce_itself_refuses_finds_nothing(world: World) -> None:
    key, order_id = KeyHolder(world, "flow"), world.order()
    world.org.answers["Order"] = "INVALID_QUERY_FILTER_OPERATOR"
    for answer in (
        key.post("/api/payment-requests", {"channel": "sms", "order_id": order_id}),
        key.flow("send", order_id=order_id),
    ):
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert world.core.sends == []


def test_is_no_excuse_where_salesforce_refuses_the_whole_query(world: World) -> None:
    key, order_id = KeyHolder(world, "flow"), world.order()
    world.org.answers["Order"] = "INVALID_FIELD"
    answer = key.post("/api/payment-requests", {"channel": "sms", "order_id": order_id})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "salesforce_refused")


class _NeverRead(BytesIO):
    """A body that takes for ever."""

    def read(self, *_: object) -> NoReturn:
        raise AssertionError("nobody should wait for this body")


def test_at_a_callback_address_that_is_nobodys_is_refused_before_its_body_is_waited_for(world: World) -> None:
    path = "/callbacks/an-unknown-key/payment-status"
    answer = world.client.post(path, input_stream=_NeverRead(), content_length=500, headers=basic())
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "untrusted")
