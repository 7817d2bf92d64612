"""Knows how a callback is signed as Standard Webhooks has it; refuses to know what it says or where it goes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from sandbox.core.errors import invalid_control

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64


def key_of(secret: str) -> bytes:
    """This function will give the key that a secret stands for.

    Raises: Refusal (422) for a secret that is none.
    """
    why = f"must be {PREFIX} and the base64 of {FEWEST_BYTES} to {MOST_BYTES} bytes"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise invalid_control("hmac_key", why) from None
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise invalid_control("hmac_key", why)
    return key


def signed_headers(secret: str, message_id: str, body: bytes, *, at: float) -> dict[str, str]:
    """This function will sign one attempt: the id stays the same in every attempt, the timestamp is the attempt's own."""
    moment = str(int(at))
    signed = f"{message_id}.{moment}.".encode() + body
    digest = base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": f"v1,{digest}"}
