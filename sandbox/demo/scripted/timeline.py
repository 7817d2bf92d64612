"""The steps of a scripted journey as they are printed: name, time, and nothing secret."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.processes.errors import DemoError, UnexpectedAnswer

_LONG_NUMBER = re.compile(r"\+?\d(?:[ -]?\d){8,}")


class StepFailed(DemoError):
    """A step of the journey did not do what it should."""

    def __init__(self, name: str, seen: str) -> None:
        super().__init__(f"FAILED at step “{name}”: {masked(seen)}")


class Timeline:
    """Prints each step, with the seconds since the start, when it is done."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._begun = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Run one step; what is added to the list is printed behind its name.

        Raises:
            StepFailed: a peer answered something else than the step needs.
        """
        notes: list[str] = []
        try:
            yield notes
        except UnexpectedAnswer as error:
            raise StepFailed(name, str(error)) from error
        except (LookupError, TypeError, ValueError) as error:
            # An answer of another shape: its values are not safe to show, the kind of error and the step are.
            raise StepFailed(name, f"an answer has another shape ({type(error).__name__})") from error
        note = f"  ({masked(', '.join(notes))})" if notes else ""
        self._say(f"{self.seconds():6.2f} s  {name}{note}")

    def seconds(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._begun


def masked(text: str) -> str:
    """Return the text with every long number down to its last four digits."""
    return _LONG_NUMBER.sub(lambda found: "…" + re.sub(r"\D", "", found[0])[-4:], text)
