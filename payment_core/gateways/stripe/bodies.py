"""The bodies of requests: a hosted page for a link, the charge of a saved card, and the return of money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from foundation.http.form_body import form_body
from payment_core.domain.enums import ThreeDSecure, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.gateways.gateway import GatewayRefused, PagePlan, SavedCharge
from payment_core.gateways.stripe.amounts import step_of, units_of

if TYPE_CHECKING:  # the vendor's package checks our bodies; it is not needed to run
    from stripe.params import PaymentIntentCancelParams, PaymentIntentCreateParams, RefundCreateParams
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsPaymentIntentData,
    )

# A session lives 30 minutes at least: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at.
# One more, because an absolute time is sent and checked on arrival. Our own deadline comes before.
PAGE_LIVES = timedelta(minutes=31)
# https://docs.stripe.com/js/appendix/supported_locales: what is not among them is left to the browser.
LOCALES = frozenset(
    [
        "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN", "hr", "hu",
        "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th",
        "tr", "vi", "zh", "zh-HK", "zh-TW",
    ]
)  # fmt: skip
# A statement shows 22 characters, of which the account's own prefix may take ten and a separator two:
# https://docs.stripe.com/get-started/account/statement-descriptors#dynamic
_LONGEST_SUFFIX = 10
# What an answer is read with, so that one call is enough. An answer of 402 cannot be expanded.
EXPAND_INTENT = ("latest_charge.balance_transaction", "latest_charge.refunds", "review")


def page_body(plan: PagePlan, merchant: Merchant, *, now: datetime) -> bytes:
    """Return the form-encoded body of a Checkout Session."""
    link = plan.link
    metadata = _metadata(plan)
    # Events of the intent, and of the charge, which copies it, name our link before we know their ids.
    intent: SessionCreateParamsPaymentIntentData = {"metadata": metadata}
    if link.transaction_type is TransactionType.AUTHORIZATION:
        intent["capture_method"] = "manual"
    if plan.saves_card:
        intent["setup_future_usage"] = "off_session"
    if suffix := _suffix(link.order_number):
        intent["statement_descriptor_suffix"] = suffix
    body: SessionCreateParams = {
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
    if merchant.three_d_secure is not ThreeDSecure.AUTOMATIC:
        # https://docs.stripe.com/payments/3d-secure/authentication-flow#manual-three-ds
        body["payment_method_options"] = {"card": {"request_three_d_secure": merchant.three_d_secure.value}}
    if plan.saves_card:
        body["customer_creation"] = "always"
    return encoded(body)


def charge_body(plan: SavedCharge) -> bytes:
    """Return the form-encoded body of a payment intent that is confirmed at once, without its payer."""
    link = plan.link
    body: PaymentIntentCreateParams = {
        "amount": units_of(link.total, link.currency),
        "currency": link.currency.lower(),
        "customer": plan.token.customer,
        "payment_method": plan.token.card,
        "allowed_payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "metadata": _metadata(plan),
        "expand": list(EXPAND_INTENT),
    }
    if link.transaction_type is TransactionType.AUTHORIZATION:
        body["capture_method"] = "manual"
    return encoded(body)


@dataclass(frozen=True)
class Asked:
    """What a stored body asks for. ``customer`` is that of a saved card."""

    units: int
    currency: str
    customer: str | None


def asked_of(body: bytes) -> Asked:
    """Read back what one of our own bodies asks for."""
    pairs = dict(parse_qsl(body.decode()))
    items = [int(value) for name, value in pairs.items() if name.endswith("[price_data][unit_amount]")]
    currency = pairs.get("currency") or pairs["line_items[0][price_data][currency]"]
    return Asked(int(pairs.get("amount", sum(items))), currency.upper(), pairs.get("customer"))


def _metadata(plan: PagePlan | SavedCharge) -> dict[str, str]:
    link = plan.link
    return {"link": link.reference, "order": link.order_number, "attempt": plan.attempt.attempt_id}


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return a body as Stripe reads it: nested names in brackets."""
    pairs: list[tuple[str, str]] = []
    _gather(pairs, "", body)
    return form_body(pairs)


def _line_items(link: Link, merchant: Merchant) -> list[SessionCreateParamsLineItem]:
    """Return sub-total and tax where both are there and can be charged, else one line: the sum is always the total."""
    step = step_of(link.currency)
    if link.tax > 0 and link.sub_total > 0 and (step is None or not link.tax % step):
        lines = [(f"Order {link.order_number}", link.sub_total), ("Tax", link.tax)]
    else:
        lines = [(f"Order {link.order_number}", link.total)]
    return [_line(name, amount, link.currency, merchant) for name, amount in lines]


def _line(name: str, amount: Decimal, currency: str, merchant: Merchant) -> SessionCreateParamsLineItem:
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
        if one in LOCALES:
            return one
    return "auto"


def _suffix(order_number: str) -> str:
    """Return what a card's statement adds to the merchant's name: letters and digits, at least one of them a letter."""
    plain = re.sub(r"[^A-Za-z0-9]", "", order_number)[-_LONGEST_SUFFIX:]
    return plain if re.search(r"[A-Za-z]", plain) or not plain else f"O{plain[1 - _LONGEST_SUFFIX :]}"


def _gather(pairs: list[tuple[str, str]], name: str, value: Any) -> None:
    """Append the pairs of a value. Our own bodies are plain dicts and lists: no abstract type need be asked for."""
    if isinstance(value, dict):
        for key, inner in value.items():
            place = f"{name}[{key}]" if name else key
            # Most are texts, for which no call is made.
            pairs.append((place, inner)) if isinstance(inner, str) else _gather(pairs, place, inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _gather(pairs, f"{name}[{place}]", inner)
    elif isinstance(value, bool):
        pairs.append((name, "true" if value else "false"))
    else:
        pairs.append((name, str(value)))


def return_of(intent: str, payment: Payment) -> tuple[str, Mapping[str, Any]]:
    """Return the path and the body that give money back.

    Raises:
        GatewayRefused: there is none.
    """
    if payment.state is PaymentState.HELD:
        cancel: PaymentIntentCancelParams = {"cancellation_reason": "requested_by_customer"}
        return f"/v1/payment_intents/{intent}/cancel", cancel
    if payment.state is PaymentState.TAKEN:
        # No amount: all that was not refunded before.
        refund: RefundCreateParams = {"payment_intent": intent}
        return "/v1/refunds", refund
    raise GatewayRefused("There is no money to give back.", reason="nothing_to_give_back")
