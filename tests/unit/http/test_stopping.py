"""Who has connected before a stop is answered, also where the first byte of the request is yet to come."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from foundation.serving import stopping
from foundation.serving.stopping import answer_what_was_taken, close

REQUEST = b"GET / HTTP/1.1\r\nHost: c2p\r\n\r\n"


def app(_: Any, start: Any) -> list[bytes]:
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@contextmanager
def connected() -> Iterator[tuple[dict[int, Any], socket.socket]]:
    """A server's sockets, and a client that waits in its queue and has said nothing."""
    sockets: dict[int, Any] = {}
    server = create_server(app, host="127.0.0.1", port=0, map=sockets, threads=1)
    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=60) as client:
        yield sockets, client
    wasyncore.close_all(sockets)
    close(server)


def test_a_request_that_is_on_its_way_as_the_server_stops_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, loop = [0], wasyncore.loop
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", 60)
    with connected() as (sockets, client):

        def turn(**given: Any) -> None:
            turns[0] += 1
            if turns[0] == 3:
                client.sendall(REQUEST)
            loop(**given)

        monkeypatch.setattr(wasyncore, "loop", turn)
        assert answer_what_was_taken(sockets, within=60)
        assert client.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(("seconds", "is_waited_for"), [(60, True), (0, False)])
def test_who_says_nothing_is_waited_for_a_moment_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, seconds: int, is_waited_for: bool
) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", seconds)
    with connected() as (sockets, _):
        assert answer_what_was_taken(sockets, within=-1) is not is_waited_for
