"""A company's proxy on this machine: CONNECT with a password, TLS opened by an authority of its own, and all its bad days.

Whatever host is asked for is answered by ``peer``, behind a certificate that the authority makes for that name: names that
exist nowhere are reached, which proves that a call went through here.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.clock import utc_now

Peer = Callable[[Any, str, bytes, bytes], object]  # connection, host, head and body of a request
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LET_THROUGH = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Authority:
    """Makes certificates for any name, as a proxy that opens TLS does.

    It keeps RFC 5280 no better than many companies' authorities: nothing is critical, there are no key ids. ``issued_by``
    makes it one of two steps, whose file holds its own certificate without the root's.
    """

    def __init__(self, folder: Path, *, days: int = 90, issued_by: Authority | None = None) -> None:
        self._folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Company's own issuer" if issued_by else "Company's own authority")
        issuer = issued_by or self
        made = _certificate(self.name, issuer.name, self.key, days).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=False
        )
        self.file = folder / f"authority-{'issued' if issued_by else 'root'}.pem"
        self.file.write_bytes(made.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext:
        """What a server with this name shows."""
        if host not in self._contexts:
            key = ec.generate_private_key(ec.SECP256R1())
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            made = _certificate(_name(host[:64]), self.name, key, 30).add_extension(names, critical=False)
            pem = made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file = self._folder / f"{len(self._contexts)}.pem"
            file.write_bytes(private + pem)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            self._contexts[host] = context
        return self._contexts[host]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder(issuer_name=issuer).subject_name(subject).public_key(key.public_key())
    since, until = (utc_now() + datetime.timedelta(days=days) for days in (-10, days))
    return made.serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)


class CompanyProxy:
    """One proxy. ``connect`` takes each CONNECT in place of letting it through; ``peer`` answers each request behind it."""

    def __init__(self, authority: Authority, *, scheme: str = "http") -> None:
        self.authority = authority
        self.connects: list[str] = []  # the head of each CONNECT
        self.requests: list[str] = []  # the head of each request that came out of a tunnel
        self.connect: Callable[[socket.socket], object] | None = None
        self.in_tunnel: Callable[[socket.socket], object] | None = None  # instead of TLS
        self.peer: Peer = lambda connection, host, head, body: connection.sendall(OK)
        self.stopping = threading.Event()
        self._scheme = scheme
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def url(self, user: str = "") -> str:
        """Its address, as the setting has it."""
        return f"{self._scheme}://{user}{'@' if user else ''}localhost:{self.port}"

    def close(self) -> None:
        """Stop, whatever it is in the middle of."""
        self.stopping.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                served = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(served)
                served.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            connection.settimeout(60)
            if self._scheme == "https":
                connection = self.authority.context("localhost").wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection:
                head, _ = _read_request(connection)
                self.connects.append(head.decode("latin-1"))
                if self.connect is not None:
                    self.connect(connection)
                    return
                connection.sendall(LET_THROUGH)
                self._tunnel(connection, head.split()[1].decode().rpartition(":")[0])

    def _tunnel(self, connection: socket.socket, host: str) -> None:
        if self.in_tunnel is not None:
            self.in_tunnel(connection)
            return
        context = self.authority.context(host)
        if self._scheme == "https":
            self._answer(_TlsInTls(connection, context), host)
            return
        with context.wrap_socket(connection, server_side=True) as opened:
            self._open.append(opened)
            self._answer(opened, host)

    def _answer(self, connection: Any, host: str) -> None:
        while True:
            head, body = _read_request(connection)
            self.requests.append(head.decode("latin-1"))
            self.peer(connection, host, head, body)
            if b"connection: close" in head.lower():
                return


class _TlsInTls:
    """What a tunnel's TLS is for a server that already speaks TLS: Python wraps no socket twice."""

    def __init__(self, outer: socket.socket, context: ssl.SSLContext) -> None:
        self._outer, self._in, self._out = outer, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._until_done(self._tls.do_handshake)

    def recv(self, most: int) -> bytes:
        found: bytes = self._until_done(lambda: self._tls.read(most))
        return found

    def sendall(self, data: bytes) -> None:
        self._until_done(lambda: self._tls.write(data))

    def close(self) -> None:
        self._outer.close()

    def _until_done(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._outer.sendall(self._out.read())
                self._in.write(_some(self._outer))
                continue
            self._outer.sendall(self._out.read())
            return done


def _read_request(connection: Any) -> tuple[bytes, bytes]:
    """Read one request. Raises OSError when the caller leaves."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += _some(connection)
    return head, body


def _some(connection: Any) -> bytes:
    found: bytes = connection.recv(65536)
    if not found:
        raise ConnectionResetError
    return found


@contextmanager
def company_proxy(folder: Path, *, scheme: str = "http", two_steps: bool = False) -> Iterator[CompanyProxy]:
    """Run a proxy with an authority of its own, or one whose root stays in a safe."""
    root = Authority(folder)
    proxy = CompanyProxy(Authority(folder, issued_by=root) if two_steps else root, scheme=scheme)
    try:
        yield proxy
    finally:
        proxy.close()
