"""JSON with exact decimals: knows how a number travels, and refuses to turn an amount into a float."""

import json
import re
import secrets
from decimal import Decimal
from typing import Any

# json has no hook that writes a Decimal as a number: it is written as a marked string and the marks are taken off.
# The mark is random for each process, so that no text of a caller can look like one.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}:(-?[0-9.]+)"')


def _mark(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}:{plain_number(value)}"
    raise TypeError(f"{type(value).__name__} has no place on the wire")


def plain_number(value: Decimal) -> str:
    """Return the number as Salesforce writes doubles: no exponent, no trailing zeros, at least one decimal."""
    text = format(value, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def to_json(value: Any) -> str:
    return _MARKED.sub(r"\1", json.dumps(value, default=_mark, separators=(",", ":")))


def from_json(raw: bytes | str) -> Any:
    """Return the parsed document with every fraction as a Decimal. Raises ValueError."""
    try:
        return json.loads(raw, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
