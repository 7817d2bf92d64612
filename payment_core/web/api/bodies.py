"""Read JSON bodies, their numbers exact."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import request

from foundation.exact_json import exact_number
from payment_core.errors import Refusal


def json_body() -> dict[str, Any]:
    """Return the request's JSON object, with its fractions as Decimal; an empty body is an empty object.

    Raises:
        Refusal: 400 for anything else.
    """
    try:
        body = json.loads(request.get_data() or b"{}", parse_float=exact_number, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "VALIDATION_FAILED", "body: must be a JSON object", field="body")
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
