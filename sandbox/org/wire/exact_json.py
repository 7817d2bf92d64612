"""JSON whose fractions are Decimals, never floats."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sandbox.exact_json import exact_json


def format_number(value: Decimal) -> str:
    """Return the number as Salesforce writes doubles: no exponent, no trailing zeros, at least one decimal."""
    text = format(value, "f")
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def to_json(value: Any) -> str:
    """Return the JSON of a value, with amounts as exact numbers."""
    return exact_json(value, number=format_number, separators=(",", ":"))


def from_json(raw: bytes | str) -> Any:
    """Return the parsed document with every fraction as a Decimal. Raises ValueError."""
    try:
        return json.loads(raw, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
