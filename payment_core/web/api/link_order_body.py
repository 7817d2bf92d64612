"""Read and check the body of a request for a payment link."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from babel import Locale, UnknownLocaleError

from foundation.cards import has_card_number, has_card_number_in_id
from foundation.exact_json import write_json
from foundation.money import ZERO, AmountError, read_signed, round_amount
from foundation.phones.phone import Phone, is_possible
from foundation.texts.readable_line import REMEDY, readable_line, with_plain_spaces
from manifests import load
from payment_core.domain.enums import Channel
from payment_core.domain.link import Line
from payment_core.domain.merchant import Merchant
from payment_core.errors import invalid_field
from payment_core.journeys.linking.link_order import LinkOrder

LONGEST_ORDER_NUMBER = 64
LONGEST_REFERENCE = 36
LONGEST_LANGUAGE = 16
# It comes back in every notification about the link.
MOST_ADDITIONAL_DATA = 4096
# Far below what this and every application's JSON reader can follow.
DEEPEST_ADDITIONAL_DATA = 32
_LINES = load("core/ours.json")["order_lines"]
MOST_LINES: int = _LINES["most"]
LARGEST_QUANTITY: int = _LINES["largest_quantity"]
QUANTITY_DIGITS: int = _LINES["quantity_decimals"]
MOST_MORE_LINES = 1_000_000
_AMOUNTS = ("total", "tax", "sub_total")
# E.164: at most fifteen digits, of which none begins with zero.
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_NO_CARD = "must hold no card number"
_PERSON = re.compile(r"[A-Za-z0-9]{1,64}")


def read_link_order(body: Mapping[str, Any], names: Mapping[str, str], merchant: Merchant, reference: str) -> LinkOrder:
    """Return the checked order; ``names`` gives the JSON name of each of our words, ``reference`` where data names ours.

    Raises:
        Refusal: 422, naming the field as the caller wrote it.
    """
    currency = _one_of(body, names["currency"], merchant.currencies)
    amounts = _amounts(body, names, merchant, currency)
    data = _additional_data(body, names["additional_data"])
    ours = data.get(reference)
    return LinkOrder(
        application=read_text(body, names["application"], longest=64),
        order_number=_text_without_card(body, names["order_number"], longest=LONGEST_ORDER_NUMBER),
        channel=Channel(_one_of(body, names["channel"], tuple(merchant.channels))),
        phone=_phone(body, names["phone"]),
        currency=currency,
        language=_language(body, names["language"], merchant.locale),
        additional_data=data,
        caller_reference=_caller_reference(ours, names["additional_data"]),
        payer_reference=_payer(body, names["payer_reference"]),
        lines=_lines(body, names["lines"], merchant.digits_of(currency)),
        more_lines=_more_lines(body, names["more_lines"]),
        previous=_optional_text(body, names["previous_link"], longest=LONGEST_REFERENCE),
        digest=sha256(write_json({name: body[name] for name in sorted(body)})).digest(),
        **amounts,
    )


def _amounts(
    body: Mapping[str, Any], names: Mapping[str, str], merchant: Merchant, currency: str
) -> dict[str, Decimal]:
    digits = merchant.digits_of(currency)
    found = {word: read_api_amount(names[word], body.get(names[word]), currency, digits) for word in _AMOUNTS}
    total = found["total"]
    if total <= 0:
        raise invalid_field(names["total"], "must be more than 0")
    # An order that does not add up shows a fault of the caller's: better refused than paid.
    if total != found["sub_total"] + found["tax"]:
        raise invalid_field(names["total"], f"must be {names['sub_total']} + {names['tax']}")
    least, most = merchant.minimum.get(currency, ZERO), merchant.maximum.get(currency)
    if total < least:
        raise invalid_field(names["total"], f"must be at least {least} {currency}")
    if most is not None and total > most:
        raise invalid_field(names["total"], f"must be at most {most} {currency}")
    return found


def read_api_amount(field: str, raw: object, currency: str, digits: int) -> Decimal:
    """Return an amount sent as a JSON number or a decimal string, of any sign, with exactly ``digits``.

    Raises:
        Refusal: 422, naming the field.
    """
    try:
        amount = read_signed(raw)
    except AmountError:
        raise invalid_field(field, 'must be a number with digits and a point, such as "115.00"') from None
    fitted = round_amount(amount, digits)
    if fitted != amount:
        raise invalid_field(field, f"has more decimals than {currency} knows")
    return fitted


def read_text(body: Mapping[str, Any], name: str, *, longest: int, field: str | None = None) -> str:
    """Return a required text of a body; a refusal names it as ``field``, or else as ``name``.

    Raises:
        Refusal: 422, naming the field.
    """
    value, field = body.get(name), field or name
    if not isinstance(value, str) or not value.strip():
        raise invalid_field(field, "is required")
    text = value.strip()
    # What names something in another system is taken as it is, or not at all.
    if readable_line(text, longest=longest) != text:
        raise invalid_field(field, f"must be at most {longest} characters, {REMEDY}")
    return text


def _text_without_card(body: Mapping[str, Any], name: str, *, longest: int, field: str | None = None) -> str:
    text = read_text(body, name, longest=longest, field=field)
    if has_card_number(text):
        raise invalid_field(field or name, _NO_CARD)
    return text


def _optional_text(body: Mapping[str, Any], field: str, *, longest: int) -> str | None:
    return None if body.get(field) is None else read_text(body, field, longest=longest)


def _one_of(body: Mapping[str, Any], field: str, offered: tuple[str, ...]) -> str:
    value = read_text(body, field, longest=32)
    if value in offered:
        return value
    raise invalid_field(field, f"is not configured for this merchant; offered are {', '.join(offered)}")


def _phone(body: Mapping[str, Any], field: str) -> Phone:
    value = read_text(body, field, longest=32)
    if not _DIGITS.fullmatch(value):
        raise invalid_field(field, "must be in international format, digits only, like 27831234567")
    if not is_possible(value):
        raise invalid_field(field, "has too few or too many digits for its country, or is of no country")
    return Phone(value)


def _language(body: Mapping[str, Any], field: str, default: str) -> str:
    return read_language(field, body.get(field) or default)


def read_language(field: str, value: object) -> str:
    """Return a language of the form ``en`` or ``en_ZA``.

    Raises:
        Refusal: 422, naming the field.
    """
    if not _is_language(str(value)):
        raise invalid_field(field, "must be a language like en or en_ZA")
    if len(str(value)) > LONGEST_LANGUAGE:
        raise invalid_field(field, f"must be at most {LONGEST_LANGUAGE} characters")
    return str(value)


@lru_cache(maxsize=200)
def _is_language(text: str) -> bool:
    try:
        Locale.parse(text.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _caller_reference(value: object, field: str) -> str | None:
    """Return the caller's own reference; text of any other kind than it may be is no reference, and free data."""
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        return None
    # It is found by its text, which no database would take otherwise.
    if not value.isprintable():
        raise invalid_field(field, f"must hold a reference {REMEDY}")
    return value


