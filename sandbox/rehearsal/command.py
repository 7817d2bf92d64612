"""What the commands of all rehearsals share: the faults that are asked for, the folder, and how they end."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol, TypeVar

import click

from sandbox.rehearsal.http_client import RehearsalAborted
from sandbox.rehearsal.progress import Progress

_MAX_SHOWN = 25


class UnknownFaults(ValueError):
    """The plan names a fault that does not exist."""


class Interrupted(BaseException):
    """Raised when SIGTERM requests the rehearsal to stop."""


class Judged(Protocol):
    """What a rehearsal found."""

    @property
    def differences(self) -> Sequence[str]:
        """What is wrong, a line each."""

    @property
    def is_proven(self) -> bool:
        """Whether nothing was lost and nothing is wrong."""


Found = TypeVar("Found", bound=Judged)


def parse_faults(text: str, known: Sequence[str]) -> frozenset[str]:
    """Return the faults of ``all``, ``none`` or a list with commas.

    Raises:
        UnknownFaults: one of them does not exist, or none is named.
    """
    if text in ("all", "none"):
        return frozenset(known if text == "all" else ())
    chosen = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not chosen:
        raise UnknownFaults("no fault is named; say none for a rehearsal without any")
    unknown = sorted(chosen - set(known))
    if unknown:
        raise UnknownFaults(f"{', '.join(unknown)}: no such fault; known are all, none, {', '.join(known)}")
    return chosen


def chosen_faults(text: str, known: Sequence[str]) -> frozenset[str]:
    """Return the faults of an option ``--faults``; the command ends with its usage where that names an unknown one."""
    try:
        return parse_faults(text, known)
    except UnknownFaults as error:
        raise click.UsageError(str(error)) from error


def run_in_folder(
    rehearse: Callable[[Path], Found],
    *,
    beginning: str,
    prefix: str,
    keep: bool,
    progress: Progress,
    interrupted: Callable[[], None] = lambda: None,
) -> Found:
    """Run a rehearsal in a temporary folder, which stays where it proves nothing; exit with 1 where it does not end.

    ``beginning`` is said first, once a signal is listened to; ``interrupted`` says what was found so far, where Ctrl-C or
    SIGTERM ends it.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    failed = True
    try:
        progress.say(beginning)
        outcome = rehearse(folder)
        failed = not outcome.is_proven
    except RehearsalAborted as error:
        progress.say(f"The rehearsal could not be finished: {error}")
        sys.exit(1)
    except (Interrupted, KeyboardInterrupt):
        # Ended on purpose: there is nothing to look into, so the folder goes.
        failed = False
        interrupted()
        sys.exit(1)
    finally:
        if keep or failed:
            progress.say(f"kept, with the logs of every process: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return outcome


def say_differences(outcome: Judged, progress: Progress) -> None:
    """Show the first of the differences, and how many more there are."""
    for line in outcome.differences[:_MAX_SHOWN]:
        progress.say(f"  {line}")
    if len(outcome.differences) > _MAX_SHOWN:
        progress.say(f"  … and {len(outcome.differences) - _MAX_SHOWN} more")


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Leave through every `finally`, so that what was started is stopped and what was written is removed."""
    raise Interrupted
