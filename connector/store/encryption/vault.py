"""Encryption of secrets at rest, each bound to its tenant.

Secrets, sessions and phone numbers use MultiFernet, callback bodies the faster ``body_cipher`` (ADR 10); decrypting,
counting and re-encrypting work for both.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.errors import Misconfigured, TenantProblem
from connector.store.encryption.body_cipher import BodyCipher, Opened, is_body
from foundation.phones.phone import Phone
from foundation.secret import Secret

_MARK = b"\x00"
_SEALED_OTHERWISE = "A stored secret cannot be opened with the present encryption keys."


class Vault:
    """Encrypts bytes with the newest of several Fernet keys, and decrypts them with any."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        try:
            self._fernets = [Fernet(key.value) for key in keys]
        except ValueError as error:
            raise Misconfigured(["CHAT2PAY_ENCRYPTION_KEYS: not a Fernet key; `chat2pay keys` makes one"]) from error
        self._fernet = MultiFernet(self._fernets)
        self._bodies = BodyCipher(keys)

    def seal(self, tenant_id: str, plain: bytes) -> bytes:
        """Encrypt a secret of one tenant."""
        return self._fernet.encrypt(tenant_id.encode() + _MARK + plain)

    def seal_body(self, tenant_id: str, body: bytes) -> bytes:
        """Encrypt the body of a callback for one tenant."""
        return self._bodies.seal(tenant_id.encode(), body)

    def open(self, tenant_id: str, sealed: bytes) -> bytes:
        """Decrypt what was encrypted for this tenant.

        Raises:
            TenantProblem: encrypted with an unknown key, or for another tenant.
        """
        opened = self._opened(bytes(sealed))
        # The owner is part of the ciphertext, so that a value copied into another tenant's row is refused.
        if opened.owner != tenant_id.encode():
            raise TenantProblem("A stored secret belongs to another tenant.").with_sentence("keys_unreadable")
        return opened.plain

    def key_of(self, sealed: bytes) -> int | None:
        """Return the index of the key that decrypts this (0: the newest); None where no key does."""
        try:
            return self._opened(bytes(sealed)).place
        except TenantProblem:
            return None

    def reseal(self, sealed: bytes) -> bytes:
        """Re-encrypt a value with the newest key, for the same owner.

        Raises:
            TenantProblem: none of the keys decrypts it.
        """
        opened = self._opened(bytes(sealed))
        if is_body(bytes(sealed)):
            return self._bodies.seal(opened.owner, opened.plain)
        return self._fernet.encrypt(opened.owner + _MARK + opened.plain)

    @property
    def keys(self) -> int:
        """Return the number of configured keys."""
        return len(self._fernets)

    def phone(self, tenant_id: str, sealed: bytes) -> Phone:
        """Return an encrypted phone number, which is decrypted when its digits are read."""
        # Most rows are read without their numbers, and a number whose key is lost must not stop the rest of its row.
        return Phone(lambda: self.open(tenant_id, sealed).decode())

    def _opened(self, sealed: bytes) -> Opened:
        found = self._bodies.open(sealed) if is_body(sealed) else self._unlocked(sealed)
        if found is None:
            raise TenantProblem(_SEALED_OTHERWISE).with_sentence("keys_unreadable")
        return found

    def _unlocked(self, sealed: bytes) -> Opened | None:
        for place, fernet in enumerate(self._fernets):
            try:
                owner, _, plain = fernet.decrypt(sealed).partition(_MARK)
            except InvalidToken:
                continue
            return Opened(place, owner, plain)
        return None
