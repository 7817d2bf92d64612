"""Payment intents and their charges: held, taken, declined, captured, cancelled, refunded."""

from __future__ import annotations

from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.cards import card_of
from sandbox.stripe.errors import card_error, invalid, missing, unexpected_state
from sandbox.stripe.events import Deliveries
from sandbox.stripe.forms import whole

_DAY = 86_400
# Holds end after 7 days, those that a merchant starts after 4 days and 18 hours: https://stripe.com/en-nl/docs/payments/capture-later
_HOLD_LIVES, _HOLD_LIVES_OFF_SESSION = 7 * _DAY, 4 * _DAY + 18 * 3600
# https://docs.stripe.com/currencies: none, three, and counted in hundredths of which only whole ones are taken.
_THREE_DECIMALS = ("bhd", "jod", "kwd", "omr", "tnd")
_WHOLE_HUNDREDS = ("isk", "ugx")
_CURRENCY_LENGTH = 3
# [A] The account's fee; its real one differs by country and card.
_FEE = 0.029


class Intents:
    """What happens to payment intents."""

    def __init__(self, account: Account, deliveries: Deliveries) -> None:
        self.account = account
        self.publish = deliveries.publish

    def get(self, intent_id: object) -> Object:
        """Return an intent as it is now; a hold whose time is over is released first."""
        intent = self.account.find(intent_id, "payment_intent")
        if intent is None:
            raise missing("payment_intent", str(intent_id))
        self._release_old_hold(intent)
        return intent

    def new(self, body: dict[str, Any], **more: Any) -> Object:
        """Make an intent that waits for a card."""
        amount, currency = whole(body.get("amount"), "amount"), str(body.get("currency", ""))
        check_amount(amount, currency)
        return self.account.add(
            "pi", "payment_intent", amount=amount, amount_capturable=0, amount_received=0, currency=currency,
            status="requires_payment_method", capture_method=body.get("capture_method", "automatic_async"),
            customer=body.get("customer"), payment_method=None, latest_charge=None, last_payment_error=None,
            cancellation_reason=None, canceled_at=None, review=None, metadata=dict(body.get("metadata", {})),
            setup_future_usage=body.get("setup_future_usage"), next_action=None, **more,
        )  # fmt: skip

    def charge_saved(self, body: dict[str, Any]) -> Object:
        """Create and confirm an intent off session; a refusal is 402 with the intent in it."""
        card = self.account.find(body.get("payment_method"), "payment_method")
        if card is None:
            raise missing("PaymentMethod", str(body.get("payment_method")))
        if not card["customer"] or card["customer"] != body.get("customer"):
            # https://docs.stripe.com/api/payment_methods/detach: a detached card cannot be used any more
            raise invalid("The provided PaymentMethod cannot be used again.", code="payment_method_unexpected_state")
        intent = self.new(body, from_page=False)
        self.try_card(intent, card, card_of(card["number"]).saved, off_session=True)
        if intent["status"] in ("succeeded", "requires_capture"):
            return intent
        raise card_error(intent)

    def try_card(self, intent: Object, card: Object, outcome: str, *, off_session: bool = False) -> None:
        """Charge a card for an intent, or have it refused with ``outcome``: ``code/decline_code``."""
        intent["payment_method"] = card["id"]
        if outcome in ("succeeds", "review"):
            self._take(intent, card, off_session=off_session)
            if outcome == "review":
                self.open_review(intent)
            return
        code, _, decline = outcome.partition("/")
        charge = self._charge(intent, card, status="failed", off_session=off_session)
        # Back to its beginning, ready for another card: https://docs.stripe.com/payments/paymentintents/lifecycle
        intent["status"] = "requires_payment_method"
        intent["payment_method"] = None
        intent["last_payment_error"] = {
            "type": "card_error", "code": code, "message": "The card was refused.", "charge": charge["id"],
            # Whole, also where the charge is a bare id: https://docs.stripe.com/api/errors
            "payment_method": {name: value for name, value in card.items() if name != "number"},
            **({"decline_code": decline} if decline else {}),
        }  # fmt: skip
        self.account.save(intent)
        self.publish("payment_intent.payment_failed", intent)

    def capture(self, intent: Object, body: dict[str, Any]) -> Object:
        """Take held money, once; the rest is released: https://docs.stripe.com/payments/place-a-hold"""
        if intent["status"] != "requires_capture":
            raise unexpected_state(intent, "captured")
        amount = whole(body.get("amount_to_capture", intent["amount_capturable"]), "amount_to_capture")
        if amount > intent["amount_capturable"]:
            raise invalid("The amount is greater than what can be captured.", code="amount_too_large")
        check_amount(amount, intent["currency"])
        intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
        charge = self._charge_of(intent)
        charge |= {
            "captured": True,
            "amount_captured": amount,
            "balance_transaction": self._balance(charge, amount)["id"],
        }
        self.account.save(charge)
        self.account.save(intent)
        self.publish("charge.captured", charge)
        self.publish("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: Object, reason: str | None) -> Object:
        """Release what is held, or end an intent that waits."""
        allowed = ["requires_capture"]
        if not intent["from_page"]:
            # Those of a Checkout page only once they hold money: docstring of the SDK's PaymentIntent.cancel
            allowed += ["requires_payment_method", "requires_confirmation", "requires_action"]
        if intent["status"] not in allowed:
            raise unexpected_state(intent, "canceled")
        return self.end(intent, reason)

    def end(self, intent: Object, reason: str | None) -> Object:
        """Mark an intent as cancelled."""
        now = self.account.seconds
        intent |= {"status": "canceled", "cancellation_reason": reason, "canceled_at": now, "amount_capturable": 0}
        self.account.save(intent)
        self.publish("payment_intent.canceled", intent)
        return intent

    def refund(self, intent: Object, amount: int | None) -> Object:
        """Return taken money, all that is left unless ``amount`` says less; wherever it was asked for."""
        charge = self._charge_of(intent) if intent["latest_charge"] else None
        if charge is None or not charge["captured"]:
            raise invalid("This PaymentIntent does not have a successful charge to refund.")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left <= 0:
            # https://docs.stripe.com/error-codes#charge-already-refunded
            raise invalid("This charge has already been refunded.", code="charge_already_refunded")
        given = left if amount is None else amount
        if not 0 < given <= left:
            raise invalid("The refund is greater than what is left of the charge.", param="amount")
        charge["amount_refunded"] += given
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.account.save(charge)
        refund = self.account.add(
            "re", "refund", amount=given, currency=charge["currency"], charge=charge["id"], metadata={},
            payment_intent=intent["id"], status="succeeded", reason=None,
        )  # fmt: skip
        self.publish("refund.created", refund)
        self.publish("charge.refunded", charge)
        return refund

    def fail_refund(self, refund: Object) -> None:
        """Let a refund come back: https://docs.stripe.com/refunds#failed-refunds"""
        charge = self.account.find(refund["charge"], "charge")
        if charge is None or refund["status"] == "failed":
            return
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        self.account.save(charge)
        self.account.save(refund)
        self.publish("refund.updated", refund)
        self.publish("refund.failed", refund)

    def dispute(self, intent: Object) -> None:
        """Let the card's owner dispute a charge: https://docs.stripe.com/disputes"""
        charge = self._charge_of(intent)
        charge["disputed"] = True
        self.account.save(charge)
        dispute = self.account.add(
            "dp", "dispute", amount=charge["amount_captured"], charge=charge["id"], payment_intent=intent["id"],
            currency=charge["currency"], reason="fraudulent", status="needs_response", metadata={},
        )  # fmt: skip
        self.publish("charge.dispute.created", dispute)

    def close_dispute(self, intent: Object, status: str) -> None:
        """Let a dispute end as ``status`` says (won, lost, warning_closed): https://docs.stripe.com/disputes/how-disputes-work"""
        mine = (one for one in self.account.each("dispute") if one["payment_intent"] == intent["id"])
        dispute = self.account.save(next(mine) | {"status": status})
        self.publish("charge.dispute.closed", dispute)

    def warn_of_fraud(self, intent: Object) -> None:
        """Warn as a card network does: https://docs.stripe.com/api/radar/early_fraud_warnings/object"""
        warning = self.account.add(
            "issfr", "radar.early_fraud_warning", actionable=True, charge=intent["latest_charge"],
            fraud_type="made_with_stolen_card", payment_intent=intent["id"],
        )  # fmt: skip
        self.publish("radar.early_fraud_warning.created", warning)

    def open_review(self, intent: Object) -> Object:
        """Open a review, which holds no money back: https://docs.stripe.com/radar/reviews"""
        review = self.account.add(
            "prv", "review", open=True, opened_reason="rule", reason="rule", closed_reason=None,
            # The charge is named late: woocommerce-gateway-stripe #908 and #3063
            charge=None, payment_intent=intent["id"],
        )  # fmt: skip
        intent["review"] = review["id"]
        self.account.save(intent)
        self.publish("review.opened", review)
        return review

    def close_review(self, intent: Object, *, approve: bool) -> None:
        """Close a review. Approving captures nothing; refusing refunds what was taken.

        https://docs.stripe.com/radar/reviews/auth-and-capture
        """
        review = self.account.find(intent["review"], "review")
        if review is None or not review["open"]:
            return
        review |= {"open": False, "reason": "approved", "closed_reason": "approved"}
        if not approve:
            review |= {"reason": "refunded_as_fraud", "closed_reason": "refunded_as_fraud"}
            if intent["status"] == "succeeded":
                self.refund(intent, None)
            else:
                self.end(intent, "fraudulent")
        self.account.save(review)
        self.publish("review.closed", review)

    def settle(self) -> int:
        """Make all money available: https://docs.stripe.com/payouts#balances; return of how many payments."""
        pending = [one for one in self.account.each("balance_transaction") if one["status"] == "pending"]
        for one in pending:
            self.account.save(one | {"status": "available"})
        return len(pending)

    def _take(self, intent: Object, card: Object, *, off_session: bool) -> None:
        charge = self._charge(intent, card, status="succeeded", off_session=off_session)
        intent["last_payment_error"] = None
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self.account.save(intent)
            self.publish("payment_intent.amount_capturable_updated", intent)
            return
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        charge |= {"captured": True, "amount_captured": intent["amount"]}
        charge["balance_transaction"] = self._balance(charge, intent["amount"])["id"]
        self.account.save(charge)
        self.account.save(intent)
        self.publish("charge.succeeded", charge)
        self.publish("payment_intent.succeeded", intent)

    def _charge(self, intent: Object, card: Object, *, status: str, off_session: bool) -> Object:
        lives = _HOLD_LIVES_OFF_SESSION if off_session else _HOLD_LIVES
        details = {**card["card"]}
        if intent["capture_method"] == "manual" and status == "succeeded":
            details["capture_before"] = self.account.seconds + lives
        charge = self.account.add(
            "ch", "charge", amount=intent["amount"], amount_captured=0, amount_refunded=0, captured=False,
            currency=intent["currency"], status=status, paid=status == "succeeded", disputed=False, refunded=False,
            payment_intent=intent["id"], balance_transaction=None, metadata=dict(intent["metadata"]),
            payment_method=card["id"], payment_method_details={"type": "card", "card": details},
        )  # fmt: skip
        intent["latest_charge"] = charge["id"]
        return charge

    def _balance(self, charge: Object, amount: int) -> Object:
        return self.account.add(
            "txn", "balance_transaction", amount=amount, currency=charge["currency"], fee=round(amount * _FEE),
            status="pending", source=charge["id"],
        )  # fmt: skip

    def _charge_of(self, intent: Object) -> Object:
        charge = self.account.find(intent["latest_charge"], "charge")
        if charge is None:
            raise invalid("This PaymentIntent has no charge.")
        return charge

    def _release_old_hold(self, intent: Object) -> None:
        if intent["status"] != "requires_capture":
            return
        charge = self._charge_of(intent)
        if charge["payment_method_details"]["card"]["capture_before"] < self.account.seconds:
            self.publish("charge.expired", charge)
            self.end(intent, "automatic")


def check_amount(amount: int, currency: str) -> None:
    """Refuse what a currency cannot carry: https://docs.stripe.com/currencies"""
    if len(currency) != _CURRENCY_LENGTH or not currency.islower():
        raise invalid(f"Invalid currency: {currency}", param="currency")
    if amount <= 0:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    # [A] that the last digit of three must be 0 is checked when the payment is made
    step = 10 if currency in _THREE_DECIMALS else 100 if currency in _WHOLE_HUNDREDS else 1
    if amount % step:
        raise invalid(f"Invalid amount for {currency}", code="invalid_amount", param="amount")
