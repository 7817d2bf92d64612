"""Knows how to read what callers send as JSON and check a request for a payment link; refuses to act on it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import phonenumbers
from flask import request

from sandbox.core.errors import Refusal, invalid
from sandbox.core.links import Ask
from sandbox.core.merchant import CHANNELS, Merchant
from sandbox.core.money import known_currencies, known_language, read_amount

LONGEST_ORDER_NUMBER = 64
MOST_ADDITIONAL_DATA = 4096


def json_body(*, status: int = 400) -> dict[str, Any]:
    """This function will give the request's JSON object, its numbers as Decimal or int.

    Raises: Refusal with the given status for anything else.
    """
    raw = request.get_data()
    try:
        body = json.loads(raw or b"{}", parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("body", "must be a JSON object", status=status) from None
    if not isinstance(body, dict):
        raise invalid("body", "must be a JSON object", status=status)
    return body


def control_body() -> dict[str, Any]:
    """This function will give the JSON object sent to a sandbox control, its numbers as float or int."""
    return {name: _as_float(value) for name, value in json_body(status=422).items()}


def _as_float(value: object) -> Any:
    if isinstance(value, list):
        return [_as_float(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def read_ask(body: dict[str, Any], names: dict[str, str], *, merchant: Merchant) -> Ask:
    """This function will check a request for a payment link; names gives the JSON name of each of our words.

    Raises: Refusal (400) that names the field as the caller wrote it.
    """
    currency = _one_of(body, names["currency"], offered=merchant.currencies, known=known_currencies())
    digits = merchant.digits_of(currency)
    amounts = {
        word: read_amount(names[word], body.get(names[word]), currency=currency, digits=digits) for word in _AMOUNTS
    }
    if amounts["total"] <= 0:
        raise invalid(names["total"], "must be more than 0")
    if amounts["total"] != amounts["sub_total"] + amounts["tax"]:
        raise invalid(names["total"], f"must be {names['sub_total']} + {names['tax']}")
    return Ask(
        application=_text(body, names["application"], longest=64),
        order_number=_text(body, names["order_number"], longest=LONGEST_ORDER_NUMBER),
        channel=_one_of(body, names["channel"], offered=merchant.channels, known=frozenset(CHANNELS)),
        phone=_phone(body, names["phone"]),
        currency=currency,
        language=_language(body, names["language"]),
        additional_data=_additional_data(body, names["additional_data"]),
        **amounts,
    )


_AMOUNTS = ("total", "tax", "sub_total")


def _text(body: dict[str, Any], field: str, *, longest: int) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise invalid(field, "is required")
    if len(value) > longest or not value.isprintable():
        raise invalid(field, f"must be at most {longest} printable characters")
    return value.strip()


def _one_of(body: dict[str, Any], field: str, *, offered: tuple[str, ...], known: frozenset[str]) -> str:
    value = _text(body, field, longest=32)
    if value in offered:
        return value
    why = "is not configured for this merchant" if value in known else "is unknown"
    raise invalid(field, f"{value} {why}; offered are " + ", ".join(offered))


def _phone(body: dict[str, Any], field: str) -> str:
    value = _text(body, field, longest=32)
    why = phone_error(value)
    if why:
        raise invalid(field, why)
    return value


def phone_error(number: str) -> str | None:
    """This function will say what is wrong with a phone number, without repeating it."""
    if not re.fullmatch(r"[1-9][0-9]{6,14}", number):
        return "must be in international format, digits only, like 27831234567"
    try:
        parsed = phonenumbers.parse("+" + number)
    except phonenumbers.NumberParseException:
        return "is not a phone number of any country"
    return None if phonenumbers.is_possible_number(parsed) else "has too few or too many digits for its country"


def known_phone(number: str) -> str:
    """This function will give the digits of a number from a path; a leading plus is fine there.

    Raises: Refusal 422.
    """
    digits = number.removeprefix("+")
    if not re.fullmatch(r"[0-9]{5,15}", digits):
        raise invalid("number", "must be in international format, digits only", status=422)
    return digits


def _language(body: dict[str, Any], field: str) -> str:
    value = body.get(field) or "en"
    if not isinstance(value, str) or known_language(value) is None:
        raise invalid(field, "must be a language like en or en_ZA")
    return value


def _additional_data(body: dict[str, Any], field: str) -> dict[str, Any]:
    value = body.get(field) or {}
    if not isinstance(value, dict):
        raise invalid(field, "must be an object")
    plain: dict[str, Any] = json.loads(json.dumps(value, default=float))
    if len(json.dumps(plain)) > MOST_ADDITIONAL_DATA:
        raise invalid(field, f"must be at most {MOST_ADDITIONAL_DATA} characters of JSON")
    return plain


def limit_argument() -> int | None:
    """This function will read ?limit=, None meaning all.

    Raises: Refusal 422.
    """
    raw = request.args.get("limit")
    if raw is None:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", raw):
        raise Refusal(422, "VALIDATION_FAILED", message="limit: must be a whole number", field="limit")
    return int(raw)
