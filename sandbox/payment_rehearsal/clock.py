"""The time of a rehearsal: real time plus seconds in a file, which the core's processes map into their memory."""

from __future__ import annotations

import mmap
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SECONDS = struct.Struct("<d")


class SharedClock:
    """Call it for the time. ``advance`` moves every process at once; time never runs back."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(_SECONDS.pack(0.0))
        self.path = path
        self.ahead_seconds = 0.0
        self._lock = threading.Lock()
        with path.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), _SECONDS.size)

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass for everybody."""
        with self._lock:
            ahead = self.ahead_seconds + seconds
            # The core first: else a stand-in could date something after the core's own reading of the time.
            _SECONDS.pack_into(self._map, 0, ahead)
            self.ahead_seconds = ahead
