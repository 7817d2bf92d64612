"""The core's adapters for Stripe and Twilio, with peers that answer at once: everything of ours is measured, no network is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.apps.stands_in import stands_in_for
from benchmarks.harness.amounts import CURRENCY, TOTAL_CENTS
from payment_core.gateways.stripe.calls import StripeCalls
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.messengers.twilio.messenger import TwilioMessenger
from payment_core.services import AccountSetup, Adapters
from payment_core.serving.adapters import production_adapters

_numbers = itertools.count(1)


@stands_in_for(StripeCalls)
class AnsweringStripe(StripeCalls):
    """Answers as Stripe does, and counts what it was asked."""

    calls = 0

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
        type(self).calls += 1
        number = next(_numbers)
        if url.endswith("/v1/payment_intents"):
            return {
                "id": f"pi_{number}",
                "status": "succeeded",
                "currency": CURRENCY.lower(),
                "amount": TOTAL_CENTS,
                "amount_received": TOTAL_CENTS,
                "livemode": False,
            }
        return {
            "id": f"cs_{number}",
            "url": f"https://checkout.stripe.com/c/pay/cs_{number}",
            "status": "open",
            "currency": CURRENCY.lower(),
            "amount_total": TOTAL_CENTS,
            "expires_at": int(time.time()) + 1860,
            "livemode": False,
        }


@stands_in_for(TwilioMessenger)
class AnsweringTwilio(TwilioMessenger):
    """Takes every message at once."""

    def _call(self, method: str, path: str, *, body: bytes | None = None) -> dict[str, Any]:
        return {"sid": f"SM{next(_numbers):032x}", "status": "queued", "error_code": None}


def answering_adapters() -> Adapters:
    """Return the adapters of production, but for their calls."""
    real = production_adapters()

    def stripe(setup: AccountSetup) -> StripeGateway:
        gateway = real.gateways["stripe"](setup)
        assert isinstance(gateway, StripeGateway)
        calls = gateway.calls
        return StripeGateway(AnsweringStripe(calls.session, calls.key, calls.base_url), gateway.merchant, gateway.now)

    def twilio(setup: AccountSetup) -> TwilioMessenger:
        messenger = real.messengers["twilio"](setup)
        assert isinstance(messenger, TwilioMessenger)
        return AnsweringTwilio(messenger.session, messenger.of)

    return Adapters({"stripe": stripe}, {"twilio": twilio})
