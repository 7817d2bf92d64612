"""How far a long command is, drawn on standard error where a person watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connector.commands.console.screens import screen


class Steps:
    """The steps of one command; a pipe, a file or a dumb terminal shows none of them."""

    def __init__(self, drawn: Progress, task: TaskID) -> None:
        self._drawn, self._task = drawn, task

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done."""
        self._drawn.advance(self._task, steps)

    def reached(self, done: int, total: int) -> None:
        """Say how many of how many steps are done."""
        self._drawn.update(self._task, completed=done, total=total)


@contextmanager
def progress(doing: str, *, total: int | None = None) -> Iterator[Steps]:
    """Show a bar while the block runs, then wipe it away; without ``total`` it only shows that something goes on."""
    console = screen("stderr")
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Log lines go to standard error, too: they are written above the bar. Standard output may be a file.
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_interactive, redirect_stdout=False
    ) as drawn:
        yield Steps(drawn, drawn.add_task(doing, total=total))
