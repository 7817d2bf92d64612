"""The merchant's people on Stripe's dashboard, and the customers' banks."""

from __future__ import annotations

from sandbox.payment_rehearsal.actors.payment import Payment
from sandbox.payment_rehearsal.environment import Environment
from sandbox.stripe.account import Object
from sandbox.stripe.errors import StripeError


class BackOffice:
    """What happens to payments without the core."""

    def __init__(self, environment: Environment) -> None:
        self._stripe = environment.stripe

    def refund(self, payment: Payment, *, part: bool) -> None:
        """Refund what was taken, a third of it or all that is left."""
        with self._stripe.account.lock:
            for intent in self._of(payment, "succeeded"):
                # A multiple of ten: currencies of three decimals take no other.
                amount = max(10, int(intent["amount_received"]) // 30 * 10) if part else None
                self._tried(intent, amount)

    def dispute(self, payment: Payment) -> None:
        """Let the card's owner dispute the payment."""
        with self._stripe.account.lock:
            for intent in self._of(payment, "succeeded"):
                self._stripe.intents.dispute(intent)

    def warn_of_fraud(self, payment: Payment) -> None:
        """Let the card's network warn of fraud."""
        with self._stripe.account.lock:
            for intent in self._of(payment, "succeeded"):
                self._stripe.intents.warn_of_fraud(intent)

    def fail_refunds(self, payment: Payment) -> None:
        """Let a refund come back."""
        with self._stripe.account.lock:
            intents = {one["id"] for one in self._of(payment, "succeeded")}
            for refund in list(self._stripe.account.each("refund")):
                if refund["payment_intent"] in intents:
                    self._stripe.intents.fail_refund(refund)

    def close_review(self, payment: Payment, *, approve: bool) -> None:
        """Decide a review."""
        with self._stripe.account.lock:
            for intent in self._of(payment, "succeeded", "requires_capture"):
                if intent["review"]:
                    self._stripe.intents.close_review(intent, approve=approve)

    def settle(self) -> None:
        """Make all money available, as a payout does."""
        with self._stripe.account.lock:
            self._stripe.intents.settle()

    def end_holds(self) -> None:
        """Let holds end whose time is over; the stand-in itself does so when it is asked about them."""
        with self._stripe.account.lock:
            for intent in list(self._stripe.account.each("payment_intent")):
                self._stripe.intents.get(intent["id"])

    def _of(self, payment: Payment, *states: str) -> list[Object]:
        found = self._stripe.account.each("payment_intent")
        return [one for one in found if one["metadata"].get("link") == payment.reference and one["status"] in states]

    def _tried(self, intent: Object, amount: int | None) -> None:
        try:
            self._stripe.intents.refund(intent, amount)
        except StripeError:
            # Already returned, by the API or by an earlier click.
            return
