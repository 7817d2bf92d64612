"""Encryption of secrets at rest, each bound to its owner.

Secrets and sessions use MultiFernet; what is written while somebody waits, such as the body of a callback, the faster
``body_cipher`` (ADR 10). Decrypting, counting and re-encrypting work for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from foundation.encryption.body_cipher import BodyCipher, Opened, is_body
from foundation.errors import Misconfigured, SecretUnreadable, ServiceError
from foundation.phones.phone import Phone
from foundation.secret import Secret

_MARK = b"\x00"
_NO_KEY_FITS = "A stored secret cannot be opened with the present encryption keys."


class Vault:
    """Encrypts bytes with the newest of several Fernet keys, and decrypts them with any.

    ``setting`` and ``remedy`` show an operator where the keys are given and what makes one; ``unreadable`` makes the error
    of a value that cannot be decrypted, for a service with an error of its own.
    """

    def __init__(
        self,
        keys: Sequence[Secret],
        *,
        setting: str,
        remedy: str,
        unreadable: Callable[[str], ServiceError] = SecretUnreadable,
    ) -> None:
        try:
            self._fernets = [Fernet(key.value) for key in keys]
        except ValueError as error:
            raise Misconfigured([f"{setting}: not a Fernet key; {remedy}"]) from error
        self._fernet = MultiFernet(self._fernets)
        self._bodies = BodyCipher(keys)
        self._unreadable = unreadable

    def seal(self, owner: str, plain: bytes) -> bytes:
        """Encrypt a secret of one tenant or merchant."""
        return self._fernet.encrypt(owner.encode() + _MARK + plain)

    def seal_body(self, owner: str, body: bytes) -> bytes:
        """Encrypt what is written while somebody waits, such as the body of a callback or webhook, for its owner."""
        return self._bodies.seal(owner.encode(), body)

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Decrypt what was encrypted for this owner.

        Raises:
            ServiceError: that of ``unreadable``: encrypted with an unknown key, or for another owner.
        """
        opened = self._opened(bytes(sealed))
        # The owner is part of the ciphertext, so that a value copied into another owner's row is refused.
        if opened.owner != owner.encode():
            raise self._unreadable("A stored secret belongs to another tenant.")
        return opened.plain

    def key_of(self, sealed: bytes) -> int | None:
        """Return the index of the key that decrypts this (0: the newest); None where no key does."""
        found = self._found(bytes(sealed))
        return found.place if found else None

    def reseal(self, sealed: bytes) -> bytes:
        """Re-encrypt a value with the newest key, for the same owner.

        Raises:
            ServiceError: that of ``unreadable``: none of the keys decrypts it.
        """
        opened = self._opened(bytes(sealed))
        if is_body(bytes(sealed)):
            return self._bodies.seal(opened.owner, opened.plain)
        return self._fernet.encrypt(opened.owner + _MARK + opened.plain)

    @property
    def keys(self) -> int:
        """Return the number of configured keys."""
        return len(self._fernets)

    def phone(self, owner: str, sealed: bytes) -> Phone:
        """Return an encrypted phone number, which is decrypted when its digits are read."""
        # Most rows are read without their numbers, and a number whose key is lost must not stop the rest of its row.
        return Phone(lambda: self.open(owner, sealed).decode())

    def _opened(self, sealed: bytes) -> Opened:
        found = self._found(sealed)
        if found is None:
            raise self._unreadable(_NO_KEY_FITS)
        return found

    def _found(self, sealed: bytes) -> Opened | None:
        return self._bodies.open(sealed) if is_body(sealed) else self._open_fernet(sealed)

    def _open_fernet(self, sealed: bytes) -> Opened | None:
        for place, fernet in enumerate(self._fernets):
            try:
                owner, _, plain = fernet.decrypt(sealed).partition(_MARK)
            except InvalidToken:
                continue
            return Opened(place, owner, plain)
        return None
