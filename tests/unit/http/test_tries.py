"""How often a call is tried, and how long each try waits: only what provably did nothing is sent again."""

from __future__ import annotations

import itertools
import socket
from typing import Any

import pytest
import responses
from urllib3.util import connection

from foundation.http.session import NoAnswer, PeerSession, RequestNotSent
from tests.unit.http.test_peer_session import OK, PLENTY, listening, says, session

__all__ = ["session"]


@pytest.mark.parametrize(
    ("method", "repeat_reads", "seconds", "limits"),
    [
        # A read is tried twice in the time of one call.
        ("GET", True, 20.0, (3.0, 10.0)),
        ("GET", True, 4.0, (1.0, 2.0)),
        ("GET", False, 20.0, (5.0, 20.0)),
        ("POST", True, 20.0, (5.0, 20.0)),
        ("POST", True, 2.0, (2.0, 2.0)),
    ],
)
def test_a_peer_that_cannot_be_connected_to_does_not_take_the_whole_time(
    method: str, repeat_reads: bool, seconds: float, limits: tuple[float, float]
) -> None:
    with (
        PeerSession(peer="core", total_timeout=seconds, repeat_reads=repeat_reads) as session,
        responses.RequestsMock() as mocked,
    ):
        mocked.add(method, "https://core.example/links")
        session.request(method, "https://core.example/links")
        asked: Any = mocked.calls[0].request  # with what requests was given for it
    assert asked.req_kwargs["timeout"] == limits


def _breaks_once(connection: socket.socket, count: int) -> None:
    if count > 1:
        connection.sendall(OK)


def test_only_a_read_is_repeated(session: PeerSession) -> None:
    with listening(_breaks_once) as peer:
        assert session.request("GET", peer.url).text == "ok"
        assert len(peer.asked) == 2
    with listening(says(b"")) as peer, pytest.raises(NoAnswer):
        session.request("GET", peer.url)
    assert len(peer.asked) == 2, "and once alone"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with listening(_breaks_once) as peer:
            with pytest.raises(NoAnswer):
                session.request(method, peer.url, data=b"{}")
            assert len(peer.asked) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("failures", "is_answered"), [(1, True), (2, True), (3, False)])
def test_a_call_that_reached_nobody_is_tried_twice_more(
    session: PeerSession, monkeypatch: pytest.MonkeyPatch, method: str, failures: int, is_answered: bool
) -> None:
    connect, tries = connection.create_connection, itertools.count(1)

    def flaky(*args: Any, **options: Any) -> socket.socket:
        if next(tries) <= failures:
            raise ConnectionRefusedError
        return connect(*args, **options)

    monkeypatch.setattr(connection, "create_connection", flaky)
    with listening(says(OK)) as peer:
        if is_answered:
            assert session.request(method, peer.url, data=b"{}").text == "ok"
        else:
            with pytest.raises(RequestNotSent):
                session.request(method, peer.url, data=b"{}")
        assert len(peer.asked) == int(is_answered)


@pytest.mark.parametrize(
    ("method", "seconds", "longest"), [("POST", 20.0, 5.0), ("POST", 2.0, 2.0), ("GET", 20.0, 3.0), ("GET", 2.0, 0.5)]
)
def test_a_connection_is_waited_for_no_longer_than_its_share_of_the_call(
    monkeypatch: pytest.MonkeyPatch, method: str, seconds: float, longest: float
) -> None:
    connect = connection.create_connection
    given: list[float] = []

    def watched(address: Any, timeout: float, *args: Any, **options: Any) -> socket.socket:
        given.append(timeout)
        return connect(address, timeout, *args, **options)

    monkeypatch.setattr(connection, "create_connection", watched)
    with listening(says(OK)) as peer, PeerSession(peer="core", total_timeout=seconds) as session:
        session.request(method, peer.url, data=b"{}")
    assert len(given) == 1
    assert 0 < given[0] <= longest


def test_where_reads_are_not_to_be_repeated_they_are_not() -> None:
    with listening(_breaks_once) as peer, PeerSession(peer="core", total_timeout=PLENTY, repeat_reads=False) as session:
        with pytest.raises(NoAnswer):
            session.request("GET", peer.url)
        assert len(peer.asked) == 1


def test_an_error_status_is_an_answer_and_not_repeated(session: PeerSession) -> None:
    with listening(says(OK.replace(b"200 OK", b"503 Busy"))) as peer:
        assert session.request("GET", peer.url).status_code == 503
        assert len(peer.asked) == 1
