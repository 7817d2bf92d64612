"""A request arrives within its time or is refused in our own words, and a connection stays open where HTTP lets it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from foundation.serving import channels
from foundation.serving.channels import use_channels
from foundation.serving.late_body import REQUEST_SECONDS
from foundation.serving.stopping import close

_NEVER = 60  # only ends a wait for what never comes
REQUEST = b"GET /%s HTTP/1.1\r\nHost: c2p\r\n%s\r\n"


class Clock:
    """Seconds that pass as a test says."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def app(environ: Any, start: Any) -> list[bytes]:
    """Answer as the path says: with a body or without one."""
    if environ["PATH_INFO"] == "/unchanged":
        start("304 Not Modified", [])
        return []
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@dataclass
class Line:
    """A connection to a server whose loop turns only as its client waits."""

    sockets: dict[int, Any]
    client: socket.socket
    clock: Clock

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            wasyncore.loop(timeout=0.01, map=self.sockets, use_poll=True, count=1)

    def answer(self, *, until: bytes = b"\r\n\r\n") -> bytes:
        """Return what the server sends, up to and with these bytes or its end."""
        found, ends_at = b"", time.monotonic() + _NEVER
        while until not in found:
            assert time.monotonic() < ends_at, "neither the end of an answer nor that of the connection"
            self.turn(1)
            try:
                part = self.client.recv(65536)
            except BlockingIOError:
                continue
            if not part:
                break
            found += part
        return found

    def is_open(self) -> bool:
        """Return whether one more request is answered."""
        try:
            self.client.sendall(REQUEST % (b"", b""))
            return self.answer().startswith(b"HTTP/1.1 200")
        except OSError:
            return False


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    sockets: dict[int, Any] = {}
    server = create_server(app, host="127.0.0.1", port=0, map=sockets, threads=1)
    use_channels(sockets, lambda status: ([("Content-Type", "text/plain"), ("X-Ours", "yes")], b"ours: %d" % status))
    clock = Clock()
    monkeypatch.setattr(channels, "time", clock)
    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=_NEVER) as client:
        client.setblocking(False)
        yield Line(sockets, client, clock)
    wasyncore.close_all(sockets)
    close(server)


def test_a_request_that_does_not_arrive_in_time_is_refused_and_its_connection_closed(line: Line) -> None:
    line.client.sendall(b"GET / HTTP/1.1\r\n")
    line.turn()
    line.clock.seconds += REQUEST_SECONDS
    line.turn()
    with pytest.raises(BlockingIOError):
        line.client.recv(1)
    line.clock.seconds += 0.1
    found = line.answer(until=b"never")
    assert found.splitlines()[0].endswith(b" 408 Request Timeout")
    assert (b"X-Ours: yes" in found, found.endswith(b"\r\n\r\nours: 408")) == (True, True)


@pytest.mark.parametrize("idle", [0.5, REQUEST_SECONDS - 1])
def test_each_request_of_a_connection_has_the_whole_time(line: Line, idle: float) -> None:
    for _ in range(2):
        line.client.sendall(b"GET / HTTP/1.1\r\n")
        line.turn()
        line.clock.seconds += REQUEST_SECONDS - 1
        line.turn()
        line.client.sendall(b"Host: c2p\r\n\r\n")
        assert line.answer(until=b"ok").startswith(b"HTTP/1.1 200")
        line.clock.seconds += idle
        line.turn()


def test_what_is_refused_before_the_app_has_our_own_body(line: Line) -> None:
    # Whoever wants the connection kept is not believed in what follows on it, either.
    line.client.sendall(REQUEST % (b"", b"Connection: keep-alive\r\nContent-Length: x\r\n"))
    found = line.answer(until=b"never")
    assert found.splitlines()[0].endswith(b" 400 Bad Request")
    assert (b"Content-Length: 9\r\n" in found, found.endswith(b"ours: 400")) == (True, True)


@pytest.mark.parametrize(
    ("request_", "stays"),
    [
        (REQUEST % (b"", b""), True),
        (REQUEST % (b"unchanged", b""), True),
        (REQUEST % (b"unchanged", b"Connection: close\r\n"), False),
        (REQUEST % (b"unchanged", b"Connection: CLOSE\r\n"), False),
        (REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0") % (b"unchanged", b""), False),
        (REQUEST % (b"", b"Connection: close\r\n"), False),
    ],
)
def test_a_connection_stays_open_behind_an_answer_where_its_client_wants_it(
    line: Line, request_: bytes, stays: bool
) -> None:
    """An open page asks every few seconds, and is mostly told that nothing has changed."""
    line.client.sendall(request_)
    line.answer(until=b"\r\n\r\n" if b"unchanged" in request_ else b"ok")
    assert line.is_open() is stays
