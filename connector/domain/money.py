"""Knows how many digits a currency has and reads amounts exactly; refuses to round."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

# ISO 4217 minor units that are not 2: https://www.iso.org/iso-4217-currency-codes.html
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
_CODE = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,18})?")
ZERO = Decimal(0)


class AmountError(ValueError):
    """An amount cannot be read; the text says what to mend and is safe to show."""


def exponent(currency: str) -> int:
    """Return how many decimal digits ``currency`` (ISO 4217) has."""
    return _EXPONENTS.get(currency, 2)


def is_currency(code: object) -> bool:
    """Say whether ``code`` has the form of an ISO 4217 code."""
    return isinstance(code, str) and _CODE.fullmatch(code) is not None


def read_amount(value: object, currency: str) -> Decimal:
    """Read a non-negative amount and give it exactly the currency's digits.

    Text, int and Decimal are accepted; a float is not, it has lost digits already.
    Raises:
        AmountError: not a plain decimal number, or more digits than the currency has.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise AmountError('Write the amount as a decimal string, for example "115.00".')
    text = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    if not _AMOUNT.fullmatch(text):
        raise AmountError('Write the amount with digits and a point, for example "115.00".')
    try:
        amount = Decimal(text)
        fitted = fit(amount, currency)
    except InvalidOperation as fault:
        raise AmountError("This amount is too large.") from fault
    if fitted != amount:
        digits = exponent(currency)
        kind = "no decimals" if digits == 0 else f"at most {digits} decimals"
        raise AmountError(f"{currency} has {kind}.")
    return fitted


def fit(amount: Decimal, currency: str) -> Decimal:
    """Return ``amount`` written with the currency's digits (a display form; compare before you trust it)."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)))


def to_text(amount: Decimal, currency: str) -> str:
    """Return the decimal string that travels in JSON."""
    return format(fit(amount, currency), "f")
