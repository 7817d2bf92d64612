"""How a process ends with the one that started it, however that one ended, so that it never keeps its port."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
_LOOK_SECONDS = 0.5


def end_with_parent(*, within: float) -> None:
    """End this process, which `multiprocessing` started, when its parent is gone: politely, after ``within`` seconds anyway.

    Call it first: until then a forked process has its parent's own handlers, which would swallow the signal.
    """
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which tells us
    if sys.platform == "linux":
        # At once, and also while no thread of ours can run: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    # Looked at only now: a parent that ended before the signal was armed sends none.
    if os.getppid() != parent.pid:
        os._exit(1)
    threading.Thread(target=_follow, args=(parent.pid, within), name="parent", daemon=True).start()


def _follow(parent: int, within: float) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(within)
    os._exit(1)
