"""What real servers make of compressed and doubly chunked callbacks: each takes framings off by its own rules."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.faults.fleet import Fleet

BODY = json.dumps({"paymentLinkRef": "nobodys", "paymentStatus": "PAYMENT_RECEIVED"}).encode()
CHUNKED = b"Transfer-Encoding: chunked"


def chunks(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


def status_of(served: Fleet, headers: list[bytes], body: bytes, *, version: bytes = b"1.1") -> int:
    """Post raw bytes as the core would, with the right proof; return the answer's status."""
    path = urlsplit(served.tenant["payment_status_url"]).path.encode()
    proof = base64.b64encode(f"{served.tenant['callback_user']}:{served.tenant['callback_password']}".encode())
    lines = [
        b"POST %s HTTP/%s" % (path, version), b"Host: c2p", b"Connection: close", b"Authorization: Basic " + proof, *headers
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", urlsplit(served.urls[0]).port or 0), timeout=60) as wire:
        wire.sendall(b"\r\n".join([*lines, b"", body]))
        answer = b""
        while b"\r\n" not in answer:
            answer += wire.recv(4096)
    return int(answer.split()[1])


REFUSED = {
    "gzip": ([b"Content-Encoding: gzip", length(gzip.compress(BODY))], gzip.compress(BODY)),
    "gzip in chunks": ([b"Content-Encoding: gzip", CHUNKED], chunks(gzip.compress(BODY))),
    "gzip that nobody declares": ([length(gzip.compress(BODY))], gzip.compress(BODY)),
    "a transfer coding of gzip": ([b"Transfer-Encoding: gzip, chunked"], chunks(gzip.compress(BODY))),
    "chunked, chunked": ([b"Transfer-Encoding: chunked, chunked"], chunks(chunks(BODY))),
    "two headers": ([CHUNKED, CHUNKED], chunks(chunks(BODY))),
    "chunks in chunks": ([CHUNKED], chunks(chunks(BODY))),
    "chunks with a length": ([length(chunks(BODY))], chunks(BODY)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_way_here_has_encoded_is_refused_and_not_stored(served: Fleet, name: str) -> None:
    before = served.one("SELECT count(*) AS n FROM inbox").n
    assert status_of(served, *REFUSED[name]) in (415, 501)  # waitress itself knows no other transfer coding than chunks
    assert served.one("SELECT count(*) AS n FROM inbox").n == before


def test_chunks_of_http_1_0_are_refused(served: Fleet) -> None:
    before = served.one("SELECT count(*) AS n FROM inbox").n
    assert status_of(served, [CHUNKED], chunks(BODY), version=b"1.0") in (400, 415)
    assert served.one("SELECT count(*) AS n FROM inbox").n == before


@pytest.mark.parametrize("number", [1, 3])
def test_one_framing_is_taken_off_and_the_news_stored(served: Fleet, number: int) -> None:
    body = BODY.replace(b"nobodys", b"nobodys-%d" % number)
    size = -(-len(body) // number)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    before = served.one("SELECT count(*) AS n FROM inbox").n
    assert status_of(served, [CHUNKED], framed) == 200
    assert served.one("SELECT count(*) AS n FROM inbox").n == before + 1
