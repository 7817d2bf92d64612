"""A lease on rows: who holds them, and until when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lease:
    """Rows are this holder's until then. ``lease_id`` is ``owner.random``: the random part is the fence."""

    lease_id: str
    until: datetime

    @classmethod
    def of(cls, owner: str, until: datetime) -> Lease:
        """Return a lease of its own for one claim of a process."""
        return cls(f"{owner}.{secrets.token_hex(8)}", until)
