"""A clock that runs ahead of real time by what a file says, for the processes of one rehearsal."""

from __future__ import annotations

import mmap
import os
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import utc_now

SECONDS_BYTES = 8


def seconds_in(mapped: mmap.mmap) -> memoryview[float]:
    """Return the seconds of a mapped file as the one item of a view, which is read and written whole.

    `struct` first writes zeros, then byte by byte: a process that read in between was months back for a moment.
    """
    return memoryview(mapped).cast("d")


class FileClock:
    """Call it for the time. The file holds seconds, one double of this machine: whoever writes it moves all processes at once."""

    def __init__(self, path: Path) -> None:
        opened = os.open(path, os.O_RDONLY)
        try:
            self._seconds = seconds_in(mmap.mmap(opened, SECONDS_BYTES, access=mmap.ACCESS_READ))
        finally:
            os.close(opened)

    def __call__(self) -> datetime:
        """Return the time of the rehearsal."""
        return utc_now() + timedelta(seconds=self._seconds[0])
