"""The time of a rehearsal: real time plus seconds in a file, which the core's processes map into their memory."""

from __future__ import annotations

import mmap
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BYTES = 8


class SharedClock:
    """Call it for the time. ``advance`` moves every process at once; time never runs back."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(_BYTES))
        self.path = path
        self.ahead_seconds = 0.0
        self._lock = threading.Lock()
        with path.open("r+b") as opened:
            # One double of this machine, read and written whole. `struct` first writes zeros, then byte by byte: a process
            # that read in between was months back for a moment.
            self._seconds = memoryview(mmap.mmap(opened.fileno(), _BYTES)).cast("d")

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody."""
        with self._lock:
            ahead = self.ahead_seconds + seconds
            # The core first: else a stand-in could date something after the core's own reading of the time.
            self._seconds[0] = ahead
            self.ahead_seconds = ahead
