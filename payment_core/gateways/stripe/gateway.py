"""One merchant's account at Stripe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from foundation.errors import UntrustedMessage
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import CardToken, Payment, PaymentState
from payment_core.domain.words import Mode
from payment_core.gateways.gateway import GatewayRefused, Page, PagePlan, SavedCharge, Sighting
from payment_core.gateways.stripe import payments
from payment_core.gateways.stripe.amounts import AmountNotCarried, UnknownCurrency, units_of
from payment_core.gateways.stripe.bodies import charge_body, encoded, page_body
from payment_core.gateways.stripe.calls import CardRefused, StripeCalls
from payment_core.gateways.stripe.events import sighting_of
from payment_core.gateways.stripe.signature import verify

_GONE = "resource_missing"


@dataclass(frozen=True)
class StripeGateway:
    """Calls that move money carry a key that was stored before them: the same key never moves money twice.

    https://docs.stripe.com/api/idempotent_requests
    """

    calls: StripeCalls
    merchant: Merchant
    now: Callable[[], datetime]

    def prepare(self, plan: PagePlan | SavedCharge) -> bytes:
        """Return the whole body; the same key with another body would be refused.

        Raises:
            GatewayRefused: the currency or the amount cannot be charged here.
        """
        try:
            if isinstance(plan, PagePlan):
                return page_body(plan, self.merchant, now=self.now())
            return charge_body(plan)
        except (AmountNotCarried, UnknownCurrency) as error:
            raise GatewayRefused(str(error), reason="amount_not_carried") from error

    def open_page(self, attempt: Attempt) -> Page:
        """Create the Checkout Session of an attempt."""
        session = self._posted("/v1/checkout/sessions", attempt.body, key=attempt.key)
        self._check_mode(session)
        dies_at = datetime.fromtimestamp(int(session["expires_at"]), UTC)
        if not session.get("url"):
            # An answer of long ago, kept for its key: the page is over.
            raise GatewayRefused("This page is over.", reason="session_over")
        return Page(page_id=session["id"], url=session["url"], dies_at=dies_at)

    def close_page(self, attempt: Attempt) -> Payment:
        """Expire the session; one that cannot be expired was probably paid: it is read in any case."""
        page_id = attempt.page_id or self._posted("/v1/checkout/sessions", attempt.body, key=attempt.key)["id"]
        try:
            self._posted(f"/v1/checkout/sessions/{page_id}/expire", b"", key=None)
        except GatewayRefused as refused:
            if refused.reason == _GONE:
                raise
        return self._of_page(str(page_id))

    def charge_saved(self, attempt: Attempt) -> Payment:
        """Confirm a payment intent with a saved card, while its owner is away."""
        try:
            intent = self.calls.post("/v1/payment_intents", attempt.body, key=attempt.key)
        except CardRefused as refused:
            intent = refused.body.get("payment_intent") or {}
            if not intent:
                raise GatewayRefused("The card was refused.", reason=str(refused.body.get("code"))) from refused
        return self._of_intent(str(intent["id"]))

    def look(self, attempt: Attempt) -> Payment:
        """Read the session of a page, or the intent of a charge."""
        if attempt.kind is AttemptKind.PAGE and attempt.page_id:
            return self._of_page(attempt.page_id)
        if attempt.payment_id:
            return self._of_intent(attempt.payment_id)
        raise GatewayRefused("Nothing of this attempt is known here.", reason=_GONE)

    def capture(self, attempt: Attempt, amount: Decimal | None, *, currency: str, key: str) -> Payment:
        """Capture an intent, once; the rest of it is released: https://docs.stripe.com/payments/place-a-hold"""
        intent = self._intent_of(attempt)
        body = {} if amount is None else {"amount_to_capture": units_of(amount, currency)}
        self._posted(f"/v1/payment_intents/{intent}/capture", encoded(body), key=key)
        return self.look(attempt)

    def give_back(self, attempt: Attempt, *, key: str) -> Payment:
        """Cancel an intent that is held, which is free; refund one that was taken."""
        intent = self._intent_of(attempt)
        if self.look(attempt).state is PaymentState.HELD:
            body = encoded({"cancellation_reason": "requested_by_customer"})
            self._posted(f"/v1/payment_intents/{intent}/cancel", body, key=key)
        else:
            self._posted("/v1/refunds", encoded({"payment_intent": intent}), key=key)
        return self.look(attempt)

    def forget(self, token: CardToken) -> None:
        """Detach a saved card; it can never be attached again."""
        try:
            self._posted(f"/v1/payment_methods/{token.card}/detach", b"", key=None)
        except GatewayRefused as refused:
            if refused.reason != _GONE:
                raise

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Sequence[Sighting]:
        """Verify an event; one of the other mode is not ours.

        Raises:
            UntrustedMessage.
        """
        given = {name.lower(): value for name, value in headers.items()}
        verify(raw, given.get("stripe-signature", ""), secrets, now=self.now())
        try:
            event: dict[str, Any] = json.loads(raw)
        except ValueError as error:
            raise UntrustedMessage("not a JSON document") from error
        if bool(event.get("livemode")) is not (self.merchant.mode is Mode.PRODUCTION):
            raise UntrustedMessage("an event of the other mode")
        found = sighting_of(event)
        return [found] if found else []

    def _of_page(self, page_id: str) -> Payment:
        session = self.calls.get(f"/v1/checkout/sessions/{page_id}", expand=payments.EXPAND_SESSION)
        self._check_mode(session)
        return payments.of_session(session, self.merchant)

    def _of_intent(self, payment_id: str) -> Payment:
        intent = self.calls.get(f"/v1/payment_intents/{payment_id}", expand=payments.EXPAND_INTENT)
        self._check_mode(intent)
        return payments.of_intent(intent, self.merchant)

    def _intent_of(self, attempt: Attempt) -> str:
        found = attempt.payment_id or self.look(attempt).payment_id
        if found is None:
            raise GatewayRefused("This attempt was never paid.", reason="not_paid")
        return found

    def _posted(self, path: str, body: bytes, *, key: str | None) -> dict[str, Any]:
        try:
            return self.calls.post(path, body, key=key)
        except CardRefused as refused:
            raise GatewayRefused("The card was refused.", reason=str(refused.body.get("code"))) from refused

    def _check_mode(self, item: Mapping[str, Any]) -> None:
        if bool(item.get("livemode")) is not (self.merchant.mode is Mode.PRODUCTION):
            raise GatewayRefused("The gateway answered in the other mode.", reason="other_mode")
