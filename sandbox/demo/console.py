"""Knows the console: what is said there, and the signals that come from there; refuses to know what they end."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

# A closed terminal ends the demo as Ctrl-C does: its children have sessions of their own and would not hear it.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """Print a line now: whoever reads a pipe must see it before we wait again."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # nobody reads any more; the demo goes on until it is stopped
        return


def complain(text: str) -> None:
    """Print a line where scripts look for what went wrong."""
    sys.stderr.write(f"{text}\n")


def end_on_signals() -> None:
    """Let every signal that asks us to stop raise KeyboardInterrupt."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """Stop listening: a second Ctrl-C must not leave half of the children."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
