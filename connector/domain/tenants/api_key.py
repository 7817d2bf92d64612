"""A tenant's API key: its text is shown once, its digest finds it, its scopes say what it opens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PREFIX = "c2p_api_"


class Scope(StrEnum):
    """What a key may be used for.

    ``apex``: open launches for users of the org. ``flow``: send and cancel, and look at what one has sent.
    ``read``: list and read payment requests, and ask the core about one. ``capture``: take held money, or give money back.
    ``supervise``: release an order from a payment request that nobody can vouch for.
    """

    APEX = "apex"
    FLOW = "flow"
    READ = "read"
    CAPTURE = "capture"
    SUPERVISE = "supervise"


@dataclass(frozen=True)
class ApiKey:
    """One key of one tenant, without its text. ``key_id`` names it in lists and as the person who acted."""

    key_id: str
    tenant_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Say whether the key still counts."""
        return self.expires_at is None or now < self.expires_at


def key_digest(text: str) -> bytes:
    """Return what a key is found by. A key has 256 random bits, so a plain digest of it tells nothing."""
    return hashlib.sha256(text.encode()).digest()
