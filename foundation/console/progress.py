"""Progress bars of long commands, on standard error and only on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from foundation.console.screens import screen


class Steps:
    """The steps of one command; nothing is drawn in a pipe, a file or on a dumb terminal."""

    def __init__(self, drawn: Progress, task: TaskID) -> None:
        self._drawn, self._task = drawn, task

    def advance(self, steps: int = 1) -> None:
        """Count finished steps."""
        self._drawn.advance(self._task, steps)

    def reached(self, done: int, total: int) -> None:
        """Set the number of finished steps, and of all."""
        self._drawn.update(self._task, completed=done, total=total)


@contextmanager
def progress(doing: str, *, total: int | None = None) -> Iterator[Steps]:
    """Show a bar while the block runs, and remove it afterwards; without ``total`` it only shows activity."""
    console = screen("stderr")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Log lines go to standard error too, and rich writes them above the bar. Standard output may be a file.
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_interactive, redirect_stdout=False
    ) as drawn:
        yield Steps(drawn, drawn.add_task(doing, total=total))