def _additional_data(body: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = body.get(field) or {}
    if not isinstance(value, dict):
        raise invalid_field(field, "must be an object")
    if sum(1 for _ in _levels(value)) > DEEPEST_ADDITIONAL_DATA:
        raise invalid_field(field, f"must not be nested more than {DEEPEST_ADDITIONAL_DATA} deep")
    # Floats are enough here: the caller's own data is returned, and nothing is reckoned with it.
    text = json.dumps(value, default=float)
    plain: dict[str, Any] = json.loads(text)
    if len(text) > MOST_ADDITIONAL_DATA:
        raise invalid_field(field, f"must be at most {MOST_ADDITIONAL_DATA} characters of JSON")
    if _has_card(plain):
        raise invalid_field(field, _NO_CARD)
    return plain


def _has_card(value: object) -> bool:
    """Return whether a card number is anywhere in a JSON value; ids are none, whatever their digits."""
    return any(_is_card(one) for level in _levels(value) for one in level)


def _is_card(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    return has_card_number_in_id(str(value))


def _levels(value: object) -> Iterator[list[object]]:
    """Return a JSON value, what is in it, what is in that, and so on; names count as values."""
    level = [value]
    while level:
        yield level
        level = [inner for one in level for inner in _inside(one)]


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def _payer(body: Mapping[str, Any], field: str) -> str | None:
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not _PERSON.fullmatch(value):
        raise invalid_field(field, "must be the id of a contact or an account: letters and digits")
    return value


def _lines(body: Mapping[str, Any], field: str, digits: int) -> tuple[Line, ...]:
    value = body.get(field) or []
    if not isinstance(value, list) or len(value) > MOST_LINES:
        raise invalid_field(field, f"must be a list of at most {MOST_LINES} lines")
    return tuple(_line(f"{field}[{place}]", one, digits) for place, one in enumerate(value))


def _line(field: str, value: object, digits: int) -> Line:
    if not isinstance(value, dict):
        raise invalid_field(field, "must be an object with name, quantity and amount")
    quantity = _quantity(f"{field}.quantity", value.get("quantity", 1))
    name = value.get("name")
    # It is for people alone: a space of another width, as pasted names have them, may become a plain one.
    plain = {"name": with_plain_spaces(name) if isinstance(name, str) else name}
    name = _text_without_card(plain, "name", longest=_LINES["longest_name"], field=f"{field}.name")
    return Line(name, quantity, read_api_amount(f"{field}.amount", value.get("amount"), "this currency", digits))


def _quantity(field: str, raw: object) -> Decimal:
    """Return a quantity of any sign, without zeros at its end: goods are also sold by weight, and given back."""
    try:
        given = read_signed(raw)
    except AmountError:
        given = ZERO
    quantity = round_amount(given, QUANTITY_DIGITS)
    if quantity != given or not 0 < abs(quantity) <= LARGEST_QUANTITY:
        most = f"{LARGEST_QUANTITY}, with at most {QUANTITY_DIGITS} decimals"
        raise invalid_field(field, f"must be a number other than 0, from -{LARGEST_QUANTITY} to {most}")
    return quantity.normalize()


def _more_lines(body: Mapping[str, Any], field: str) -> int:
    value = body.get(field) or 0
    # `True` is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_MORE_LINES:
        raise invalid_field(field, f"must be a whole number from 0 to {MOST_MORE_LINES}")
    return value
