"""Erase numbers and contents that are older than the deployment's retention, an hour's share at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from payment_core.services import Core
from payment_core.store.erasing import retention
from payment_core.store.messages import send_counts

_AT_ONCE = 500  # rows in one short transaction, so that nobody waits long for the writer
_EVERY = timedelta(hours=1)


def erase_old(core: Core) -> int:
    """Erase one batch and return how many rows were erased; zero where nothing is old enough."""
    before = core.now() - timedelta(days=core.settings.retention_days)
    with core.transactions.write() as work:
        erased = retention.erase_queues(work, before=before, most=_AT_ONCE)
        # Limits count by the day; yesterday's are kept for whoever looks into them.
        send_counts.erase(work, before_day=f"{core.now() - timedelta(days=7):%Y-%m-%d}")
        return erased + retention.erase_numbers(work, before=before, most=_AT_ONCE)


class HourlyErasure:
    """Erases old rows, and looks again an hour after nothing was left."""

    def __init__(self) -> None:
        self._next_at: datetime | None = None

    def __call__(self, core: Core) -> int:
        """Do one step of it."""
        now = core.now()
        if self._next_at is not None and now < self._next_at:
            return 0
        erased = erase_old(core)
        self._next_at = None if erased else now + _EVERY
        return erased
