"""Read Stripe's objects as payments, in the vocabulary of gateways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from foundation.money import ZERO
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Card, CardToken, Payment, PaymentState
from payment_core.gateways.stripe.amounts import UnknownCurrency, amount_of
from payment_core.gateways.stripe.bodies import EXPAND_INTENT as EXPAND_INTENT

EXPAND_SESSION = tuple(f"payment_intent.{one}" for one in EXPAND_INTENT)
_NOT_GIVEN = ("failed", "canceled")
_NEEDS_CUSTOMER = "authentication_required"
_WAITS = (PaymentState.OPEN, PaymentState.DECLINED)
# https://docs.stripe.com/payments/paymentintents/lifecycle in our words. What is not settled by the status alone, below.
STATES: Mapping[str, PaymentState] = {
    "requires_payment_method": PaymentState.OPEN,
    "requires_confirmation": PaymentState.OPEN,
    "requires_action": PaymentState.OPEN,
    "processing": PaymentState.UNDER_WAY,
    "requires_capture": PaymentState.HELD,
    "succeeded": PaymentState.TAKEN,
    "canceled": PaymentState.DEAD,
}


def of_session(session: Mapping[str, Any], merchant: Merchant) -> Payment:
    """Return the payment of a Checkout Session that was read with ``EXPAND_SESSION``."""
    intent = session.get("payment_intent")
    currency = str(session["currency"]).upper()
    asked = _amount(session["amount_total"], currency, merchant)
    is_over = session["status"] == "expired"
    if not isinstance(intent, Mapping):
        payment = Payment(state=PaymentState.DEAD if is_over else PaymentState.OPEN, currency=currency, amount=asked)
    else:
        payment = of_intent(intent, merchant)
        if is_over and payment.state in _WAITS:
            payment = replace(payment, state=PaymentState.DEAD)
        if (payment.amount, payment.currency) != (asked, currency):
            # The intent takes something else than its page shows: nobody asked for nothing, so it is not believed.
            payment = replace(payment, amount=ZERO)
    return replace(payment, page_id=session["id"], link_reference=session.get("client_reference_id"))


def of_charge(intent: Mapping[str, Any], merchant: Merchant) -> Payment:
    """Return the payment of an intent of a saved card: nobody is on a page, so that one that waits is over."""
    payment = of_intent(intent, merchant)
    if payment.state in _WAITS:
        needs = payment.decline_code == _NEEDS_CUSTOMER or intent["status"] == "requires_action"
        return replace(payment, state=PaymentState.NEEDS_CUSTOMER if needs else PaymentState.DECLINED)
    return payment


def of_intent(intent: Mapping[str, Any], merchant: Merchant) -> Payment:
    """Return the payment of an intent that was read with ``EXPAND_INTENT``."""
    currency = str(intent["currency"]).upper()
    charge = _expanded(intent.get("latest_charge"))
    state = _state(intent, charge)
    asked = _amount(intent["amount"], currency, merchant)
    # Compared in units: of a currency that nobody listed there are no amounts.
    units = int(intent.get("amount_received") or 0)
    taken = _amount(units, currency, merchant)
    given_back = _amount(_refunded(charge), currency, merchant) if units else ZERO
    if units and _refunded(charge) >= units:
        state = PaymentState.REVERSED
    elif state is PaymentState.REVERSED:
        given_back = asked
    has_money = state in (PaymentState.HELD, PaymentState.TAKEN, PaymentState.REVERSED)
    balance = _expanded(charge.get("balance_transaction"))
    same = str(balance.get("currency")).upper() == currency  # an account may be paid out in another one
    return Payment(
        state=state,
        currency=currency,
        amount=asked,
        payment_id=intent["id"],
        link_reference=(intent.get("metadata") or {}).get("link"),
        authorized=asked if has_money else ZERO,
        captured=taken,
        reversed=given_back,
        fee=_amount(balance.get("fee"), currency, merchant) if same else None,
        decided_at=_time(charge.get("created")),
        capture_before=_time(_card(charge).get("capture_before")),
        in_review=has_money and state is not PaymentState.REVERSED and _is_in_review(intent),
        settled=balance.get("status") == "available",
        disputed=bool(charge.get("disputed")),
        failed_refunds=sum(one.get("status") == "failed" for one in _refunds(charge)),
        card=_shown(_card(charge) or _refused_card(intent)),
        saved=_token(intent),
        decline_code=_decline_code(intent),
        reconciliation=charge.get("id"),
    )


def _state(intent: Mapping[str, Any], charge: Mapping[str, Any]) -> PaymentState:
    """Return the state of an intent; an undocumented status counts as under way, so it is read again."""
    state = STATES.get(str(intent["status"]), PaymentState.UNDER_WAY)
    if state is PaymentState.DEAD and charge.get("status") == "succeeded":
        # Money was held, and was released by us or by its time. A charge that had failed held nothing.
        return PaymentState.REVERSED
    if state is PaymentState.OPEN and intent.get("last_payment_error") and intent["status"] != "requires_action":
        return PaymentState.DECLINED
    return state


def _amount(units: object, currency: str, merchant: Merchant) -> Decimal:
    try:
        return amount_of(int(str(units or 0)), currency, digits=merchant.digits_of(currency))
    except UnknownCurrency:
        # We never ask in such a currency: an amount of nothing differs from whatever was asked, and raises the alarm.
        return ZERO


def _is_in_review(intent: Mapping[str, Any]) -> bool:
    """Return whether Radar's review is open: it holds no money back, but what was bought must not be shipped."""
    review = intent.get("review")
    return bool(review.get("open")) if isinstance(review, Mapping) else bool(review)


