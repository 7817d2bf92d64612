"""Read the payment core's answers: JSON objects of the shapes that the schemas give them."""

from __future__ import annotations

from typing import Any

import requests
from marshmallow import Schema, ValidationError

from connector.core.parsing import parse_json
from connector.errors import CoreOutcomeUnknown


def json_object(response: requests.Response, operation: str) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        CoreOutcomeUnknown: it is none.
    """
    try:
        body = parse_json(response.content)
    except ValueError as error:
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation=operation) from error
    if not isinstance(body, dict):
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation=operation)
    return body


def load_answer(schema: Schema, body: Any, operation: str) -> Any:
    """Return what a schema reads in an answer.

    Raises:
        CoreOutcomeUnknown: it is of another shape.
    """
    try:
        return schema.load(body)
    except ValidationError as error:
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation=operation) from error
