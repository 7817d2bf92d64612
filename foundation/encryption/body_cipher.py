"""Encryption of callback bodies, fast enough to happen while the sender waits (ADR 10).

AES-256-GCM (NIST SP 800-38D) with the owner as authenticated data and a key per tenant, derived from the deployment's.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.secret import Secret

# Layout: a byte that no Fernet token begins with, the length of the owner's name, the name, the nonce, the ciphertext.
_FORM = 1
_NONCE_BYTES = 12
_PURPOSE = b"chat2pay callback body\x00"
_MOST_OWNERS = 10_000


@dataclass(frozen=True)
class Opened:
    """A decrypted value: the index of its key (0: the newest), its owner, and the plain bytes."""

    place: int
    owner: bytes
    plain: bytes


def is_body(sealed: bytes) -> bool:
    """Return whether a value was encrypted by this module."""
    return sealed[:1] == bytes((_FORM,))


class BodyCipher:
    """Encrypts with the newest of several keys (32 bytes in URL-safe base64); older keys still decrypt."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._roots = [base64.urlsafe_b64decode(key.value) for key in keys]
        self._ciphers: dict[bytes, list[AESGCM]] = {}

    def seal(self, owner: bytes, plain: bytes) -> bytes:
        """Encrypt ``plain`` for its owner."""
        # A random nonce may repeat after some 2**32 messages under one key; a key per tenant puts that out of reach.
        head, nonce = bytes((_FORM, len(owner))) + owner, os.urandom(_NONCE_BYTES)
        return head + nonce + self._ciphers_of(owner)[0].encrypt(nonce, plain, head)

    def open(self, sealed: bytes) -> Opened | None:
        """Decrypt with whichever key fits; None where none does."""
        begins = 2 + sealed[1] if len(sealed) > 1 else len(sealed)
        head, nonce, rest = sealed[:begins], sealed[begins : begins + _NONCE_BYTES], sealed[begins + _NONCE_BYTES :]
        for place, cipher in enumerate(self._ciphers_of(head[2:])) if rest else ():
            try:
                return Opened(place, head[2:], cipher.decrypt(nonce, rest, head))
            except InvalidTag:
                continue
        return None

    def _ciphers_of(self, owner: bytes) -> list[AESGCM]:
        known = self._ciphers.get(owner)
        if known is None:
            known = [AESGCM(hmac.digest(root, _PURPOSE + owner, "sha256")) for root in self._roots]
            # Owners are read from stored bytes, which a damaged database could fill with any number of names.
            if len(self._ciphers) >= _MOST_OWNERS:
                self._ciphers.clear()
            self._ciphers[owner] = known
        return known
