"""Recognition of this deployment's own requests and answers when they come back from outside."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from foundation.secret import Secret

_NONCE = re.compile(r"[0-9a-f]{32}")
_PURPOSE = b"chat2pay recognises itself"
_PROBE = re.compile(r"doctor-([0-9a-f]{32})-([0-9a-f]{64})")


def recognition(key: Secret, nonce: str) -> str | None:
    """Return the answer to a nonce that only a holder of the key can give; None for a malformed nonce."""
    if not _NONCE.fullmatch(nonce):
        return None
    # By a derived key, so that answers reveal nothing about what the key itself signs.
    own = hmac.new(key.value.encode(), _PURPOSE, hashlib.sha256).digest()
    return hmac.new(own, nonce.encode(), hashlib.sha256).hexdigest()


def recognises(keys: Sequence[Secret], nonce: str, answered: str) -> bool:
    """Return whether an answer came from a process that has one of the keys; during a rotation there are two."""
    expected = [one for key in keys if (one := recognition(key, nonce)) is not None]
    return any(hmac.compare_digest(one.encode(), answered.encode(errors="replace")) for one in expected)


def probe_key(key: Secret, nonce: str) -> str:
    """Return a callback key of no tenant, by which a holder of ``key`` recognises its own request."""
    return f"doctor-{nonce}-{recognition(key, nonce)}"


def is_probe(keys: Sequence[Secret], callback_key: str) -> bool:
    """Return whether a callback key was made by an examination of this deployment."""
    found = _PROBE.fullmatch(callback_key)
    return found is not None and recognises(keys, found[1], found[2])
