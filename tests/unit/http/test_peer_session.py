"""The one way out, against a small server on this machine: time limits, redirects, proof of what left."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from foundation.http.session import NoAnswer, PeerSession, RedirectRefused, RequestNotSent, at_most, call
from tests.captured_logs import capture_logs

LIMIT = 0.6
PLENTY = 30.0  # for whoever is answered: a machine that is busy is no fault
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Peer:
    """Answers each connection as a test says, and keeps what it was asked."""

    def __init__(self, answer: Callable[[socket.socket, int], object]) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                served = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(served)
                served.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096) or b"\r\n\r\n"
            self.asked.append(head.decode())
            self.answer(connection, len(self.asked))

    def close(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)


@contextmanager
def listening(answer: Callable[[socket.socket, int], object]) -> Iterator[Peer]:
    peer = Peer(answer)
    try:
        yield peer
    finally:
        peer.close()


@pytest.fixture
def session() -> Iterator[PeerSession]:
    with PeerSession(peer="core", total_timeout=PLENTY) as made:
        yield made


@pytest.fixture
def hasty() -> Iterator[PeerSession]:
    with PeerSession(peer="core", total_timeout=LIMIT) as made:
        yield made


def says(text: bytes) -> Callable[[socket.socket, int], object]:
    return lambda connection, _: connection.sendall(text)


def drips(begin: bytes, drop: bytes) -> Callable[[socket.socket, int], object]:
    """A peer that always has one more thing to say: no single read ever waits for long."""

    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(begin)
        for _ in range(3000):
            time.sleep(0.02)
            connection.sendall(drop)

    return answer


def silent(connection: socket.socket, _: int) -> None:
    connection.settimeout(PLENTY)
    while connection.recv(4096):
        pass


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-One: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["known length", "until closed", "chunked", "in a header", "before the answer"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_dripping_answer_ends_with_the_total_time(hasty: PeerSession, begin: bytes, drop: bytes, method: str) -> None:
    with listening(drips(begin, drop)) as peer:
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            hasty.request(method, peer.url, data=b"{}")
        assert time.monotonic() - begun < PLENTY / 2


def test_an_answer_that_falls_silent_has_no_more_than_what_its_beginning_left() -> None:
    def late(connection: socket.socket, count: int) -> None:
        time.sleep(2.5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        silent(connection, count)

    with listening(late) as peer, PeerSession(peer="core", total_timeout=3.0) as session:
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            session.request("POST", peer.url, data=b"{}")
        assert time.monotonic() - begun < 5  # a new limit for each read would make it 5.5


def test_a_kept_connection_has_the_whole_time_again_for_its_next_call() -> None:
    def slow(connection: socket.socket, _: int) -> None:
        for _ in range(3):
            time.sleep(0.7)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.recv(4096)

    with listening(slow) as peer, PeerSession(peer="core", total_timeout=1.7) as session:
        for _ in range(3):
            assert session.request("POST", peer.url, data=b"{}").text == "ok"
        assert len(peer.asked) == 1  # all on one connection


def test_a_call_can_be_given_less_time_than_its_session_has(session: PeerSession) -> None:
    with listening(drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x")) as peer:
        begun = time.monotonic()
        with pytest.raises(NoAnswer), at_most(LIMIT):
            session.request("GET", peer.url)
        assert time.monotonic() - begun < PLENTY / 2
    with listening(says(OK)) as peer:
        assert session.request("GET", peer.url).text == "ok"


def test_an_answer_that_does_not_come_is_no_answer(hasty: PeerSession) -> None:
    with listening(silent) as peer:
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            hasty.request("POST", peer.url, data=b"{}")
        assert LIMIT * 0.8 < time.monotonic() - begun < PLENTY / 2
        assert len(peer.asked) == 1


def test_an_answer_cut_off_in_the_middle_is_no_answer(session: PeerSession) -> None:
    with listening(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")) as peer, pytest.raises(NoAnswer):
        session.request("POST", peer.url, data=b"{}")


def test_a_connection_closed_without_a_word_is_no_answer(session: PeerSession) -> None:
    with listening(says(b"")) as peer, pytest.raises(NoAnswer):
        session.request("POST", peer.url, data=b"{}")


def test_a_refused_connection_proves_that_nothing_left(session: PeerSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for method in ("POST", "GET"):
        with pytest.raises(RequestNotSent):
            session.request(method, f"http://127.0.0.1:{port}", data=b"{}")


def test_a_redirect_is_not_followed(session: PeerSession) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with listening(says(moved)) as peer:
        for count, method in enumerate(("GET", "POST"), start=1):
            with pytest.raises(RedirectRefused):
                session.request(method, peer.url, allow_redirects=True)
            assert len(peer.asked) == count


def test_a_netrc_does_not_replace_our_authorization(
    session: PeerSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login mallory password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with listening(says(OK)) as peer:
        session.request("GET", peer.url, headers={"Authorization": "our-key"})
        session.request("GET", peer.url)
    assert "Authorization: our-key" in peer.asked[0]
    assert "Authorization" not in peer.asked[1]


def test_a_proxy_from_the_environment_is_not_used(session: PeerSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with listening(says(OK)) as peer:
        assert session.request("GET", peer.url).text == "ok"


def test_a_cookie_of_a_peer_is_not_carried_to_another_call(session: PeerSession) -> None:
    with listening(says(OK.replace(b"Connection", b"Set-Cookie: sid=1; Path=/\r\nConnection"))) as peer:
        session.request("GET", peer.url)
        session.request("GET", peer.url)
    assert "Cookie" not in peer.asked[1]


def test_an_answer_that_is_too_large_is_no_answer(session: PeerSession) -> None:
    flood = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (9 * 1024 * 1024)
    with listening(says(flood)) as peer, pytest.raises(NoAnswer):
        session.request("POST", peer.url, data=b"{}")


def test_a_peer_that_sends_without_end_is_hung_up_on(session: PeerSession) -> None:
    left = threading.Event()

    def flood(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            left.set()

    with listening(flood) as peer:
        with pytest.raises(NoAnswer) as error:
            session.request("POST", peer.url, data=b"{}")
        assert left.wait(PLENTY), error


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
    ids=["a length", "chunks", "no length", "no body"],
)
def test_a_connection_is_used_again_after_an_answer_of_any_kind(session: PeerSession, answer: bytes) -> None:
    def kept(connection: socket.socket, _: int) -> None:
        connection.sendall(answer)
        for _ in range(2):
            connection.recv(4096)
            connection.sendall(answer)

    with listening(kept) as peer:
        for _ in range(3):
            session.request("GET", peer.url)
        assert len(peer.asked) == 1


def test_one_line_is_logged_per_call_and_never_the_address(session: PeerSession) -> None:
    with listening(says(OK)) as peer, capture_logs() as lines:
        call(
            session,
            "GET",
            f"{peer.url}/links/secret-1",
            operation="get_transaction",
            headers={},
            query={"key": "secret-2"},
        )
    assert [(line["event"], line["peer"], line["operation"], line["upstream_status"]) for line in lines] == [
        ("peer_called", "core", "get_transaction", 200)
    ]
    assert "secret" not in str(lines)
    with capture_logs() as lines, pytest.raises(requests.ConnectionError):
        call(session, "POST", "http://127.0.0.1:9/secret", operation="send", headers={})
    assert [line["upstream_status"] for line in lines] == [None]
    assert "secret" not in str(lines)


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "2xx"), (299, "2xx"), (404, "4xx"), (500, "5xx"), (None, "no_answer")]
)
def test_each_call_is_counted_once_by_its_operation_and_what_became_of_it(status: int | None, outcome: str) -> None:
    seen: list[tuple[str, str, str]] = []

    def observe(peer: str, operation: str, outcome: str, seconds: float) -> None:
        assert 0 <= seconds < PLENTY
        seen.append((peer, operation, outcome))

    answer = b"" if status is None else OK.replace(b"200 OK", b"%d Odd" % status)
    with (
        listening(says(answer)) as peer,
        PeerSession(peer="core", total_timeout=PLENTY, observe=observe) as session,
        suppress(NoAnswer),
    ):
        call(session, "POST", peer.url, operation="send", headers={}, body=b"{}")
        session.request("POST", peer.url, data=b"{}")
    assert seen[0] == ("core", "send", outcome)
    assert {one[1] for one in seen[1:]} <= {"other"}, "the name is of that call alone"


@pytest.mark.parametrize(("peer", "level"), [("core", "info"), ("outside", "debug")])
def test_a_look_outside_each_minute_does_not_fill_the_log(peer: str, level: str) -> None:
    with listening(says(OK)) as there, PeerSession(peer=peer, total_timeout=PLENTY) as session, capture_logs() as lines:
        call(session, "GET", there.url, operation="look", headers={})
    assert [line["log_level"] for line in lines] == [level]


def test_never_opens_more_connections_than_it_may_and_the_call_that_waits_is_served_next() -> None:
    open_now, most, lock = [0], [0], threading.Lock()

    def slow(connection: socket.socket, _: int) -> None:
        with lock:
            open_now[0] += 1
            most[0] = max(most[0], open_now[0])
        time.sleep(0.05)
        with lock:
            open_now[0] -= 1
        connection.sendall(OK)

    with (
        listening(slow) as peer,
        PeerSession(peer="salesforce", total_timeout=PLENTY, connections=2, no_more=True) as session,
        ThreadPoolExecutor(6) as pool,
    ):
        answers = list(pool.map(lambda _: session.request("POST", peer.url).text, range(6)))
    assert answers == ["ok"] * 6
    assert most[0] == 2


def test_a_call_that_finds_no_free_connection_in_time_has_left_nothing_behind() -> None:
    end = threading.Event()
    with (
        listening(lambda *_: end.wait(PLENTY)) as peer,
        PeerSession(peer="salesforce", total_timeout=4.5, connections=1, no_more=True) as session,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(session.request, "POST", peer.url)
        while not peer.asked:
            time.sleep(0.01)
        with pytest.raises(RequestNotSent, match="no free connection"):
            session.request("POST", peer.url)
        end.set()
        assert isinstance(first.exception(), NoAnswer)
        assert len(peer.asked) == 1


def test_one_host_that_takes_all_its_connections_leaves_the_others_theirs() -> None:
    end = threading.Event()
    with (
        listening(lambda *_: end.wait(PLENTY)) as hanging,
        listening(lambda connection, _: connection.sendall(OK)) as peer,
        PeerSession(peer="salesforce", total_timeout=PLENTY, connections=1, no_more=True) as session,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(session.request, "POST", hanging.url)
        while not hanging.asked:
            time.sleep(0.01)
        assert session.request("POST", peer.url).text == "ok"
        end.set()
        assert isinstance(first.exception(), NoAnswer)
