"""Run a module as a process that ends with its parent, so that even SIGKILL of the demo leaves no orphan."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become `python -m MODULE …` for the arguments `PARENT_PID MODULE …`, and end when the parent ends.

    A small program of its own: between fork and exec of a demo with threads no Python code may run safely.
    """
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        # It survives exec: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent ended before the signal was set.
        sys.exit(1)
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606  our own command, no shell


if __name__ == "__main__":
    main()
