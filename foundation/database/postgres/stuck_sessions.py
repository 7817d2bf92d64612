"""End the sessions of processes that were paused in the middle of a statement while others wait for their locks.

``idle_in_transaction_session_timeout`` ends a transaction that is paused between two statements. A session whose client has
sent half of what it has to say (``executemany`` is one pipeline), or does not read the answer, counts as active, and no
setting of PostgreSQL before 17 bounds that: its rows stay locked for as long as the process is paused.
"""

from __future__ import annotations

import threading

from sqlalchemy import text

from foundation.database.database import APPLICATION, IDLE_SECONDS, Database
from foundation.database.outage import DATABASE_FAULT, reason_of
from foundation.log import get_logger

log = get_logger()
_EVERY_SECONDS = 2.0
# Only what holds up somebody: a slow reader of a large answer, such as an export, is left alone. `state_change` is the time
# of the last message. MATERIALIZED, because pg_blocking_pids stops the whole lock manager for a moment: hardly ever called.
_END = text(
    """
    WITH silent AS MATERIALIZED (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND starts_with(application_name, :application)
          AND state = 'active' AND wait_event_type = 'Client'
          AND state_change <= clock_timestamp() - make_interval(secs => :seconds)
    ), blocking AS MATERIALIZED (
        SELECT DISTINCT unnest(pg_blocking_pids(waiting.pid)) AS pid
        FROM pg_locks AS waiting WHERE NOT waiting.granted AND EXISTS (SELECT FROM silent)
    )
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM silent JOIN blocking USING (pid)
    """
)


class StuckSessions:
    """Looks for such sessions of this program in its database, and ends them. PostgreSQL only."""

    def __init__(self, url: str, *, after_seconds: float = IDLE_SECONDS) -> None:
        # A connection of its own: those of the pool may all be waiting for the very lock.
        self._database = Database(url, connections=1)
        self._after_seconds = after_seconds

    def watch(self, stopping: threading.Event) -> None:
        """Look every two seconds until ``stopping`` is set; an error of the database is logged."""
        while not stopping.wait(_EVERY_SECONDS):
            try:
                self.end()
            except DATABASE_FAULT as error:
                log.warning("step_failed", where="stuck_sessions", error=type(error).__name__, reason=reason_of(error))
        self.close()

    def end(self) -> int:
        """End those that have been silent for ``after_seconds`` and hold up somebody; return how many."""
        with self._database.read() as connection:
            ended: int = connection.execute(
                _END, {"application": APPLICATION, "seconds": self._after_seconds}
            ).scalar_one()
        if ended:
            log.warning("stuck_sessions_ended", count=ended)
        return ended

    def close(self) -> None:
        """Close the connection."""
        self._database.close()
