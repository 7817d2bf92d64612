"""The bodies of requests: a hosted page for a link, and the charge of a saved card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.words import TransactionType
from payment_core.gateways.gateway import PagePlan, SavedCharge
from payment_core.gateways.stripe.amounts import units_of

# A session lives 30 minutes at least: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at.
# One more, because an absolute time is sent and checked on arrival. Our own deadline comes before.
PAGE_LIVES = timedelta(minutes=31)
# https://docs.stripe.com/js/appendix/supported_locales: what is not among them is left to the browser.
_LOCALES = frozenset(
    [
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fi",
        "fil",
        "fr",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lt",
        "lv",
        "ms",
        "mt",
        "nb",
        "nl",
        "pl",
        "pt",
        "pt-BR",
        "ro",
        "ru",
        "sk",
        "sl",
        "sv",
        "th",
        "tr",
        "vi",
        "zh",
    ]
)
_LONGEST_SUFFIX = 22


def page_body(plan: PagePlan, merchant: Merchant, *, now: datetime) -> bytes:
    """Return the form-encoded body of a Checkout Session."""
    link = plan.link
    metadata = {"link": link.reference, "order": link.order_number}
    intent: dict[str, Any] = {"metadata": metadata}
    if link.transaction_type is TransactionType.AUTHORIZATION:
        intent["capture_method"] = "manual"
    if plan.saves_card:
        intent["setup_future_usage"] = "off_session"
    if suffix := _suffix(link.order_number):
        intent["statement_descriptor_suffix"] = suffix
    body: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        # Delayed methods would break a link that lives for minutes. `payment_method_types` was removed in endive.
        "allowed_payment_method_types": ["card"],
        "line_items": _line_items(link, merchant),
        # Else the customer may be shown, and charged in, another currency.
        "adaptive_pricing": {"enabled": False},
        "locale": _locale(link.language),
        "client_reference_id": link.reference,
        "metadata": metadata,
        "payment_intent_data": intent,
        "expires_at": int((now + PAGE_LIVES).timestamp()),
        "success_url": f"{plan.return_url}/return",
        "cancel_url": plan.return_url,
    }
    if plan.saves_card:
        body["customer_creation"] = "always"
    return encoded(body)


def charge_body(plan: SavedCharge) -> bytes:
    """Return the form-encoded body of a payment intent that is confirmed at once, without its payer."""
    link = plan.link
    body: dict[str, Any] = {
        "amount": units_of(link.total, link.currency),
        "currency": link.currency.lower(),
        "customer": plan.token.customer,
        "payment_method": plan.token.card,
        "off_session": True,
        "confirm": True,
        "metadata": {"link": link.reference, "order": link.order_number},
    }
    if link.transaction_type is TransactionType.AUTHORIZATION:
        body["capture_method"] = "manual"
    return encoded(body)


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return a body as Stripe reads it: nested names in brackets."""
    return urlencode(list(_pairs(body, ""))).encode()


def _line_items(link: Link, merchant: Merchant) -> list[dict[str, Any]]:
    """Return sub-total and tax where both are there, else one line: the sum is always the total."""
    if link.tax > 0 and link.sub_total > 0:
        lines = [(f"Order {link.order_number}", link.sub_total), ("Tax", link.tax)]
    else:
        lines = [(f"Order {link.order_number}", link.total)]
    return [_line(name, amount, link.currency, merchant) for name, amount in lines]


def _line(name: str, amount: Decimal, currency: str, merchant: Merchant) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": units_of(amount, currency),
            "product_data": {"name": f"{name} ({merchant.name})" if name.startswith("Order") else name},
        },
    }


def _locale(language: str) -> str:
    plain = language.replace("_", "-")
    for one in (plain, plain.partition("-")[0]):
        if one in _LOCALES:
            return one
    return "auto"


def _suffix(order_number: str) -> str:
    """Return what a card's statement adds to the merchant's name: letters and digits, with at least one letter."""
    plain = "".join(one for one in order_number if one.isascii() and (one.isalnum() or one in " -."))
    return f"ORDER {plain}"[:_LONGEST_SUFFIX].strip() if plain else ""


def _pairs(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _pairs(inner, f"{name}[{place}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, str(value)
