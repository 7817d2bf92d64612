"""What Stripe signed is believed for five minutes, whichever secret is the present one and however the header is spaced."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import replace

import pytest

from foundation.errors import UntrustedMessage
from foundation.secret import Secret
from payment_core.domain.enums import Mode
from payment_core.gateways.stripe.gateway import StripeGateway
from payment_core.gateways.stripe.signature import verify
from tests.payment_core.conftest import MERCHANT, NOW
from tests.payment_core.stripe.gateway.test_reading_answers import CALLS

RAW, SECONDS = b'{"id": "evt_1"}', int(NOW.timestamp())
SECRET = Secret(f"whsec_{secrets.token_hex(16)}")


def reason_against(header: str, *, signed: str) -> str | None:
    """Return why a header is refused in which ``{}`` is the signature over a time; None where it is believed."""
    made = hmac.digest(SECRET.value.encode(), f"{signed}.".encode() + RAW, "sha256").hex()
    try:
        verify(RAW, header.format(made), [Secret("newer"), SECRET], now=NOW)
    except UntrustedMessage as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("t={t},v1={{}}", None),
        ("t={t}, v1={{}}", None),
        ("v1={{}}, t={t}", None),
        # While one secret takes the place of the other both are ours, and both of Stripe's signatures are sent.
        ("t={t},v1=00,v1={{}}", None),
        ("t={t},v1={{}},v0=00", None),
        # v0 is signed with a public word for test mode: https://docs.stripe.com/webhooks#verify-manually
        ("t={t},v0={{}}", "signature does not match"),
        ("x={t},v1={{}}", "no signature"),
        ("t=,v1={{}}", "no signature"),
        ("t=now,v1={{}}", "no signature"),
        ("t=²,v1={{}}", "no signature"),
        ("v1={{}}", "no signature"),
        ("t={t}", "signature does not match"),
        ("t={t},v1=00", "signature does not match"),
        ("t={t},v1=é", "signature does not match"),
        ("", "no signature"),
    ],
)
def test_a_signature_is_found_among_the_parts_of_its_header(header: str, reason: str | None) -> None:
    assert reason_against(header.format(t=SECONDS), signed=str(SECONDS)) == reason


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (SECONDS - 300, None),
        (SECONDS + 300, None),
        (SECONDS - 301, "too old or too early"),
        (SECONDS + 301, "too old or too early"),
        ("9" * 5000, "too old or too early"),
    ],
)
def test_a_signature_counts_for_five_minutes_to_either_side(seconds: object, reason: str | None) -> None:
    assert reason_against(f"t={seconds},v1={{}}", signed=str(seconds)) == reason


ABOUT = {"id": "evt_1", "data": {"object": {"object": "payment_intent", "id": "pi_1"}}}


@pytest.mark.parametrize(
    ("raw", "secret", "mode", "end"),
    [
        (json.dumps(ABOUT), SECRET, Mode.SANDBOX, 1),
        (json.dumps(ABOUT | {"livemode": True}), SECRET, Mode.PRODUCTION, 1),
        # About no payment: it is believed, and means nothing.
        (json.dumps({"id": "evt_1", "data": {"object": {"object": "customer"}}}), SECRET, Mode.SANDBOX, 0),
        (json.dumps(ABOUT), Secret("another"), Mode.SANDBOX, "signature does not match"),
        (json.dumps(ABOUT), SECRET, Mode.PRODUCTION, "an event of the other mode"),
        (json.dumps(ABOUT | {"livemode": True}), SECRET, Mode.SANDBOX, "an event of the other mode"),
        ("x", SECRET, Mode.SANDBOX, "not a JSON document"),
        ("[" * 100_000, SECRET, Mode.SANDBOX, "not a JSON document"),
        ("[]", SECRET, Mode.SANDBOX, "not an event"),
    ],
)
def test_an_event_is_read_only_as_stripe_signed_it_for_this_mode(
    raw: str, secret: Secret, mode: Mode, end: object
) -> None:
    made = hmac.digest(secret.value.encode(), f"{SECONDS}.{raw}".encode(), "sha256").hex()
    stripe = StripeGateway(CALLS, replace(MERCHANT, mode=mode), lambda: NOW)
    try:
        found: object = len(stripe.read_webhook(raw.encode(), {"stripe-signature": f"t={SECONDS},v1={made}"}, [SECRET]))
    except UntrustedMessage as refused:
        found = refused.reason
    assert found == end
