"""Amounts as exact decimals, and the digits of each currency."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

# ISO 4217 minor units that are not 2: https://www.iso.org/iso-4217-currency-codes.html. A locale library's own table
# will not do: CLDR, which babel and browsers show amounts by, gives fifteen currencies (HUF, COP, IQD …) fewer digits.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"
_ISO_DIGITS = {code: digits for codes, digits in ((_NONE, 0), (_THREE, 3), (_FOUR, 4)) for code in codes.split()}
_CODE = re.compile(r"[A-Z]{3}")
# ASCII digits alone: `\d` and Decimal would take those of any script, and Decimal exponents and underscores, too.
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,30})?")  # Salesforce keeps up to 24 decimals of what an API wrote
# A peer may have a sign and an exponent.
PEERS_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_MOST_DECIMALS = 30
_MOST_WHOLE_DIGITS = 18  # the maximum of a number field in Salesforce
_EXACT = Context(prec=60)
_REMEDY = 'Write the amount with digits and a point, for example "115.00".'
ZERO = Decimal(0)


class AmountError(ValueError):
    """An amount cannot be read; the text says what to correct and is safe to show."""


def iso_digits(currency: str) -> int:
    """Return the number of decimal digits of ``currency`` in ISO 4217; a tenant's configuration may differ."""
    return _ISO_DIGITS.get(currency, 2)


def digits_of(amount: Decimal) -> int:
    """Return the number of decimal digits that an amount is written with."""
    return max(0, -int(amount.as_tuple().exponent))


def is_currency(code: object) -> bool:
    """Return whether ``code`` has the form of an ISO 4217 code."""
    return isinstance(code, str) and _CODE.fullmatch(code) is not None


def round_amount(amount: Decimal, digits: int) -> Decimal:
    """Return ``amount`` with exactly ``digits`` decimals, a half rounded away from zero; a zero has no sign."""
    fitted = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_EXACT)
    return fitted if fitted else abs(fitted)


def read_amount(value: object, currency: str, digits: int | None = None) -> Decimal:
    """Read a caller's amount, which has no sign, and give it exactly ``digits`` (None: those of ISO 4217); nothing is rounded.

    Text, int and Decimal are accepted, but no float, which has lost digits already.
    Raises:
        AmountError: not a plain decimal number, or more digits than the currency has.
    """
    amount = _plain(value)
    digits = iso_digits(currency) if digits is None else digits
    fitted = round_amount(amount, digits)
    if fitted != amount:
        kind = "no decimals" if digits == 0 else f"at most {digits} decimals"
        raise AmountError(f"{currency} has {kind}.")
    return fitted


def read_rounded(value: object, digits: int) -> Decimal:
    """Read a caller's copy of a peer's amount, rounded like the peer's amount itself; raises as ``read_amount`` does."""
    return round_amount(_plain(value), digits)


def read_number(value: object) -> Decimal:
    """Read a peer's amount of any sign and with any digits, as a number or as text.

    Raises:
        AmountError: no finite number, more whole digits than an amount has, or a float, which has lost digits already.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise AmountError("This is no amount.")
    if isinstance(value, str) and not PEERS_NUMBER.fullmatch(value.strip()):
        raise AmountError("This is no amount.")
    amount = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    if not amount.is_finite() or (amount and amount.adjusted() >= _MOST_WHOLE_DIGITS):
        raise AmountError("This is no amount.")
    # A peer's sum of floats leaves a tiny remainder in place of zero.
    return amount if amount and amount.adjusted() > -_MOST_WHOLE_DIGITS else ZERO


def read_signed(value: object) -> Decimal:
    """Read a caller's amount of any sign, exactly, as a number of JSON or as plain text: ASCII digits and a point.

    Raises:
        AmountError: it is anything else, or too long for an amount.
    """
    text = _text(value)
    amount = _read(text.removeprefix("-"))
    return amount.copy_negate() if text.startswith("-") else amount


def to_text(amount: Decimal, currency: str, digits: int | None = None) -> str:
    """Return the decimal string for JSON with ``digits`` decimals (None: those of ISO 4217), or more if the amount has more.

    Nothing is rounded here, so that the amount shown is the amount requested.
    """
    least = iso_digits(currency) if digits is None else digits
    return format(round_amount(amount, max(least, digits_of(amount))), "f")


def _plain(value: object) -> Decimal:
    return _read(_text(value))


def _read(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise AmountError(_REMEDY)
    return Decimal(text)


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise AmountError('Write the amount as a decimal string, for example "115.00".')
    if isinstance(value, str):
        return value
    # Written out, 1e999999999 would take a gigabyte.
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= _MOST_WHOLE_DIGITS or digits_of(number) > _MOST_DECIMALS:
        raise AmountError(_REMEDY)
    return format(number, "f")
