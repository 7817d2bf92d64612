"""One merchant's account at Stripe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from foundation.errors import UntrustedMessage
from foundation.http.given_header import given_header
from foundation.secret import Secret
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.enums import Mode
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import CardToken, Payment, PaymentState
from payment_core.gateways.gateway import (
    AmountRefused,
    GatewayRefused,
    NotAdmitted,
    OutcomeUnknown,
    Page,
    PagePlan,
    PaymentIds,
    SavedCharge,
    Sighting,
)
from payment_core.gateways.stripe import payments
from payment_core.gateways.stripe.amounts import (
    AmountNotCarried,
    UnknownCurrency,
    check_total,
    least_of,
    step_of,
    units_of,
)
from payment_core.gateways.stripe.bodies import asked_of, charge_body, encoded, page_body, return_of
from payment_core.gateways.stripe.calls import CardRefused, InvalidRequest, MissingRight, ServerFault, StripeCalls
from payment_core.gateways.stripe.disputes import with_dispute_end
from payment_core.gateways.stripe.events import FOUND_BY_LIST, sighting_of
from payment_core.gateways.stripe.lost_answers import find_listed, is_surely_listed, is_young, never_made
from payment_core.gateways.stripe.signature import verify

if TYPE_CHECKING:  # the vendor's package checks our bodies; it is not needed to run
    from stripe.params import PaymentIntentCaptureParams

_GONE = "resource_missing"


@dataclass(frozen=True)
class StripeGateway:
    """Calls that move money carry a key that was stored before them: the same key never moves money twice.

    https://docs.stripe.com/api/idempotent_requests
    """

    calls: StripeCalls
    merchant: Merchant
    now: Callable[[], datetime]

    def check(self, currency: str, amounts: Mapping[str, Decimal]) -> None:
        """Check amounts by Stripe's own table of currencies.

        Raises:
            AmountRefused.
        """
        for word, amount in amounts.items():
            try:
                (check_total if word == "total" else units_of)(amount, currency)
            except UnknownCurrency as error:
                raise AmountRefused("currency", str(error)) from error
            except AmountNotCarried as error:
                raise AmountRefused(word, str(error)) from error

    def minimum(self, currency: str) -> Decimal | None:
        """Return what Stripe says that a payment must be at least."""
        return least_of(currency)

    def step(self, currency: str) -> Decimal | None:
        """Return what Stripe takes multiples of, where that is more than a currency's smallest unit."""
        return step_of(currency)

    def try_key(self) -> None:
        """Read the list of pages; a right that a restricted key lacks is named by doctor."""
        with suppress(MissingRight):
            self.calls.time()

    def prepare(self, plan: PagePlan | SavedCharge) -> bytes:
        """Return the whole body; the same key with another body would be refused.

        Raises:
            AmountRefused: the currency or the amount cannot be charged here.
        """
        link = plan.link
        self.check(link.currency, {"total": link.total})
        return page_body(plan, self.merchant, now=self.now()) if isinstance(plan, PagePlan) else charge_body(plan)

    def open_page(self, attempt: Attempt) -> Page:
        """Create the Checkout Session of an attempt, and say what it asks for."""
        session = self._session_of(attempt)
        if session is None or not session.get("url"):
            raise GatewayRefused("This page cannot be opened any more.", reason="page_not_made")
        self._check_mode(session)
        asked = payments.of_session(session, self.merchant)
        dies_at = datetime.fromtimestamp(int(session["expires_at"]), UTC)
        return Page(str(session["id"]), str(session["url"]), dies_at, asked.amount, asked.currency)

    def close_page(self, attempt: Attempt) -> Payment:
        """Expire the session; one that cannot be expired was probably paid: it is read in any case."""
        page_id = attempt.page_id or self._found_page(attempt)
        if page_id is None:
            return never_made(attempt, self.merchant)
        with suppress(InvalidRequest):
            self._post(f"/v1/checkout/sessions/{page_id}/expire", b"", key=None)
        return self._of_page(page_id)

    def charge_saved(self, attempt: Attempt) -> Payment:
        """Confirm a payment intent with a saved card, while its owner is away; its answer is complete."""
        if not is_young(attempt, self.now()):
            return self._found_charge(attempt)
        try:
            intent: Mapping[str, Any] = self.calls.post("/v1/payment_intents", attempt.body, key=attempt.key)
        except CardRefused as refused:
            if not refused.body.get("payment_intent"):
                raise GatewayRefused("The card was refused.", reason=str(refused.body.get("code"))) from refused
            intent = refused.body["payment_intent"]
        except ServerFault:
            return self._found_charge(attempt)
        self._check_mode(intent)
        return payments.of_charge(intent, self.merchant)

    def look(self, attempt: Attempt) -> Payment:
        """Read the session of a page, or the intent of a charge; one whose answer was lost is found first."""
        if attempt.page_id:
            return self._of_page(attempt.page_id)
        if attempt.payment_id:
            return self._of_intent(attempt.payment_id, attempt)
        if attempt.kind is AttemptKind.SAVED_CARD:
            return self.charge_saved(attempt)
        page_id = self._found_page(attempt)
        return self._of_page(page_id) if page_id else never_made(attempt, self.merchant)

    def named(self, ids: PaymentIds) -> PaymentIds:
        """Read an object for the metadata that we gave it: refunds, reviews, disputes and warnings carry none."""
        path = f"payment_intents/{ids.payment_id}" if ids.payment_id else f"checkout/sessions/{ids.page_id}"
        item = self.calls.get(f"/v1/{path}")
        self._check_mode(item)
        metadata = item.get("metadata") or {}
        return replace(ids, link_reference=metadata.get("link"), attempt_id=metadata.get("attempt"))

    def is_fraud_suspected(self, attempt: Attempt) -> bool:
        """Read the early fraud warnings about a payment: https://docs.stripe.com/disputes/measuring#early-fraud-warnings"""
        query = {"payment_intent": self._intent_of(attempt), "limit": "1"}
        return bool(self.calls.get("/v1/radar/early_fraud_warnings", query=query).get("data"))

    def reports(self, *, since: datetime) -> Sequence[Sighting]:
        """List events, as they were made: https://docs.stripe.com/api/events/list"""
        # Assumed: a restricted key that may read events may read those of every kind.
        kinds = {f"types[{place}]": kind for place, kind in enumerate(FOUND_BY_LIST)}
        query = {"created[gte]": str(int(since.timestamp())), **kinds}
        events = list(self.calls.each("/v1/events", query))
        for earlier in list(self.calls.each_account())[1:]:
            # Disputes of what an earlier account took come there; a key that was only rolled is refused by now.
            with suppress(NotAdmitted):
                events += earlier.each("/v1/events", query)
        found = [one for one in map(sighting_of, events) if one is not None]
        return list(reversed(found))

    def capture(self, attempt: Attempt, amount: Decimal | None, *, currency: str, key: str) -> Payment:
        """Capture an intent, once; the rest of it is released: https://docs.stripe.com/payments/place-a-hold"""
        path = f"/v1/payment_intents/{self._intent_of(attempt)}/capture"
        body: PaymentIntentCaptureParams = {"expand": list(payments.EXPAND_INTENT)}
        if amount is not None:
            self.check(currency, {"amount": amount})
            body["amount_to_capture"] = units_of(amount, currency)
        try:
            return payments.of_intent(self._post(path, encoded(body), key=key), self.merchant)
        except InvalidRequest as refused:
            return self._captured_before(attempt, refused)
        except ServerFault:
            payment = self.look(attempt)
            if payment.state is not PaymentState.HELD:
                return payment
            # Nothing was done, and the key answers so for a day. Money is captured once: without a key it is safe, too.
            return payments.of_intent(self._post(path, encoded(body), key=None), self.merchant)

    def give_back(self, attempt: Attempt, *, key: str) -> Payment:
        """Cancel an intent that is held, which is free; refund one that was taken."""
        intent = self._intent_of(attempt)
        payment = self.look(attempt)
        if payment.state is PaymentState.REVERSED:
            return payment
        path, body = return_of(intent, payment)
        try:
            self._post(path, encoded(body), key=f"{key}_{payment.state.value}")
        except ServerFault:
            payment = self.look(attempt)
            if payment.state is PaymentState.REVERSED:
                return payment
            # As with a capture: all that is left is returned, and that cannot happen twice.
            path, body = return_of(intent, payment)
            self._post(path, encoded(body), key=None)
        return self.look(attempt)

    def forget(self, token: CardToken) -> None:
        """Detach a saved card; it can never be attached again."""
        try:
            self._post(f"/v1/payment_methods/{token.card}/detach", b"", key=None)
        except GatewayRefused as refused:
            # 400 says that it is attached to nobody.
            if refused.reason != _GONE and not isinstance(refused, InvalidRequest):
                raise

    def read_webhook(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> Sequence[Sighting]:
        """Verify an event; one of the other mode is not ours.

        Raises:
            UntrustedMessage.
        """
        verify(raw, given_header(headers, "Stripe-Signature"), secrets, now=self.now())
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise UntrustedMessage("not a JSON document") from error
        if not isinstance(event, dict):
            raise UntrustedMessage("not an event")
        if bool(event.get("livemode")) is not (self.merchant.mode is Mode.PRODUCTION):
            raise UntrustedMessage("an event of the other mode")
        found = sighting_of(event)
        return [found] if found else []

    def _session_of(self, attempt: Attempt) -> dict[str, Any] | None:
        """Return the session of an attempt, made now or before; None where it was not made."""
        try:
            return self._post("/v1/checkout/sessions", attempt.body, key=attempt.key)
        except ServerFault:
            # What is not listed either was never given to anybody: nothing can be paid with it.
            return find_listed(self.calls, "/v1/checkout/sessions", attempt, {})

    def _found_page(self, attempt: Attempt) -> str | None:
        try:
            session = self._session_of(attempt)
        except InvalidRequest:
            # Its time had passed before it arrived for the first time; an earlier one would have been answered again.
            return None
        return str(session["id"]) if session else None

    def _found_charge(self, attempt: Attempt) -> Payment:
        customer = asked_of(attempt.body).customer or ""
        try:
            found = find_listed(self.calls, "/v1/payment_intents", attempt, {"customer": customer})
        except GatewayRefused:
            # The customer was deleted meanwhile, which says nothing of this charge.
            found = find_listed(self.calls, "/v1/payment_intents", attempt, {})
        if found is not None:
            return self._of_intent(str(found["id"]), attempt)
        if not is_surely_listed(attempt, self.now()):
            raise OutcomeUnknown("The gateway could not say what it did.")
        return never_made(attempt, self.merchant)

    def _captured_before(self, attempt: Attempt, refused: InvalidRequest) -> Payment:
        """Return what was captured before; raise the refusal where it was not."""
        payment = self.look(attempt)
        if payment.state is PaymentState.TAKEN:
            return payment
        if payment.state is PaymentState.REVERSED or refused.reason == "charge_expired_for_capture":
            raise GatewayRefused("The authorization has ended.", reason="authorization_expired") from refused
        raise refused

    def _of_page(self, page_id: str) -> Payment:
        session = self.calls.get(f"/v1/checkout/sessions/{page_id}", expand=payments.EXPAND_SESSION)
        self._check_mode(session)
        return with_dispute_end(self.calls, payments.of_session(session, self.merchant))

    def _of_intent(self, payment_id: str, attempt: Attempt) -> Payment:
        intent = self.calls.get(f"/v1/payment_intents/{payment_id}", expand=payments.EXPAND_INTENT)
        self._check_mode(intent)
        read = payments.of_charge if attempt.kind is AttemptKind.SAVED_CARD else payments.of_intent
        return with_dispute_end(self.calls, read(intent, self.merchant))

    def _intent_of(self, attempt: Attempt) -> str:
        found = attempt.payment_id or self.look(attempt).payment_id
        if found is None:
            raise GatewayRefused("This attempt was never paid.", reason="not_paid")
        return found

    def _post(self, path: str, body: bytes, *, key: str | None) -> dict[str, Any]:
        try:
            return self.calls.post(path, body, key=key)
        except CardRefused as refused:
            raise GatewayRefused("The card was refused.", reason=str(refused.body.get("code"))) from refused

    def _check_mode(self, item: Mapping[str, Any]) -> None:
        if bool(item.get("livemode")) is not (self.merchant.mode is Mode.PRODUCTION):
            raise GatewayRefused("The gateway answered in the other mode.", reason="other_mode")
