"""Knows how secrets rest: encrypted and bound to their tenant; refuses to open one for another tenant."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.domain.phone import Phone
from connector.errors import Misconfigured, TenantProblem
from connector.settings import Secret

_MARK = b"\x00"


class Vault:
    """Seals and opens bytes with the newest of several Fernet keys; older keys still open."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.value) for key in keys])
        except ValueError as fault:
            raise Misconfigured(["CHAT2PAY_ENCRYPTION_KEYS: not a Fernet key; `chat2pay keys` makes one"]) from fault

    def seal(self, tenant_id: str, plain: bytes) -> bytes:
        """Encrypt ``plain`` for one tenant."""
        return self._fernet.encrypt(tenant_id.encode() + _MARK + plain)

    def open(self, tenant_id: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for this tenant.

        Raises:
            TenantProblem: sealed with an unknown key, or for another tenant.
        """
        try:
            owner, _, plain = self._fernet.decrypt(bytes(sealed)).partition(_MARK)
        except InvalidToken as fault:
            raise TenantProblem("A stored secret cannot be opened with the present encryption keys.") from fault
        if owner != tenant_id.encode():
            raise TenantProblem("A stored secret belongs to another tenant.")
        return plain

    def phone(self, tenant_id: str, sealed: bytes) -> Phone:
        """Return a sealed number that is opened when somebody looks at it."""
        return Phone(lambda: self.open(tenant_id, sealed).decode())
