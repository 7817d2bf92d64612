"""End a child process when its parent has ended, so that it never keeps the port."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
# Only where the system cannot tell a child that its parent has died.
_POLL_SECONDS = 0.5


def end_with_parent() -> None:
    """End this process, which `multiprocessing` started, as soon as its parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        return
    # A forked process has its parent's handlers, which would swallow signals until the server has set up its own.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which then stops us
    # SIGKILL and not SIGTERM: a parent that stops ends us first, so one that has ended was killed. granian's handler of
    # SIGTERM hangs for ever at the third signal, and a parent with threads sends several.
    armed = die_with_parent()
    # Checked only now: a parent that ended before the signal was armed sends none.
    if os.getppid() != parent.pid:
        os._exit(1)
    if not armed:
        threading.Thread(target=_follow, args=(parent.pid,), name="parent", daemon=True).start()


def die_with_parent() -> bool:
    """Have the kernel kill us when the parent ends; return whether it will.

    https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0) == 0)


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)
