"""Read JSON bodies, their numbers exact."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

from flask import request

from foundation.exact_json import NamedTwice, exact_number, unique_names
from foundation.wsgi.raw_body import raw_body
from payment_core.errors import Refusal, invalid_field


def json_body() -> dict[str, Any]:
    """Return the request's JSON object, as ``read_object`` does; raises as that."""
    return read_object(raw_body(request))


def read_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object, with its fractions as Decimal; an empty body is an empty object.

    Raises:
        Refusal: 422, a name that occurs twice; 400 for anything else.
    """
    try:
        body = json.loads(
            raw or b"{}",
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=unique_names,
        )
    except NamedTwice as twice:
        raise invalid_field(twice.name or "body", "stands twice: send it once") from None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "VALIDATION_FAILED", "body: must be a JSON object", field="body")
    return body


def _number(text: str) -> Decimal | str:
    # A text, which no field takes for a number, where no Decimal can hold it: so it is refused by its field.
    try:
        return exact_number(text)
    except ValueError:
        return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
