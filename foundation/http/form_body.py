"""Form-encoded bodies, as ``urllib.parse.urlencode`` writes them, in a tenth of its time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus

# What each byte is written as; a text's bytes are read as if each were a character, so that one translation does it.
_WRITTEN = {byte: quote_plus(bytes([byte])) for byte in range(256)}


def form_body(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the body of a form."""
    return "&".join([f"{_name(name)}={_quoted(value)}" for name, value in fields]).encode()


def _quoted(text: str) -> str:
    # Most ids, words and numbers stand for themselves.
    return text if text.isascii() and text.isalnum() else text.encode().decode("latin-1").translate(_WRITTEN)


# Fields have a few dozen names, values no two alike.
_name = lru_cache(maxsize=1024)(_quoted)
