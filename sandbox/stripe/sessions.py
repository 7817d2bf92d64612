"""Checkout Sessions: opened by a merchant, paid by whoever has their address, expired by hand or by time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.cards import card_of
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.events import Deliveries
from sandbox.stripe.forms import listed, whole
from sandbox.stripe.intents import Intents, check_amount

# https://docs.stripe.com/api/checkout/sessions/create: what we send and a little more; any other name is refused
_KNOWN = frozenset(
    [
        "adaptive_pricing", "allowed_payment_method_types", "cancel_url", "client_reference_id", "customer",
        "customer_creation", "customer_email", "expand", "expires_at", "line_items", "locale", "metadata", "mode",
        "payment_intent_data", "payment_method_options", "saved_payment_method_options", "submit_type", "success_url", "ui_mode",
    ]
)  # fmt: skip
_UI_MODES = ("elements", "embedded_page", "form", "hosted_page")
# expires_at: between 30 minutes and 24 hours after the session was made.
_SHORTEST, _LONGEST = 30 * 60, 24 * 3600


class Sessions:
    """What happens to Checkout Sessions. ``public_url`` is where their pages are."""

    def __init__(self, account: Account, deliveries: Deliveries, intents: Intents, public_url: str) -> None:
        self.account = account
        self.publish = deliveries.publish
        self.intents = intents
        self.public_url = public_url

    def get(self, session_id: object) -> Object:
        """Return a session as it is now; one whose time is over has expired."""
        session = self.account.find(session_id, "checkout.session")
        if session is None:
            raise missing("checkout.session", str(session_id))
        if session["status"] == "open" and session["expires_at"] <= self.account.seconds:
            self._end(session)
        if session["payment_intent"] is not None:
            self.intents.get(session["payment_intent"])  # whose hold may be over
        return session

    def create(self, body: dict[str, Any]) -> Object:
        """Open a session."""
        _check(body)
        now = self.account.seconds
        expires_at = whole(body.get("expires_at", now + _LONGEST), "expires_at")
        if not now + _SHORTEST <= expires_at <= now + _LONGEST:
            raise invalid("`expires_at` must be between 30 minutes and 24 hours from now.", param="expires_at")
        amount, currency = _total(body)
        session = self.account.add(
            "cs_test", "checkout.session", status="open", payment_status="unpaid", mode=body["mode"], url=None,
            amount_total=amount, amount_subtotal=amount, currency=currency, expires_at=expires_at,
            payment_intent=None, customer=None, client_reference_id=body.get("client_reference_id"),
            metadata=dict(body.get("metadata", {})), success_url=body["success_url"], cancel_url=body.get("cancel_url"),
            payment_method_options=body.get("payment_method_options", {}),
            intent_data=body.get("payment_intent_data", {}), customer_creation=body.get("customer_creation", "if_required"),
        )  # fmt: skip
        session["url"] = f"{self.public_url}/c/pay/{session['id']}"
        return self.account.save(session)

    def expire(self, session: Object) -> Object:
        """Expire a session that is open, and no other: https://docs.stripe.com/api/checkout/sessions/expire"""
        if session["status"] != "open":
            raise invalid(
                f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
            )
        return self._end(session)

    def pay(self, session: Object, number: str) -> Object:
        """Be the customer: try a card on the page of an open session."""
        if session["status"] != "open":
            raise invalid("This page is over.")
        intent = self._intent_of(session)
        test, plain = card_of(number), number.replace(" ", "")
        card = self.account.add(
            "pm", "payment_method", type="card", customer=None, number=plain,
            card={"brand": test.brand, "last4": plain[-4:], "country": "US", **self._month_of_card()},
        )  # fmt: skip
        if test.on_page == "challenge":
            # https://docs.stripe.com/payments/3d-secure: the page shows the bank's own
            intent |= {
                "status": "requires_action",
                "payment_method": card["id"],
                "next_action": {"type": "use_stripe_sdk"},
            }
            return self.account.save(intent)
        self.intents.try_card(intent, card, test.on_page)
        self._complete(session, intent, card)
        return intent

    def answer_challenge(self, session: Object, *, approve: bool) -> Object:
        """Be the customer: end the bank's challenge."""
        intent = self._intent_of(session)
        card = self.account.find(intent["payment_method"], "payment_method")
        if intent["status"] != "requires_action" or card is None or session["status"] != "open":
            raise invalid("There is no challenge.")
        intent["next_action"] = None
        # https://docs.stripe.com/error-codes#payment-intent-authentication-failure
        self.intents.try_card(intent, card, "succeeds" if approve else "payment_intent_authentication_failure/")
        self._complete(session, intent, card)
        return intent

    def _intent_of(self, session: Object) -> Object:
        """Return the intent of a page, made when its customer tries to pay: https://docs.stripe.com/changelog (2022-08-01)"""
        if session["payment_intent"] is not None:
            return self.intents.get(session["payment_intent"])
        data = session["intent_data"]
        intent = self.intents.new(
            {**data, "amount": session["amount_total"], "currency": session["currency"]}, from_page=True
        )
        session["payment_intent"] = intent["id"]
        self.account.save(session)
        return intent

    def _complete(self, session: Object, intent: Object, card: Object) -> None:
        if intent["status"] not in ("succeeded", "requires_capture"):
            return
        if session["customer_creation"] == "always":
            customer = self.account.add("cus", "customer", metadata={})
            session["customer"] = intent["customer"] = customer["id"]
            if intent["setup_future_usage"]:
                # https://docs.stripe.com/payments/save-during-payment: the card is attached to the customer
                self.account.save(card | {"customer": customer["id"]})
            self.account.save(intent)
        session["status"] = "complete"
        # [A] A hold leaves the session unpaid: the truth is the intent's status.
        session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
        session["url"] = None
        self.account.save(session)
        self.publish("checkout.session.completed", session)

    def _month_of_card(self) -> dict[str, int]:
        # Reckoned from today: a saved card that has expired is offered to nobody.
        return {"exp_month": 12, "exp_year": datetime.fromtimestamp(self.account.seconds, UTC).year + 5}

    def _end(self, session: Object) -> Object:
        session |= {"status": "expired", "url": None}
        self.account.save(session)
        self.publish("checkout.session.expired", session)
        intent = self.account.find(session["payment_intent"], "payment_intent")
        if intent is not None and intent["status"].startswith("requires_"):
            self.intents.end(intent, "automatic")  # [A]
        return session


def _check(body: dict[str, Any]) -> None:
    if "payment_method_types" in body:
        # https://docs.stripe.com/changelog/endive/2026-09-30/remove-payment-method-types-checkout-sessions
        raise invalid("payment_method_types is not supported.", code="payment_method_types_no_longer_supported")
    for name in body:
        if name not in _KNOWN:
            raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    for name in ("mode", "line_items", "success_url"):
        if not body.get(name):
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if body.get("ui_mode", "hosted_page") not in _UI_MODES:
        raise invalid("Invalid ui_mode", param="ui_mode")


def _total(body: dict[str, Any]) -> tuple[int, str]:
    amount, currencies = 0, set()
    for item in listed(body["line_items"]):
        price = item["price_data"]
        unit, currency = whole(price.get("unit_amount"), "unit_amount"), str(price.get("currency", ""))
        check_amount(unit, currency)
        amount += unit * whole(item.get("quantity", 1), "quantity")
        currencies.add(currency)
    if len(currencies) != 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    return amount, currencies.pop()
