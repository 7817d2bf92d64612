"""The memory of a process that has loaded what it needs: excluded from garbage collection, and returned where it is free."""

from __future__ import annotations

import ctypes
import gc


def trim_memory() -> None:
    """Collect as a long-running process should, exclude what was loaded from collections, and return freed memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if give_back is not None:
        give_back(0)
