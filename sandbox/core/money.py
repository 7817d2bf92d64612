"""Knows how amounts are checked and shown; refuses to know who pays them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies, parse_pattern

from sandbox.core.errors import invalid

LARGEST = Decimal(10**15)


def read_amount(field: str, raw: object, *, currency: str, digits: int) -> Decimal:
    """This function will read an amount sent as a JSON number or a decimal string, below zero too.

    Raises: Refusal (400) that names the field.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        raise invalid(field, "must be a number")
    try:
        amount = Decimal(raw)
    except InvalidOperation:
        raise invalid(field, "must be a number") from None
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise invalid(field, f"must be at most {LARGEST}")
    step = Decimal(1).scaleb(-digits)
    if amount != amount.quantize(step):
        raise invalid(field, f"has more decimals than {currency} knows")
    return amount.quantize(step)


def plain_amount(amount: Decimal, currency: str) -> str:
    """This function will write an amount for a text message, in characters that every phone network knows."""
    return f"{currency} {amount:,f}"


def shown_amount(amount: Decimal, currency: str, *, language: str) -> str:
    """This function will write an amount as the customer's language does, with its own digits.

    babel's table of currencies has fewer for some: it would round what is asked for.
    """
    locale = Locale.parse(known_language(language) or "en")
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    digits = max(0, -int(amount.as_tuple().exponent))
    pattern.frac_prec = (digits, digits)
    shown = pattern.apply(amount, locale, currency=currency, currency_digits=False)
    # babel leaves out the space that belongs between a currency's letters and its digits
    return re.sub(r"(?<=[A-Za-z])(?=[0-9])", "\N{NO-BREAK SPACE}", shown)


@cache
def known_currencies() -> frozenset[str]:
    """This function will give every currency code that babel knows; asking babel each time is slow."""
    return frozenset(list_currencies())


@lru_cache(maxsize=500)
def known_language(language: str) -> str | None:
    """This function will give the language as babel names it, or None for an unknown one."""
    try:
        return str(Locale.parse(language.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        return None
