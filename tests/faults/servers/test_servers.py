"""What real servers make of slow bodies, malformed requests and odd paths, before or beside the app."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
import requests

from tests.faults.fleet import Alone, Fleet

SOCKETS = 40  # more than all threads of all web processes


def api_key(fleet: Fleet) -> str:
    made = fleet.command("rotate-key", "api", fleet.tenant["tenant"], "--name", "slow", "--scopes", "flow", "--json")
    return str(json.loads(made)["key"])


def proof_of(fleet: Fleet) -> str:
    pair = f"{fleet.tenant['callback_user']}:{fleet.tenant['callback_password']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def open_slowly(fleet: Fleet, path: str, authorization: str, stack: ExitStack) -> socket.socket:
    """Send everything but the body's end."""
    lines = [
        f"POST {path} HTTP/1.1", "Host: c2p", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000",
        *([f"Authorization: {authorization}"] if authorization else ()), "", "{",
    ]  # fmt: skip
    wire = stack.enter_context(socket.create_connection(("127.0.0.1", urlsplit(fleet.urls[0]).port or 0), timeout=120))
    wire.sendall("\r\n".join(lines).encode())
    return wire


def answer_of(wire: socket.socket) -> bytes:
    """Read until the server closes."""
    answer = b""
    while part := wire.recv(65536):
        answer += part
    return answer


def test_idle_senders_at_every_door_keep_nobody_waiting_and_are_ended(served: Fleet) -> None:
    doors = {
        "callback": (urlsplit(served.tenant["payment_status_url"]).path, proof_of(served)),
        "api": ("/flow/status", f"Bearer {api_key(served)}"),
        "launch": ("/launch", ""),
    }
    order_id = served.make_orders(1)[0]
    with ExitStack() as stack:
        slow = {name: [open_slowly(served, *door, stack) for _ in range(SOCKETS)] for name, door in doors.items()}
        for _ in range(4):
            assert requests.get(f"{served.urls[0]}/health/live", timeout=60).status_code == 200
        token = served.launch(order_id)
        assert served.post(json.dumps({"paymentLinkRef": "slow"}).encode()) == 200
        assert served.send(order_id, token).status_code == 201
        answers = {name: [answer_of(wire) for wire in wires] for name, wires in slow.items()}
    statuses = {name: {int(answer.split()[1]) for answer in found} for name, found in answers.items()}
    assert statuses == {name: {408} for name in doors}
    for name in ("callback", "api"):
        error = json.loads(answers[name][0].partition(b"\r\n\r\n")[2])["error"]
        assert (error["code"], error["retryable"]) == ("request_timeout", True)
        assert error["request_id"]


def test_a_stranger_who_keeps_his_body_back_learns_no_more_than_one_who_sends_it(fleet: Fleet) -> None:
    """Under granian the app sees the headers of a late request; waitress ends it before the app sees anything."""
    path = urlsplit(fleet.tenant["payment_status_url"]).path
    with ExitStack() as stack:
        assert answer_of(open_slowly(fleet, path, "Basic bm86Ym9keQ==", stack)).split()[1] == b"401"


@pytest.mark.parametrize(
    ("request_text", "status", "code"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: c2p\r\nno colon\r\n\r\n", 400, "invalid"),
        (b"POST /flow/send HTTP/1.1\r\nHost: c2p\r\nContent-Length: 9999999\r\n\r\n", 413, "too_large"),
        (b"GET /health/live HTTP/1.1\r\nHost: c2p\r\nX: ".ljust(256 * 1024, b"a"), 431, "too_large"),
        (b"POST /flow/send HTTP/1.1\r\nHost: c2p\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "invalid"),
    ],
    ids=["malformed", "a body too large", "headers too large", "an unknown transfer coding"],
)
def test_what_waitress_refuses_by_itself_has_the_one_error_body(
    alone: Alone, request_text: bytes, status: int, code: str
) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(alone.urls[0]).port or 0), timeout=120) as wire:
        wire.sendall(request_text)
        head, _, body = answer_of(wire).partition(b"\r\n\r\n")
    error = json.loads(body)["error"]
    assert int(head.split()[1]) == status
    assert set(error) == {"code", "message", "retryable", "request_id"}
    assert error["code"] == code
    assert f"X-Request-Id: {error['request_id']}".encode() in head


def test_a_poll_without_news_needs_no_new_connection(served: Fleet) -> None:
    address = urlsplit(served.urls[0])
    with closing(http.client.HTTPConnection("127.0.0.1", address.port, timeout=120)) as connection:
        connection.request("GET", "/openapi.json")
        first = connection.getresponse()
        first.read()
        wire = connection.sock
        for headers, stays in (({}, True), ({}, True), ({"Connection": "close"}, False)):
            connection.request("GET", "/openapi.json", headers={"If-None-Match": first.headers["ETag"], **headers})
            answer = connection.getresponse()
            assert (answer.status, answer.read(), answer.will_close) == (304, b"", not stays)
            assert connection.sock is (wire if stays else None)


def test_a_second_slash_is_no_way_around_a_proxys_rule_for_a_path(served: Fleet) -> None:
    for path, status in (("/launch", 200), ("//launch", 404), ("///health/live", 404)):
        with socket.create_connection(("127.0.0.1", urlsplit(served.urls[0]).port or 0), timeout=120) as wire:
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: c2p\r\nConnection: close\r\n\r\n".encode())
            assert int(answer_of(wire).split()[1]) == status, path
