"""Knows that children are kept alive, and when to give one up; refuses to know what they are for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.demo.errors import FRESH_START_HINT, DemoError, RefusedToStart
from sandbox.demo.processes.child import Child, describe_exit

Say = Callable[[str], None]
_DEATHS = 5
_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.1
_REFUSES = 2  # wrong use or surroundings: another start would end the same way


@dataclass
class _Deaths:
    at: deque[float] = field(default_factory=lambda: deque(maxlen=_DEATHS))
    never_opened: int = 0

    def too_many(self) -> bool:
        in_haste = len(self.at) == _DEATHS and self.at[-1] - self.at[0] <= _WITHIN_S
        # where a start takes long, five of them need more than ten seconds
        return in_haste or self.never_opened >= _DEATHS


class Supervisor:
    """Starts a child again when it ends, until it has ended too often."""

    def __init__(self, *, say: Say) -> None:
        self._say = say
        self._deaths: dict[str, _Deaths] = {}
        self._children: list[Child] = []

    def start(self, child: Child) -> None:
        """Start a child and keep it from now on."""
        self._children.append(child)
        child.start()

    def look(self) -> None:
        """Start what has ended. Raises DemoFault with the last lines of a child that will not stay, or will not start."""
        for child in self._children:
            code = child.ended()
            if code is not None:
                self._start_again(child, code)

    def keep(self, *, until: Callable[[], bool]) -> None:
        """Look again and again. Raises DemoFault."""
        while not until():
            self.look()
            time.sleep(_LOOK_EVERY_S)

    def stop(self) -> None:
        """End all children: the connector first, so that it can still tell its peers what it knows."""
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def _start_again(self, child: Child, code: int) -> None:
        if code == _REFUSES:
            raise RefusedToStart(f"The {child.name} refuses to start: {child.last_line()}\n{FRESH_START_HINT}")
        deaths = self._deaths.setdefault(child.name, _Deaths())
        deaths.at.append(time.monotonic())
        deaths.never_opened = 0 if child.opened else deaths.never_opened + 1
        if deaths.too_many():
            raise DemoError(f"The {child.name} {describe_exit(code)} {_DEATHS} times in a row.\n{_end_of(child)}")
        self._say(f"The {child.name} {describe_exit(code)}; starting it again.")
        child.start()


def _end_of(child: Child) -> str:
    lines = child.log.read_text(errors="replace").splitlines()[-12:]
    return "\n".join([f"The end of {child.log}:", *(f"  {line}" for line in lines)])
