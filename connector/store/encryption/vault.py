"""The connector's vault: its setting's name, and the error with a sentence where a stored secret cannot be decrypted."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import TenantProblem
from foundation.encryption import vault
from foundation.secret import Secret


class TenantVault(vault.Vault):
    """Encrypts for tenants; what cannot be decrypted is a ``TenantProblem``."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        super().__init__(
            keys, setting="CHAT2PAY_ENCRYPTION_KEYS", remedy="`chat2pay keys` makes one", unreadable=_unreadable
        )


def _unreadable(message: str) -> TenantProblem:
    return TenantProblem(message).with_sentence("keys_unreadable")
