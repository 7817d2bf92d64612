"""Why an address does not answer, in words: real sockets, and one broken thing behind each."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError

from connector.journeys.examining.reach_address import Reachability, reach_address
from foundation.clock import utc_now
from foundation.http.egress import STRAIGHT
from foundation.http.session import PeerSession


def reach(url: str, *, within: float = 60) -> Reachability:
    session = PeerSession(peer="outside", total_timeout=within, repeat_reads=False)
    return reach_address(url=url, session=session, now=utc_now, operation="check_host")


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Listen on a free port and do one thing with each caller."""
    doors: list[socket.socket] = []

    def start(answer: Callable[[socket.socket], None]) -> int:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)

        def serve() -> None:
            while True:
                try:
                    caller, _ = door.accept()
                except OSError:
                    return
                with caller:
                    answer(caller)

        threading.Thread(target=serve, daemon=True).start()
        return int(door.getsockname()[1])

    yield start
    for door in doors:
        door.close()


def test_a_closed_door_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert "connection refused" in reach(f"http://127.0.0.1:{port}/").why


def test_a_door_that_never_answers_is_told(listen: Callable[[Callable[[socket.socket], None]], int]) -> None:
    end = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        end.wait(60)

    port = listen(say_nothing)
    assert "did not answer in time" in reach(f"http://127.0.0.1:{port}/", within=1).why
    end.set()


def test_a_door_without_tls_is_told(listen: Callable[[Callable[[socket.socket], None]], int]) -> None:
    def answer(caller: socket.socket) -> None:
        caller.recv(4096)
        caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    port = listen(answer)
    assert "TLS handshake failed" in reach(f"https://127.0.0.1:{port}/").why


def test_a_certificate_that_nobody_vouches_for_is_told_and_its_end_is_not_believed(
    listen: Callable[[Callable[[socket.socket], None]], int], tmp_path: Path
) -> None:
    context = self_signed(tmp_path)

    def shake(caller: socket.socket) -> None:
        try:
            context.wrap_socket(caller, server_side=True).close()
        except OSError:
            return

    port = listen(shake)
    assert "self-signed" in reach(f"https://localhost:{port}/").why
    with pytest.raises(ssl.SSLCertVerificationError):
        STRAIGHT.certificate_ends("localhost", port)


def test_a_certificate_that_cannot_be_looked_at_has_no_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert STRAIGHT.certificate_ends("localhost", port) is None
    assert STRAIGHT.certificate_ends("a" * 64, port) is None


def self_signed(folder: Path) -> ssl.SSLContext:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = utc_now()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=9))
    certificate = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = folder / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_name_that_nobody_knows_is_told() -> None:
    unknown = NameResolutionError(
        "c2p.acme.example", HTTPSConnection("c2p.acme.example"), socket.gaierror(-2, "unknown")
    )
    unknown.__cause__ = socket.gaierror(-2, "Name or service not known")
    with responses.RequestsMock() as wire:
        tried = MaxRetryError(None, "/", unknown)  # type: ignore[arg-type]
        tried.__cause__ = unknown
        error = requests.ConnectionError(tried)
        wire.get("https://c2p.acme.example/", body=error)
        assert "not known in DNS" in reach("https://c2p.acme.example/").why


@pytest.mark.parametrize(
    ("date", "is_told"),
    [(b"Sat, 21 Nov 2020 10:00:00 GMT", True), (b"Sat, 21 Nov 2020 10:00:00 -0000", True), (b"yesterday", False)],
)
def test_an_answer_tells_how_far_the_clocks_are_apart_by_a_date_that_can_be_read(
    listen: Callable[[Callable[[socket.socket], None]], int], date: bytes, *, is_told: bool
) -> None:
    early = b"HTTP/1.1 204 No Content\r\nDate: " + date + b"\r\nConnection: close\r\n\r\n"

    def answer(caller: socket.socket) -> None:
        caller.recv(4096)
        caller.sendall(early)

    reached = reach(f"http://127.0.0.1:{listen(answer)}/")
    assert reached.status == 204
    assert (reached.ahead_seconds is not None) is is_told
    assert reached.ahead_seconds is None or reached.ahead_seconds > 365 * 24 * 3600
