"""Verify Stripe's webhooks: an HMAC over time and raw body. https://docs.stripe.com/webhooks#verify-manually"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from foundation.errors import UntrustedMessage
from foundation.secret import Secret

# Stripe's own default: https://docs.stripe.com/webhooks#replay-attacks
TOLERANCE_SECONDS = 300


def verify(raw: bytes, header: str, secrets: Sequence[Secret], *, now: datetime) -> None:
    """Check a ``Stripe-Signature`` header against each of several secrets, of which two are valid during a rotation.

    Raises:
        UntrustedMessage: no secret fits, or it is more than five minutes old, or from the future.
    """
    parts = [part.partition("=")[::2] for part in header.split(",")]
    stamped = next((value for name, value in parts if name.strip() == "t"), "")
    # As bytes: a header may hold what is no ASCII, which compare_digest takes in no text.
    signatures = [value.encode() for name, value in parts if name.strip() == "v1"]
    if not stamped.isdecimal():
        raise UntrustedMessage("no signature")
    signed = stamped.encode() + b"." + raw
    expected = [hmac.digest(one.value.encode(), signed, "sha256").hex().encode() for one in secrets]
    if not any(hmac.compare_digest(one, given) for one in expected for given in signatures):
        raise UntrustedMessage("signature does not match")
    # The vendor's own check takes a time an hour ahead; ours does not.
    if abs(now.timestamp() - int(stamped[:12])) > TOLERANCE_SECONDS:
        raise UntrustedMessage("too old or too early")
