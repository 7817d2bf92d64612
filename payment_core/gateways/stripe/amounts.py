"""Amounts as Stripe counts them: whole numbers of the smallest unit, by a table of its own.

https://docs.stripe.com/currencies says which currencies have no decimals, which have three, and which are counted in two
although ISO 4217 gives them none.
"""

from __future__ import annotations

from decimal import Decimal

_NONE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
# Counted in hundredths, of which only whole ones are taken: https://docs.stripe.com/currencies#special-cases
_WHOLE_ONLY = frozenset({"ISK", "UGX"})
_TWO = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "ANG",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CNY",
        "COP",
        "CRC",
        "CVE",
        "CZK",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GIP",
        "GMD",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JMD",
        "KES",
        "KGS",
        "KHR",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "MAD",
        "MDL",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SBD",
        "SCR",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "STD",
        "SZL",
        "THB",
        "TJS",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "WST",
        "XCD",
        "YER",
        "ZAR",
        "ZMW",
    ]
)


class UnknownCurrency(ValueError):
    """A currency that nobody listed: guessing its digits would charge a hundredth, or a hundredfold."""


class AmountNotCarried(ValueError):
    """An amount that this currency cannot carry at Stripe; the text says which would."""


def units_of(amount: Decimal, currency: str) -> int:
    """Return an amount in Stripe's smallest unit.

    Raises:
        UnknownCurrency, AmountNotCarried.
    """
    scaled = amount.scaleb(_digits(currency))
    units = int(scaled)
    if units != scaled:
        raise AmountNotCarried(f"{currency} has at most {_digits(currency)} decimals here")
    if currency in _THREE and units % 10:
        raise AmountNotCarried(f"the last of the three decimals of {currency} must be 0")
    if currency in _WHOLE_ONLY and units % 100:
        raise AmountNotCarried(f"{currency} is taken in whole numbers only")
    return units


def amount_of(units: int, currency: str, *, digits: int) -> Decimal:
    """Return Stripe's units as an amount with the merchant's ``digits``."""
    amount = Decimal(units).scaleb(-_digits(currency))
    fitted = amount.quantize(Decimal(1).scaleb(-digits))
    # Never rounded: an amount with more digits than the merchant's differs from what was asked, and must be seen to.
    return fitted if fitted == amount else amount


def _digits(currency: str) -> int:
    if currency in _NONE:
        return 0
    if currency in _THREE:
        return 3
    if currency in _TWO:
        return 2
    raise UnknownCurrency(f"{currency} is not among the currencies of this gateway")
