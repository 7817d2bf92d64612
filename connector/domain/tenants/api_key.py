"""API keys of tenants and their scopes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PREFIX = "c2p_api_"


class Scope(StrEnum):
    """What a key may be used for.

    ``apex``: open launches for users of the org. ``flow``: send, cancel, and read what the key has sent.
    ``read``: list and read payment requests, and ask the core about one. ``capture``: capture or reverse money.
    ``supervise``: release a payment request whose outcome is unknown.
    """

    APEX = "apex"
    FLOW = "flow"
    READ = "read"
    CAPTURE = "capture"
    SUPERVISE = "supervise"


@dataclass(frozen=True)
class ApiKey:
    """One key of one tenant, without its text. ``key_id`` names it in lists, and as the person who acted."""

    key_id: str
    tenant_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Return whether the key has not expired."""
        return self.expires_at is None or now < self.expires_at


def key_digest(text: str) -> bytes:
    """Return the digest by which a key is found."""
    # Without salt or stretching: a key has 256 random bits, which nobody can guess from its digest.
    return hashlib.sha256(text.encode()).digest()
