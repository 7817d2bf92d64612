"""Parsing and checking of one field's value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sandbox.org.metadata.objects import Field
from sandbox.org.wire.errors import ApiError, malformed_id
from sandbox.org.wire.ids import MalformedId, canonical_id
from sandbox.org.wire.times import format_time, parse_time


# The records of one call share most of their amounts and times: reading each once makes large calls cheap.
@lru_cache(maxsize=4096)
def _canonical_time(text: str) -> str:
    return format_time(parse_time(text))


@lru_cache(maxsize=4096)
def _exact(value: int | str | Decimal) -> Decimal:
    return Decimal(value)


def _unreadable(field: Field, value: object) -> ApiError:
    kind = type(value).__name__
    message = f"Cannot deserialize instance of {field.type} for field {field.name} from a value of type {kind}"
    return ApiError("JSON_PARSER_ERROR", message, fields=(field.name,))


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value[:40]} (max length={field.length})"
        raise ApiError("STRING_TOO_LONG", message, fields=(field.name,))
    # White space around a text goes, and an empty text is stored as null, as Salesforce does.
    return value.strip() or None


def _picklist(field: Field, value: Any) -> str | None:
    if field.restricted and isinstance(value, str) and value.strip() and value.strip() not in field.values:
        # Before the length: a value that the picklist does not have is wrong whatever its length.
        raise _bad_picklist_value(field, value)
    return _text(field, value)


def _bad_picklist_value(field: Field, value: object) -> ApiError:
    """Return the error for a value that a restricted picklist does not have."""
    # https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
    message = f"{field.label}: bad value for restricted picklist field: {value}"
    return ApiError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=(field.name,))


def _number(field: Field, value: Any) -> Decimal:
    """Return the number with all its digits."""
    # A field's scale is for display, and the API stores more: https://help.salesforce.com/s/articleView?id=000387302&type=1
    # A number may come as a text, also in Salesforce. A float never comes: bodies are read with exact decimals.
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _unreadable(field, value)
    try:
        number = _exact(value)
    except InvalidOperation as error:
        raise _unreadable(field, value) from error
    if not number.is_finite() or (field.precision and abs(number) >= Decimal(10) ** (field.precision - field.scale)):
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", message, fields=(field.name,))
    return number


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _unreadable(field, value)
    return value


def _time(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    try:
        return _canonical_time(value)
    except ValueError as error:
        raise _unreadable(field, value) from error


def _date(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    try:
        # [A] A plain date only: what becomes of a time in a date field is not documented.
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise _unreadable(field, value) from error


def _reference(field: Field, value: Any) -> str | None:
    if value == "":
        return None
    try:
        return canonical_id(value)
    except MalformedId as error:
        raise malformed_id(value, field=field.name) from error


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _text,
    "textarea": _text,
    "phone": _text,
    "email": _text,
    "url": _text,
    "picklist": _picklist,
    "double": _number,
    "currency": _number,
    "int": _number,
    "boolean": _boolean,
    "datetime": _time,
    "date": _date,
    "reference": _reference,
    "id": _reference,
}


def parse_field_value(field: Field, value: Any) -> Any:
    """Return the value as the record stores it: Decimal, canonical id, Salesforce time. Raises ApiError."""
    if field.type == "picklist" and field.restricted and field.required and value in (None, ""):
        raise _bad_picklist_value(field, None)
    if value is None:
        if field.required or field.type == "boolean":
            message = f"Required fields are missing: [{field.name}]"
            raise ApiError("REQUIRED_FIELD_MISSING", message, fields=(field.name,))
        return None
    return _READERS[field.type](field, value)
