"""How this deployment recognises its own request, or its own answer, when it comes back from outside."""

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
    """Return what only a holder of the key can answer to a nonce; None for a nonce that is none.

    The key is used through another one made of it, so that no answer says anything about what the key itself signs.
    """
    if not _NONCE.fullmatch(nonce):
        return None
    own = hmac.new(key.value.encode(), _PURPOSE, hashlib.sha256).digest()
    return hmac.new(own, nonce.encode(), hashlib.sha256).hexdigest()


def recognises(keys: Sequence[Secret], nonce: str, answered: str) -> bool:
    """Say whether an answer came from a process that holds one of the keys: during a rotation there are two."""
    return any(hmac.compare_digest(recognition(key, nonce) or "", answered) for key in keys)


def probe_key(key: Secret, nonce: str) -> str:
    """Return a callback key that finds no tenant, and by which a holder of ``key`` knows that it asks itself."""
    return f"doctor-{nonce}-{recognition(key, nonce)}"


def is_probe(keys: Sequence[Secret], callback_key: str) -> bool:
    """Say whether a callback key is that of an examination of our own."""
    found = _PROBE.fullmatch(callback_key)
    return found is not None and recognises(keys, found[1], found[2])
