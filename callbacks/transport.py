"""Refusal of callback bodies that were compressed or framed twice on the way.

Stored, they would be answered 200 and never be read. They are not decoded either: what a signature covers would then be
uncertain, nobody may make us unpack a gigabyte, and a transfer coding that is applied twice is the sender's error.
https://www.rfc-editor.org/rfc/rfc9112#section-6.1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.errors import EncodingRefused

# What JSON can begin with: an object, a list, white space, a text, the mark of an editor.
_PLAIN = b'{[ \t\r\n"\xef'
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
    """Return quietly when ``body`` is what its sender wrote, as far as the way here can tell.

    Raises:
        EncodingRefused: with the coding in its facts: ``gzip``, ``chunked twice``, …
    """
    declared = environ.get("HTTP_CONTENT_ENCODING")
    if declared and declared.strip().lower() != "identity":
        raise EncodingRefused(_shown(declared))
    if body[:1] in _PLAIN:
        if not body and "HTTP_TRANSFER_ENCODING" in environ:  # such as chunks in HTTP/1.0, which waitress does not read
            raise EncodingRefused("chunks that hold nothing")
        return
    if coding := next((name for mark, name in _COMPRESSED.items() if body.startswith(mark)), None):
        raise EncodingRefused(coding)
    if _begins_with_a_chunk(body):
        raise EncodingRefused("chunked twice")


def _begins_with_a_chunk(body: bytes) -> bool:
    """The server has taken one framing off: a size, so many bytes and a line break are a second one."""
    size = _CHUNK_SIZE.match(body)
    if size is None:
        return False
    ends_at = size.end() + int(size[1], 16)
    return body[ends_at : ends_at + 2] == b"\r\n"


def _shown(declared: str) -> str:
    """A sender's own text reaches the log only where it has the form of a coding."""
    return declared.lower() if re.fullmatch(r"[A-Za-z0-9, -]{1,40}", declared) else "another"
