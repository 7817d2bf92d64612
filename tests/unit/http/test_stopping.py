"""Who has connected before a stop is answered, also where the first byte of the request is yet to come."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from foundation.serving import stopping
from foundation.serving.parent import end_with_parent
from foundation.serving.stopping import answer_what_was_taken, close

REQUEST = b"GET / HTTP/1.1\r\nHost: c2p\r\n\r\n"
_NEVER = 60  # only ends a wait for what never comes
ANSWER = b"ok"
# More than the two sockets hold between them, so that the server must go on sending.
LARGE_ANSWER = b"x" * 8_000_000


@contextmanager
def connected(
    *, clients: int = 1, answer: bytes = ANSWER, before: Callable[[], object] = lambda: None
) -> Iterator[tuple[dict[int, Any], list[socket.socket]]]:
    """A server's sockets, and clients that wait in its queue and have said nothing."""

    def app(_: Any, start: Any) -> list[bytes]:
        before()
        start("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]

    sockets: dict[int, Any] = {}
    server = create_server(app, host="127.0.0.1", port=0, map=sockets, threads=1)
    address = ("127.0.0.1", server.effective_port)
    with ExitStack() as open_ones:
        yield sockets, [open_ones.enter_context(socket.create_connection(address, _NEVER)) for _ in range(clients)]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, _NEVER)
    wasyncore.close_all(sockets)
    close(server)


def at_turn(monkeypatch: pytest.MonkeyPatch, number: int, do: Callable[[], object]) -> None:
    """Do something as the server's loop begins to turn for the so many-th time."""
    turns, loop = [0], wasyncore.loop

    def turn(**given: Any) -> None:
        turns[0] += 1
        if turns[0] == number:
            do()
        loop(**given)

    monkeypatch.setattr(wasyncore, "loop", turn)


def received(client: socket.socket) -> bytes:
    """Return all that a client is sent until its connection is closed."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_a_request_that_is_on_its_way_as_the_server_stops_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", _NEVER)
    with connected() as (sockets, (client,)):
        at_turn(monkeypatch, 3, lambda: client.sendall(REQUEST))
        assert answer_what_was_taken(sockets, within=_NEVER)
        assert received(client).startswith(b"HTTP/1.1 200 OK")


def test_a_request_of_which_a_part_has_arrived_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", 0)
    with connected() as (sockets, (client,)):
        client.sendall(REQUEST[:5])
        at_turn(monkeypatch, 4, lambda: client.sendall(REQUEST[5:]))
        assert answer_what_was_taken(sockets, within=_NEVER)
        assert received(client).endswith(ANSWER)


def test_a_request_that_is_being_answered_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", 0)
    done = Event()
    with connected(before=lambda: done.wait(_NEVER)) as (sockets, (client,)):
        client.sendall(REQUEST)
        at_turn(monkeypatch, 5, done.set)
        assert answer_what_was_taken(sockets, within=_NEVER)
        assert received(client).endswith(ANSWER)


def test_an_answer_is_sent_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", 0)
    with connected(answer=LARGE_ANSWER) as (sockets, (client,)), ThreadPoolExecutor(1) as reader:
        client.sendall(REQUEST)
        reading: list[Future[bytes]] = []
        at_turn(monkeypatch, 10, lambda: reading.append(reader.submit(received, client)))
        assert answer_what_was_taken(sockets, within=_NEVER)
        assert len(reading[0].result(_NEVER)) > len(LARGE_ANSWER)


def test_all_who_wait_in_the_queue_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", 0)
    with connected(clients=3) as (sockets, clients):
        for client in clients:
            client.sendall(REQUEST)
        assert answer_what_was_taken(sockets, within=_NEVER)
        assert [received(client)[-2:] for client in clients] == [ANSWER] * 3


@pytest.mark.parametrize(("seconds", "is_waited_for"), [(_NEVER, True), (0, False)])
def test_who_says_nothing_is_waited_for_a_moment_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, seconds: int, is_waited_for: bool
) -> None:
    monkeypatch.setattr(stopping, "_FIRST_BYTES_SECONDS", seconds)
    with connected() as (sockets, _):
        assert answer_what_was_taken(sockets, within=-1) is not is_waited_for


def test_a_process_that_nobody_of_ours_started_ends_with_nobody() -> None:
    """It keeps its own handlers, too: Ctrl-C goes on to reach it."""
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    end_with_parent()
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before
