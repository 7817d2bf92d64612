"""The headers that prove a notification: HTTP Basic, or an HMAC as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from payment_core.domain.application import Proof

PREFIX = "whsec_"
# The bounds of Standard Webhooks.
FEWEST_BYTES, MOST_BYTES = 24, 64


def key_problem(secret: str) -> str | None:
    """Return what is wrong with an HMAC key; None for a good one, and for none at all."""
    if not secret or _key(secret) is not None:
        return None
    return f"must be {PREFIX} and the base64 of {FEWEST_BYTES} to {MOST_BYTES} bytes"


def proof_headers(proof: Proof, message_id: str, body: bytes, *, at: int) -> dict[str, str]:
    """Return the headers of one attempt: the id is the same in each, ``at`` (seconds since 1970) is the attempt's own."""
    headers = {}
    if proof.basic_user:
        pair = f"{proof.basic_user}:{proof.basic_password.value}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    key = _key(proof.hmac_key.value)
    if key is not None:
        # The bytes as they are sent: JSON that is written a second time may differ.
        signed = f"{message_id}.{at}.".encode() + body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        headers |= {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{digest}"}
    return headers


def _key(secret: str) -> bytes | None:
    if not secret.startswith(PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if FEWEST_BYTES <= len(key) <= MOST_BYTES else None
