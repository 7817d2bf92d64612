"""The way out: through a proxy that asks for a password and opens TLS, and what each of its bad days proves."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH as PUBLIC_AUTHORITIES

from foundation.clock import utc_now
from foundation.http.egress import Egress
from foundation.http.session import NoAnswer, PeerSession, ProxyFault, RequestNotSent, call
from foundation.secret import Secret
from tests.captured_logs import capture_logs
from tests.peers.company_proxy import CompanyProxy, company_proxy

PEER = "https://core.acme.example"  # a name that exists nowhere
LIMIT, PLENTY = 2.0, 60.0
WRITE = {"headers": {"Authorization": "our-key", "Connection": "close"}, "data": b'{"amount": 1}'}


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[CompanyProxy]:
    with company_proxy(tmp_path) as made:
        yield made


def session(proxy: CompanyProxy, *, user: str = "", within: float = PLENTY, **options: Any) -> PeerSession:
    egress = Egress(Secret(proxy.url(user)), options.pop("ca_file", proxy.authority.file))
    return PeerSession(peer="core", total_timeout=within, egress=egress, **options)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_call_goes_through_the_proxy_that_alone_is_told_its_password(tmp_path: Path, scheme: str) -> None:
    with company_proxy(tmp_path, scheme=scheme) as proxy, session(proxy, user="naledi:s3same") as out:
        assert out.request("POST", f"{PEER}/links", **WRITE).text == "ok"
        (connect,), (request,) = proxy.connects, proxy.requests
    assert connect.startswith("CONNECT core.acme.example:443 HTTP/1.")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'naledi:s3same').decode()}" in connect
    assert "our-key" not in connect
    assert request.startswith("POST /links HTTP/1.1")
    assert "Authorization: our-key" in request
    assert "Proxy-Authorization" not in request


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ("", None),
        ("naledi", "naledi:"),
        ("naledi:", "naledi:"),
        ("n%40acme:a%3Ab%2Fc%23d%25", "n@acme:a:b/c#d%"),
        ("zo%C3%AB:%E2%82%AC", "zoë:€"),
    ],
)
def test_user_and_password_are_told_as_they_are_meant(proxy: CompanyProxy, user: str, told: str | None) -> None:
    with session(proxy, user=user) as out:
        out.request("GET", PEER)
    (found,) = proxy.connects
    shown = f"Basic {base64.b64encode((told or '').encode()).decode()}"
    assert ("Proxy-Authorization" in found) == (told is not None)
    assert told is None or shown in found


def test_a_kept_connection_is_a_tunnel_that_is_used_again(proxy: CompanyProxy) -> None:
    with session(proxy) as out:
        for _ in range(3):
            assert out.request("GET", PEER).text == "ok"
    assert (len(proxy.connects), len(proxy.requests)) == (1, 3)


def test_a_post_through_the_proxy_does_not_wait_for_an_acknowledgement(proxy: CompanyProxy) -> None:
    with session(proxy) as out:
        out.request("POST", PEER, data=b"{}")
        adapter: Any = out.get_adapter(PEER)
        manager = adapter.proxy_manager[proxy.url()]
        pool = manager.connection_from_url(
            PEER, pool_kwargs={"ssl_context": _context(out), "cert_reqs": "CERT_REQUIRED"}
        )
        kept = pool.pool.get()
        assert kept.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        kept.close()


def _context(out: PeerSession) -> ssl.SSLContext:
    egress: Egress = out.get_adapter(PEER).egress  # type: ignore[attr-defined]
    return egress.tls


# --- whom we believe ------------------------------------------------------------------------------------------------------


def test_without_the_authority_of_the_proxy_nothing_is_sent(proxy: CompanyProxy) -> None:
    with session(proxy, ca_file=None) as out, pytest.raises(RequestNotSent):
        out.request("POST", PEER, **WRITE)
    assert proxy.connects != []
    assert proxy.requests == []


def test_the_file_may_hold_the_proxys_issuer_without_its_root(tmp_path: Path) -> None:
    with company_proxy(tmp_path, two_steps=True) as proxy, session(proxy) as out:
        assert out.request("POST", PEER, **WRITE).text == "ok"


def test_the_file_counts_beside_the_public_authorities(proxy: CompanyProxy) -> None:
    public = ssl.create_default_context(cafile=PUBLIC_AUTHORITIES)
    both = Egress(ca_file=proxy.authority.file).tls
    assert len(both.get_ca_certs()) == len(public.get_ca_certs()) + 1
    for context in (both, Egress().tls):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(Egress().tls.get_ca_certs()) == len(public.get_ca_certs())


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_that_holds_no_authority_is_found_at_the_start_and_not_at_a_call(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(OSError, match=r"\w"):  # an error of TLS is one, too
        Egress.opened(None, file)
    assert Egress.opened(None, None) == Egress()


def test_a_certificate_for_another_name_is_not_believed_however_good_its_authority(proxy: CompanyProxy) -> None:
    def show_another(connection: socket.socket) -> None:
        proxy.authority.context("other.example").wrap_socket(connection, server_side=True)

    proxy.in_tunnel = show_another
    with session(proxy) as out, pytest.raises(RequestNotSent):
        out.request("POST", PEER, **WRITE)


def test_nothing_of_the_environment_counts(
    proxy: CompanyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nowhere.pem")
    with session(proxy) as out:
        assert out.request("POST", PEER, **WRITE).text == "ok"
    assert not (tmp_path / "keys").exists()


def test_this_machine_is_reached_straight(proxy: CompanyProxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with session(proxy) as out:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(RequestNotSent) as error:
                out.request("POST", f"http://{host}:{port}", data=b"{}")
            assert not isinstance(error.value, ProxyFault)
    assert proxy.connects == []


# --- bad days ---------------------------------------------------------------------------------------------------------------


def says(text: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: connection.sendall(text)


def drips(proxy: CompanyProxy, begin: bytes, drop: bytes) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(begin)
        while not proxy.stopping.wait(0.05):
            connection.sendall(drop)

    return answer


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "proxy_refused_407"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope", "proxy_refused_403"),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "proxy_refused_502"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://login.example/\r\n\r\n", "proxy_refused_301"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "proxy_silent"),
        (b"", "proxy_silent"),
    ],
)
def test_a_proxy_that_does_not_let_us_through_proves_that_nothing_left(
    proxy: CompanyProxy, method: str, answer: bytes, reason: str
) -> None:
    proxy.connect = says(answer)
    with session(proxy) as out, capture_logs() as lines, pytest.raises(ProxyFault) as error:
        out.request(method, PEER, **WRITE)
    assert error.value.reason == reason
    assert proxy.requests == []
    assert [line["reason"] for line in lines if line["event"] == "peer_called"] == [reason]
    assert len(proxy.connects) == 1 or (method, reason) == ("GET", "proxy_silent")


def test_a_proxy_that_is_away_proves_that_nothing_left(proxy: CompanyProxy) -> None:
    proxy.close()
    for method in ("POST", "GET"):
        with session(proxy) as out, pytest.raises(ProxyFault) as error:
            out.request(method, PEER, **WRITE)
        assert error.value.reason == "proxy_away"


def test_a_proxy_in_tls_that_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    with company_proxy(tmp_path, scheme="https") as proxy, session(proxy, user="naledi:s3same", ca_file=None) as out:
        with pytest.raises(ProxyFault) as error:
            out.request("POST", PEER, **WRITE)
        assert error.value.reason == "proxy_away"
        assert proxy.connects == []


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("begin", "drop"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), (b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n")],
    ids=["says nothing", "in a header", "header after header"],
)
def test_a_proxy_that_hangs_holds_nobody_longer_than_a_call_may_take(
    proxy: CompanyProxy, method: str, begin: bytes, drop: bytes
) -> None:
    proxy.connect = drips(proxy, begin, drop)
    with session(proxy, within=LIMIT) as out:
        begun = time.monotonic()
        with pytest.raises(ProxyFault) as error:
            out.request(method, PEER, **WRITE)
        assert time.monotonic() - begun < PLENTY / 3
    assert error.value.reason == "proxy_silent"
    assert proxy.requests == []


def test_a_peer_that_shakes_no_hand_behind_the_proxy_proves_that_nothing_left(proxy: CompanyProxy) -> None:
    proxy.in_tunnel = lambda _: proxy.stopping.wait(PLENTY)
    with session(proxy, within=LIMIT) as out:
        begun = time.monotonic()
        with pytest.raises(RequestNotSent):
            out.request("POST", PEER, **WRITE)
        assert time.monotonic() - begun < PLENTY / 3


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_an_answer_that_is_lost_behind_the_proxy_is_no_answer(proxy: CompanyProxy, answer: bytes) -> None:
    def cut(connection: socket.socket, *_: Any) -> None:
        connection.sendall(answer)
        connection.close()

    proxy.peer = cut
    with session(proxy) as out, pytest.raises(NoAnswer):
        out.request("POST", PEER, **WRITE)
    assert len(proxy.requests) == 1


def test_a_dripping_answer_behind_the_proxy_ends_with_the_total_time(proxy: CompanyProxy) -> None:
    proxy.peer = lambda connection, *_: drips(proxy, b"HTTP/1.1 200 OK\r\n\r\n", b"x")(connection)
    with session(proxy, within=LIMIT) as out:
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            out.request("POST", PEER, **WRITE)
        assert time.monotonic() - begun < PLENTY / 3


def test_a_read_whose_first_answer_was_lost_is_no_proof_when_the_proxy_goes_away_meanwhile(proxy: CompanyProxy) -> None:
    def lose(connection: socket.socket, *_: Any) -> None:
        proxy.connect = says(b"HTTP/1.1 503 Busy\r\n\r\n")
        connection.close()

    proxy.peer = lose
    with session(proxy) as out, pytest.raises(NoAnswer):
        out.request("GET", PEER)
    assert (len(proxy.connects), len(proxy.requests)) == (2, 1)  # a proxy that refused is not asked again


def test_neither_a_line_nor_an_error_shows_the_proxys_password(proxy: CompanyProxy) -> None:
    proxy.connect = says(b"HTTP/1.1 407 hunter2 is wrong\r\n\r\n")
    with session(proxy, user="naledi:hunter2") as out, capture_logs() as lines, pytest.raises(ProxyFault) as error:
        call(out, "POST", PEER, operation="send", headers={}, body=b"{}")
    egress = out.get_adapter(PEER).egress  # type: ignore[attr-defined]
    assert "hunter2" not in f"{lines} {error.value} {error.value!r} {egress!r}"
    assert lines[0]["operation"] == "send"


# --- the certificate of a host ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_hosts_certificate_is_looked_at_through_the_proxy(
    tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company_proxy(tmp_path, scheme=scheme) as proxy:
        egress = Egress(Secret(proxy.url("naledi:s3same")), proxy.authority.file)
        with pytest.raises(ssl.SSLCertVerificationError):  # what a proxy shows is not the host's own
            egress.certificate_ends("pay.acme.example", 8443)
        monkeypatch.setattr("foundation.http.egress.PUBLIC_AUTHORITIES", str(proxy.authority.file))
        ends = egress.certificate_ends("pay.acme.example", 8443)
        assert ends is not None
        assert timedelta(days=29) < ends - utc_now() < timedelta(days=31)
        assert [one.split()[1] for one in proxy.connects] == ["pay.acme.example:8443"] * 2
        assert "Proxy-Authorization" in proxy.connects[0]
        proxy.connect = says(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        assert egress.certificate_ends("pay.acme.example", 8443) is None
