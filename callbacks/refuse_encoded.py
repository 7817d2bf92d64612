"""Refuse callback bodies that were compressed or framed twice on the way.

If they were stored they would be answered 200 and never be readable. They are not decoded either: what a signature covers
would be uncertain, a small body could unpack to a gigabyte, and a doubled transfer coding is an error of the sender's.
https://www.rfc-editor.org/rfc/rfc9112#section-6.1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.errors import EncodingRefused

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x78\x01": "deflate",
    b"\x78\x5e": "deflate",
    b"\x78\x9c": "deflate",
    b"\x78\xda": "deflate",
}
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,6})[ \t]*(?:;[^\r\n]*)?\r\n")


def refuse_encoded(environ: Mapping[str, Any], body: bytes) -> None:
    """Refuse a body that is not plain.

    Raises:
        EncodingRefused: with the coding in its facts: ``gzip``, ``chunked twice``, …
    """
    declared = environ.get("HTTP_CONTENT_ENCODING")
    if declared and declared.strip().lower() != "identity":
        raise EncodingRefused(_shown(declared))
    if not body and "HTTP_TRANSFER_ENCODING" in environ:  # such as chunks in HTTP/1.0, which waitress does not read
        raise EncodingRefused("chunks that hold nothing")
    if coding := next((name for mark, name in _COMPRESSED.items() if body.startswith(mark)), None):
        raise EncodingRefused(coding)
    if _begins_with_a_chunk(body):
        raise EncodingRefused("chunked twice")


def _begins_with_a_chunk(body: bytes) -> bool:
    """Return whether a body still begins with a chunk: a size, that many bytes, and a line break."""
    # The server has removed one framing already, so this is a second one.
    size = _CHUNK_SIZE.match(body)
    if size is None:
        return False
    ends_at = size.end() + int(size[1], 16)
    return body[ends_at : ends_at + 2] == b"\r\n"


def _shown(declared: str) -> str:
    """Return a declared coding for the log, unless it does not have the form of one."""
    return declared.lower() if re.fullmatch(r"[A-Za-z0-9, -]{1,40}", declared) else "another"
