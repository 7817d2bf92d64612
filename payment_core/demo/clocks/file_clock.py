"""A clock that runs ahead of real time by what a file says, for the processes of one rehearsal."""

from __future__ import annotations

import mmap
import os
import struct
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import utc_now

_SECONDS = struct.Struct("<d")


class FileClock:
    """Call it for the time. The file holds seconds as one little-endian double; whoever wrote it moves all processes at once."""

    def __init__(self, path: Path) -> None:
        opened = os.open(path, os.O_RDONLY)
        try:
            self._map = mmap.mmap(opened, _SECONDS.size, access=mmap.ACCESS_READ)
        finally:
            os.close(opened)

    def __call__(self) -> datetime:
        """Return the time of the rehearsal."""
        return utc_now() + timedelta(seconds=_SECONDS.unpack_from(self._map)[0])
