"""Make the proof by which the payment core's callbacks will be known."""

from __future__ import annotations

import base64
import secrets

from connector.domain.tenants.tenant import SIGNING_PREFIX, ProofKind

_KEY_BYTES = 32


def make_callback_proof(kind: ProofKind, *, tenant_id: str, secret: str | None = None) -> dict[str, str]:
    """Return a callback proof as it is stored: a fresh one, or one with a signing ``secret`` that the core made."""
    if kind is ProofKind.NONE:
        return {}
    if kind is ProofKind.HMAC:
        fresh = SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        return {"key": secret.strip() if secret else fresh}
    return {"user": tenant_id, "password": secrets.token_urlsafe(24)}
