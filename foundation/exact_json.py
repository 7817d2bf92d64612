"""JSON whose numbers are exact: an amount travels as a number and is read as a Decimal, and never becomes a float."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

# json has no hook that writes a Decimal as a number: it is written as a marked text and the marks are taken off.
# The mark is random for each process, so that no text of a peer can look like one.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}:(-?[0-9.]+)"')


def write_json(value: Any) -> bytes:
    """Return a document in which every finite Decimal stands as a number with exactly its own digits."""
    return _MARKED.sub(r"\1", json.dumps(value, default=_marked)).encode()


def read_json(raw: bytes | str) -> Any:
    """Return a document with every fraction, and every number with an exponent, as a Decimal.

    Raises:
        ValueError: no JSON, or a number that nothing can hold; RecursionError: nested too deeply.
    """
    return json.loads(raw, parse_float=exact_number)


def exact_number(text: str) -> Decimal:
    """Return what stands in a document as a number.

    Raises:
        ValueError: its exponent has more digits than any number has.
    """
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("a number that nothing can hold") from error


def _marked(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"{_MARK}:{value:f}"
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
