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
        "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB",
        "BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP",
        "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
        "ISK", "JMD", "KES", "KGS", "KHR", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MKD", "MMK", "MNT",
        "MOP", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP",
        "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "STD", "SZL",
        "THB", "TJS", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "WST", "XCD", "YER", "ZAR", "ZMW",
    ]
)  # fmt: skip
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: eight digits, in some currencies more. Assumed: which.
_MOST_UNITS = 99_999_999
_MOST_OF_SMALL_UNITS = 999_999_999_999
_SMALL_UNITS = frozenset(
    [
        "COP", "HUF", "IDR", "INR", "JPY", "KRW", "LBP", "VND",
    ]
)  # fmt: skip
# The same page: what a payment must be at least, where it says so. Where it does not, Stripe itself decides.
_LEAST = {
    "AED": "2.00", "AUD": "0.50", "BRL": "0.50", "CAD": "0.50", "CHF": "0.50", "CZK": "15.00", "DKK": "2.50", "EUR": "0.50",
    "GBP": "0.30", "HKD": "4.00", "HUF": "175.00", "INR": "0.50", "JPY": "50", "MXN": "10", "MYR": "2", "NOK": "3.00",
    "NZD": "0.50", "PLN": "2.00", "RON": "2.00", "SEK": "3.00", "SGD": "0.50", "THB": "10", "USD": "0.50",
}  # fmt: skip


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
        raise AmountNotCarried(f"has more decimals than the {_digits(currency)} of {currency} here")
    step = step_of(currency)
    if step is not None and amount % step:
        raise AmountNotCarried(
            f"must be a multiple of {step} {currency} here, such as {amount - amount % step or step}"
        )
    if units > (_MOST_OF_SMALL_UNITS if currency in _SMALL_UNITS else _MOST_UNITS):
        raise AmountNotCarried("is more than one payment can be here")
    return units


def check_total(amount: Decimal, currency: str) -> None:
    """Check that a payment of this amount can be made; raises as ``units_of`` does."""
    units_of(amount, currency)
    least = least_of(currency)
    if least is not None and amount < least:
        raise AmountNotCarried(f"must be at least {least} {currency} here")


def step_of(currency: str) -> Decimal | None:
    """Return what an amount must be a multiple of; None where each unit is taken."""
    if currency in _WHOLE_ONLY:
        return Decimal(1)
    # Assumed of Jordan, Kuwait, Oman, Bahrain and Tunisia alike: the last of three decimals must be 0.
    return Decimal("0.010") if currency in _THREE else None


def least_of(currency: str) -> Decimal | None:
    """Return what a payment must be at least; None where Stripe does not say."""
    least = _LEAST.get(currency)
    return Decimal(least) if least is not None else None


def amount_of(units: int, currency: str, *, digits: int) -> Decimal:
    """Return Stripe's units as an amount with the merchant's ``digits``.

    Raises:
        UnknownCurrency.
    """
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
    raise UnknownCurrency("is not among the currencies of this gateway")
