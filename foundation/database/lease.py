"""A lease on claimed rows: its holder, and until when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lease:
    """A claim on rows until a time.

    ``lease_id`` is ``owner.random``. By the owner, a process, its rows are released when it ends or dies; the random part is
    the fence: an outcome is written only where the row still has this very id, so one that comes late changes nothing.
    """

    lease_id: str
    until: datetime

    @classmethod
    def of(cls, owner: str, until: datetime) -> Lease:
        """Return a new lease for one claim of a process."""
        return cls(f"{owner}.{secrets.token_hex(8)}", until)