def _refunded(charge: Mapping[str, Any]) -> int:
    """Return what was given back of a charge, in units, refunds that are still under way included.

    Assumed: a partial capture may count what it releases in ``amount_refunded``; that was never taken, and is no refund.
    """
    counted = int(charge.get("amount_refunded") or 0)
    refunds = charge.get("refunds")
    if not isinstance(refunds, Mapping) or refunds.get("has_more"):
        return counted
    return min(counted, sum(int(one["amount"]) for one in _refunds(charge) if one.get("status") not in _NOT_GIVEN))


def _refunds(charge: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(_expanded(charge.get("refunds")).get("data", []))


def _expanded(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _card(charge: Mapping[str, Any]) -> Mapping[str, Any]:
    details = charge.get("payment_method_details") or {}
    card: Mapping[str, Any] = details.get("card") or {}
    return card


def _refused_card(intent: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the card that was refused, where a refusal holds the intent with the bare id of its charge.

    https://docs.stripe.com/api/payment_intents/object#payment_intent_object-last_payment_error-payment_method
    """
    method = _expanded(_expanded(intent.get("last_payment_error")).get("payment_method"))
    return _expanded(method.get("card"))


def _shown(card: Mapping[str, Any]) -> Card | None:
    if not card.get("last4"):
        return None
    expires = f"{card['exp_year']}-{int(card['exp_month']):02d}" if card.get("exp_year") else None
    return Card(str(card.get("brand") or "card").title(), str(card["last4"]), expires)


def _token(intent: Mapping[str, Any]) -> CardToken | None:
    """Return the saved card, where the page was opened to save one."""
    customer, card = intent.get("customer"), intent.get("payment_method")
    if intent.get("setup_future_usage") != "off_session" or not (isinstance(customer, str) and isinstance(card, str)):
        return None
    return CardToken(customer, card)


def _decline_code(intent: Mapping[str, Any]) -> str | None:
    error = intent.get("last_payment_error") or {}
    code = error.get("decline_code") or error.get("code")
    return str(error["code"]) if error.get("code") == _NEEDS_CUSTOMER else (str(code) if code else None)


def _time(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(int(str(seconds)), UTC) if seconds else None
