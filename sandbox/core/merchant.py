"""Knows the merchant's configuration and the API key; refuses to know who asks for them."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sandbox.core.errors import invalid_control
from sandbox.core.money import known_currencies
from sandbox.core.store import Store
from sandbox.currencies import iso_digits

ENVIRONMENT = "SANDBOX"
CHANNELS = ("sms", "whatsapp")
TRANSACTION_TYPES = ("SALE", "AUTHORIZATION")
# WhatsApp tells whether a message arrived; plain SMS does not.
DELIVERY_REPORTS = {"sms": False, "whatsapp": True}


@dataclass(frozen=True)
class Merchant:
    merchant_name: str = "Karoo Coffee Roasters"
    sender_number: str = "27870000000"
    currencies: tuple[str, ...] = ("ZAR", "USD", "EUR", "GBP", "KES", "JPY", "KWD")
    channels: tuple[str, ...] = CHANNELS
    transaction_type: str = "SALE"
    review_auto_reversal: bool = False
    currency_digits: dict[str, int] = field(default_factory=dict)

    def digits_of(self, currency: str) -> int:
        """This function will say with how many decimal digits this merchant counts a currency: ISO 4217's unless set."""
        return self.currency_digits.get(currency, iso_digits(currency))


class MerchantDesk:
    """Holds the configuration and the one API key that all applications share."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction():
            self.current = read_merchant(store.fact("merchant") or {})
            if store.fact("api_key") is None:
                self.renew_key()
            self.api_key: str = store.fact("api_key")

    def renew_key(self) -> None:
        """This function will replace the API key; the old one stops working at once."""
        self.api_key = "core_" + secrets.token_urlsafe(32)
        self._store.remember("api_key", self.api_key)

    def configure(self, raw: object) -> tuple[Merchant, Merchant]:
        """This function will change the named settings and give the configuration before and after."""
        if not isinstance(raw, dict):
            raise invalid_control("body", "must be a JSON object")
        before = self.current
        after = read_merchant({**asdict(before), **raw})
        self._store.remember("merchant", asdict(after))
        self.current = after
        return before, after


def read_merchant(raw: dict[str, Any]) -> Merchant:
    """This function will check a configuration.

    Raises: Refusal (422) that names the field.
    """
    known = {one.name for one in fields(Merchant)}
    for name in raw:
        if name not in known:
            raise invalid_control(name, "is not a setting; known are " + ", ".join(sorted(known)))
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    merchant = replace(Merchant(), **given)
    _check_words("merchant_name", merchant.merchant_name)
    _check_words("sender_number", merchant.sender_number)
    _check_list("currencies", merchant.currencies, allowed=known_currencies())
    _check_list("channels", merchant.channels, allowed=frozenset(CHANNELS))
    if merchant.transaction_type not in TRANSACTION_TYPES:
        raise invalid_control("transaction_type", "must be SALE or AUTHORIZATION")
    if not isinstance(merchant.review_auto_reversal, bool):
        raise invalid_control("review_auto_reversal", "must be true or false")
    _check_digits("currency_digits", merchant.currency_digits)
    return merchant


def _check_words(field: str, value: object) -> None:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= 40:
        raise invalid_control(field, "must be a text of 1 to 40 characters")


def _check_list(field: str, value: object, *, allowed: frozenset[str]) -> None:
    if not isinstance(value, tuple) or not value or not all(isinstance(item, str) for item in value):
        raise invalid_control(field, "must be a list with at least one entry")
    unknown = sorted(set(value) - allowed)
    if unknown:
        raise invalid_control(field, "does not know " + ", ".join(unknown))


def _check_digits(field: str, value: object) -> None:
    known = known_currencies()
    if not isinstance(value, dict) or not set(value) <= known:
        raise invalid_control(field, "must name currencies")
    if not all(type(digits) is int and 0 <= digits <= 6 for digits in value.values()):
        raise invalid_control(field, "must be whole numbers from 0 to 6")
