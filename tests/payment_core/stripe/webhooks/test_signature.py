"""What Stripe signed is believed for five minutes, whichever secret is the present one and however the header is spaced."""

from __future__ import annotations

import hmac
import secrets

import pytest

from foundation.errors import UntrustedMessage
from foundation.secret import Secret
from payment_core.gateways.stripe.signature import verify
from tests.payment_core.conftest import NOW

RAW, SECONDS = b'{"id": "evt_1"}', int(NOW.timestamp())
SECRET = Secret(f"whsec_{secrets.token_hex(16)}")


def reason_against(header: str, *, signed: str) -> str | None:
    """Return why a header is refused in which ``{}`` is the signature over a time; None where it is believed."""
    made = hmac.digest(SECRET.value.encode(), f"{signed}.".encode() + RAW, "sha256").hex()
    try:
        verify(RAW, header.format(made), [SECRET], now=NOW)
    except UntrustedMessage as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("t={t},v1={{}}", None),
        ("t={t}, v1={{}}", None),
        ("v1={{}}, t={t}", None),
        # Two secrets sign side by side while one takes the place of the other.
        ("t={t},v1=00,v1={{}}", None),
        ("t={t},v1={{}},v0=00", None),
        # v0 is signed with a public word for test mode: https://docs.stripe.com/webhooks#verify-manually
        ("t={t},v0={{}}", "signature does not match"),
        ("x={t},v1={{}}", "no signature"),
        ("t=,v1={{}}", "no signature"),
        ("t=now,v1={{}}", "no signature"),
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
