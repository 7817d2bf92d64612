"""The console: lines that are printed at once, and the signals that stop the demo."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

# A closed terminal ends the demo as Ctrl-C does: its children have sessions of their own and get no SIGHUP.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """Print a line and flush it, so that the reader of a pipe sees it before we wait again."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more; the demo goes on until it is stopped.
        return


def print_error(text: str) -> None:
    """Print a line to standard error."""
    sys.stderr.write(f"{text}\n")


def interrupt_on_signals() -> None:
    """Raise KeyboardInterrupt on every signal that asks us to stop."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """Ignore them from now on: a second Ctrl-C must not leave half of the children running."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
