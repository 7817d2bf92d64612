"""How far a rehearsal is: lines on standard error and, in a terminal, a bar below them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import click
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

_BAR_WIDTH = 30


@dataclass(frozen=True)
class Status:
    """What the bar shows: the phase, and how many of the callbacks are sent."""

    phase: str
    sent: int
    callbacks: int
    kills: int


class Progress:
    """Lines alone, as a pipe or a file wants them."""

    def say(self, line: str) -> None:
        """Print a line to standard error."""
        # Standard output is for the result alone.
        click.echo(line, err=True)

    def show(self, _status: Callable[[], Status]) -> AbstractContextManager[object]:
        """Show the status for as long as the block lasts; here nothing is shown."""
        return nullcontext()


class LiveProgress(Progress):
    """A bar that is redrawn four times a second, below the lines."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, force_terminal=True, markup=False, emoji=False, highlight=False)
        self._began = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(line, soft_wrap=True)

    def show(self, status: Callable[[], Status]) -> AbstractContextManager[object]:
        """Show the status for as long as the block lasts, then wipe it away."""
        return Live(
            get_renderable=lambda: self._bar(status()),
            console=self._console,
            transient=True,
            # The result, which may go into a file, is none of its business.
            redirect_stdout=False,
        )

    def _bar(self, status: Status) -> Table:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        bar = ProgressBar(total=status.callbacks, completed=min(status.sent, status.callbacks), width=_BAR_WIDTH)
        grid = Table.grid(padding=(0, 2))
        grid.add_row(
            status.phase, bar, f"{status.sent}/{status.callbacks}", f"{status.kills} kills", f"{minutes}:{seconds:02}"
        )
        return grid


def open_progress() -> Progress:
    """Return what fits standard error: a bar needs a terminal that can redraw a line and may get escape codes."""
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    return Progress() if is_plain or not sys.stderr.isatty() else LiveProgress()
