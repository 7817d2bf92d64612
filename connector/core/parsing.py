"""Parse a peer's JSON, in any encoding and with any numbers in it, and read the core's answers by their schemas."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import requests
from marshmallow import Schema, ValidationError

from connector.domain.payments.notification import UNREAD_FIELDS, unread_reason
from connector.errors import CoreOutcomeUnknown

# Python refuses to convert whole numbers of some thousand digits; no number that we read comes near this.
_MOST_DIGITS = 400
_AROUND = "\ufeff\0 \t\r\n"


class ObjectWithDuplicates(dict[str, Any]):
    """An object with duplicate names of different values: the last value counts, and ``names`` holds the names."""

    names: frozenset[str] = frozenset()


def text_of(body: bytes) -> str:
    """Return a body as text: UTF-8, UTF-16 or UTF-32 with or without a byte order mark, else Latin-1."""
    try:
        # Callbacks come through gateways and proxies, which write other encodings than they announce.
        text = body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return text.strip(_AROUND)


def parse_json(body: bytes | str) -> Any:
    """Parse JSON with exact numbers; one that cannot be represented (NaN, 5,000 digits, 1e999999999999999999) stays a text.

    Raises:
        ValueError: not JSON, or nested too deep.
    """
    text = body if isinstance(body, str) else text_of(body)
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


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
        CoreOutcomeUnknown: it is of another shape; ``reason`` names the fields that cannot be read, as for a callback.
    """
    try:
        return schema.load(body)
    except ValidationError as error:
        raise CoreOutcomeUnknown(
            "The payment core's answer could not be read.", operation=operation, reason=_fields(schema, error)
        ) from error


def unread_fields(error: Exception) -> str | None:
    """Return the reason, such as ``fields:captured``, where the core answered with a record that cannot be read; else None."""
    reason = error.reason if isinstance(error, CoreOutcomeUnknown) else None
    return reason if reason and reason.startswith(UNREAD_FIELDS) else None


def _fields(schema: Schema, error: ValidationError) -> str:
    """Return our names of the fields that a schema could not read; the peer's values are left out."""
    wrong = error.messages_dict
    return unread_reason(name for name, one in schema.fields.items() if one.data_key in wrong)


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def _exact(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Duplicates are legal JSON (https://www.rfc-editor.org/rfc/rfc8259#section-4), but which value was meant is undefined.
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    repeated = ObjectWithDuplicates(read)
    repeated.names = frozenset(name for name, value in pairs if value != read[name])
    return repeated


# Not strict: a raw line break inside a text is no reason to lose the rest.
_DECODER = json.JSONDecoder(
    parse_int=_whole, parse_float=_exact, parse_constant=str, object_pairs_hook=_object, strict=False
)
