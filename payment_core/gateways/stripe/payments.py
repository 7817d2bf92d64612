"""Read Stripe's objects as payments, in the vocabulary of gateways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foundation.money import ZERO
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Card, CardToken, Payment, PaymentState
from payment_core.gateways.stripe.amounts import amount_of

# What a session is read with: everything that a payment says, in one call.
EXPAND_SESSION = ("payment_intent.latest_charge.balance_transaction", "payment_intent.latest_charge.refunds")
EXPAND_INTENT = ("latest_charge.balance_transaction", "latest_charge.refunds")
_NEEDS_CUSTOMER = "authentication_required"


def of_session(session: Mapping[str, Any], merchant: Merchant) -> Payment:
    """Return the payment of a Checkout Session that was read with ``EXPAND_SESSION``."""
    intent = session.get("payment_intent")
    currency = str(session["currency"]).upper()
    asked = amount_of(int(session["amount_total"]), currency, digits=merchant.digits_of(currency))
    if not isinstance(intent, Mapping):
        state = PaymentState.DEAD if session["status"] == "expired" else PaymentState.OPEN
        payment = Payment(state=state, currency=currency, amount=asked)
    else:
        payment = _of_page_intent(intent, merchant, page_status=str(session["status"]))
        # What was asked is what the page says: an intent of another amount must not pass for it.
        if payment.amount != asked or payment.currency != currency:
            payment = replace(payment, amount=payment.amount if payment.amount != asked else ZERO)
    return replace(payment, page_id=session["id"], link_reference=session.get("client_reference_id"))


def of_intent(intent: Mapping[str, Any], merchant: Merchant) -> Payment:
    """Return the payment of a payment intent that was read with ``EXPAND_INTENT``, of a saved card's charge."""
    payment = _money(intent, merchant)
    if payment.state in (PaymentState.OPEN, PaymentState.DECLINED):
        # Nobody is on a page: a charge that did not succeed is over.
        code = _decline_code(intent)
        needs = code == _NEEDS_CUSTOMER or intent["status"] == "requires_action"
        payment = replace(
            payment, state=PaymentState.NEEDS_CUSTOMER if needs else PaymentState.DECLINED, decline_code=code
        )
    return payment


def _of_page_intent(intent: Mapping[str, Any], merchant: Merchant, *, page_status: str) -> Payment:
    payment = _money(intent, merchant)
    if payment.state in (PaymentState.OPEN, PaymentState.DECLINED) and page_status == "expired":
        return replace(payment, state=PaymentState.DEAD)
    return payment


def _money(intent: Mapping[str, Any], merchant: Merchant) -> Payment:
    currency = str(intent["currency"]).upper()

    def amount(units: object) -> Any:
        return amount_of(int(str(units or 0)), currency, digits=merchant.digits_of(currency))

    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    state = _state(intent)
    asked, received = amount(intent["amount"]), amount(intent.get("amount_received"))
    held = state in (PaymentState.HELD, PaymentState.TAKEN)
    given_back = amount(charge.get("amount_refunded")) if received else ZERO
    if state is PaymentState.REVERSED:
        given_back = asked
    if received and given_back >= received:
        state = PaymentState.REVERSED
    balance = charge.get("balance_transaction")
    return Payment(
        state=state,
        currency=currency,
        amount=asked,
        payment_id=intent["id"],
        authorized=asked if held or state is PaymentState.REVERSED else ZERO,
        captured=received,
        reversed=given_back,
        fee=amount(balance.get("fee")) if isinstance(balance, Mapping) else None,
        decided_at=_time(charge.get("created")),
        capture_before=_time(_card(charge).get("capture_before")),
        in_review=state is PaymentState.TAKEN and bool(intent.get("review")),
        settled=isinstance(balance, Mapping) and balance.get("status") == "available",
        disputed=bool(charge.get("disputed")),
        refund_failed=_has_failed_refund(charge),
        card=_shown(charge),
        saved=_token(intent),
        decline_code=_decline_code(intent),
        reconciliation=charge.get("id"),
    )


def _state(intent: Mapping[str, Any]) -> PaymentState:
    """Return the state of https://docs.stripe.com/payments/paymentintents/lifecycle in our words."""
    status = intent["status"]
    if status == "succeeded":
        return PaymentState.TAKEN
    if status == "requires_capture":
        return PaymentState.HELD
    if status == "processing":
        return PaymentState.UNDER_WAY
    if status == "canceled":
        # Cancelled with a charge on it: a hold was released, by us or by its end.
        return PaymentState.REVERSED if intent.get("latest_charge") else PaymentState.DEAD
    return PaymentState.DECLINED if intent.get("last_payment_error") else PaymentState.OPEN


def _card(charge: Mapping[str, Any]) -> Mapping[str, Any]:
    details = charge.get("payment_method_details") or {}
    card: Mapping[str, Any] = details.get("card") or {}
    return card


def _shown(charge: Mapping[str, Any]) -> Card | None:
    card = _card(charge)
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


def _has_failed_refund(charge: Mapping[str, Any]) -> bool:
    refunds = charge.get("refunds")
    listed = refunds.get("data", []) if isinstance(refunds, Mapping) else []
    return any(one.get("status") == "failed" for one in listed)


def _time(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(int(str(seconds)), UTC) if seconds else None
