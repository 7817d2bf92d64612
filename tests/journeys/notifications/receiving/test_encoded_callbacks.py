"""Callback bodies that something on the way has compressed or framed twice: refused, never answered 200 and buried."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tests.factories import basic
from tests.journeys.world import World

BODY = json.dumps({"paymentLinkRef": "x", "paymentStatus": "PAYMENT_RECEIVED"}).encode()


def chunked(body: bytes, *, extension: bytes = b"") -> bytes:
    """Frame a body as one chunk."""
    return b"%x%s\r\n%s\r\n0\r\n\r\n" % (len(body), extension, body)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(BODY, mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0), "GZIP"),
        (gzip.compress(BODY, mtime=0), None),
        (zlib.compress(BODY), "deflate"),
        (zlib.compress(BODY), None),
        (zlib.compress(BODY, 0), None),
        (zlib.compress(BODY, 3), None),
        (zlib.compress(BODY, 9), None),
        (b"\x28\xb5\x2f\xfd" + BODY, None),
        (BODY, "br"),
        (BODY, "identity, gzip"),
        (BODY, "a coding that nobody knows; x=\u00fc"),
        (chunked(BODY), None),
        (chunked(BODY).upper(), None),
        (chunked(BODY, extension=b";a=b"), None),
        (chunked(BODY, extension=b" \t"), None),
        (b"00" + chunked(b"x" * 4096), None),
        (chunked(chunked(BODY)), None),
        (chunked(gzip.compress(BODY, mtime=0)), None),
    ],
)
@pytest.mark.parametrize("kind", ["transaction-status", "payment-status", "settings"])
def test_a_body_that_is_not_as_it_was_written_is_415_and_not_stored(
    world: World, lines: list[dict[str, object]], kind: str, body: bytes, encoding: str | None
) -> None:
    given = basic() | ({"Content-Encoding": encoding} if encoding else {})
    answer = world.callback(body, kind=kind, headers=given)
    assert (answer.status_code, answer.json["error"]["code"]) == (415, "encoding_refused")
    assert world.rows("inbox") == []
    assert [line["reason"] for line in lines if line["event"] == "refused"] != [""]


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("GZip", "gzip"),
        ("identity, br", "identity, br"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "another"),
        ("a;b", "another"),
    ],
)
def test_the_log_names_the_coding_where_it_looks_like_one(
    world: World, lines: list[dict[str, object]], declared: str, shown: str
) -> None:
    world.callback(BODY, headers=basic() | {"Content-Encoding": declared})
    assert [line["reason"] for line in lines if line["event"] == "refused"] == [shown]


@pytest.mark.parametrize("encoding", ["identity", "Identity", " identity ", ""])
def test_a_body_that_says_it_is_as_written_is_taken(world: World, encoding: str) -> None:
    assert world.callback(BODY, headers=basic() | {"Content-Encoding": encoding}).status_code == 200


@pytest.mark.parametrize(
    "body", [b"7", b"7\r\n", b"ff\r\nnothing", b"x" * 9, b"", b'"text"', b"\xef\xbb\xbf{}", b"[{}]"]
)
def test_what_is_merely_no_notification_is_kept_as_evidence(world: World, body: bytes) -> None:
    assert world.callback(body).status_code == 200
    world.drain()
    assert world.row("inbox")["verdict"] == "unreadable"


@pytest.mark.parametrize(
    ("declared", "why"), [({"Content-Encoding": "gzip"}, "compressed"), ({}, "its user or password")]
)
def test_a_body_whose_signature_does_not_cover_its_coding_is_found_as_encoded(
    world: World, declared: dict[str, str], why: str
) -> None:
    """Whoever compressed it has broken the signature, too: the core's secret is right."""
    assert world.callback(BODY, headers=basic(password="not the core's") | declared).status_code == 401
    (finding,) = world.rows("findings")
    assert why in finding["wrong"]


def test_a_stranger_learns_nothing_of_it(world: World) -> None:
    given = {"Content-Encoding": "gzip"}
    known, unknown = world.callback(BODY, headers=given), world.callback(BODY, headers=given, key="nobodys")
    assert (known.status_code, unknown.status_code) == (401, 401)


def test_in_chunks_of_http_1_0_that_no_server_has_read_is_refused(world: World) -> None:
    answer = world.client.open(
        "/callbacks/callback-key-5eed/payment-status",
        method="POST",
        headers=basic() | {"Transfer-Encoding": "chunked"},
    )
    assert answer.status_code == 415
    assert world.rows("inbox") == []


def test_that_is_empty_and_says_so_is_taken_like_any_other(world: World) -> None:
    assert world.callback(b"").status_code == 200
    assert len(world.rows("inbox")) == 1
