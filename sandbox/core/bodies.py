"""Read what testers and the core send."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import request

from sandbox.core.errors import invalid_control


def control_body() -> dict[str, Any]:
    """Return the JSON object of a request; an empty body is an empty object.

    Raises:
        Refusal: 422 for anything else.
    """
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise invalid_control("body", "must be a JSON object")
    return body


def known_phone(number: str) -> str:
    """Return the digits of a number from a path; a leading plus is fine there.

    Raises:
        Refusal: 422.
    """
    digits = number.removeprefix("+")
    if not re.fullmatch(r"[0-9]{5,15}", digits):
        raise invalid_control("number", "must be in international format, digits only")
    return digits


def stamp(moment: float) -> str:
    """Return a time as the core writes it: ``2026-11-21T10:43:10.000+0000``."""
    when = datetime.fromtimestamp(moment, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+0000"
