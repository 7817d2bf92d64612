"""Keep children running, and give up one that does not stay up."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.processes.child import Child, describe_exit
from sandbox.processes.errors import FRESH_START_HINT, DemoError, RefusedToStart

Say = Callable[[str], None]
_MAX_EXITS = 5
_WITHIN_S = 10.0
_POLL_S = 0.1
_USAGE_ERROR = 2  # wrong use or surroundings: another start would end the same way


@dataclass
class _Exits:
    at: deque[float] = field(default_factory=lambda: deque(maxlen=_MAX_EXITS))
    never_opened: int = 0

    def too_many(self) -> bool:
        in_quick_succession = len(self.at) == _MAX_EXITS and self.at[-1] - self.at[0] <= _WITHIN_S
        # Where a start takes long, five of them need more than ten seconds.
        return in_quick_succession or self.never_opened >= _MAX_EXITS


class Supervisor:
    """Starts a child again when it ends, until it has ended too often."""

    def __init__(self, *, say: Say) -> None:
        self._say = say
        self._exits: dict[str, _Exits] = {}
        self._children: list[Child] = []

    def start(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self._children.append(child)
        child.start()

    def check(self) -> None:
        """Start again what has ended.

        Raises:
            DemoError: a child does not stay up, or refuses to start; the text holds the end of its log.
        """
        for child in self._children:
            code = child.ended()
            if code is not None:
                self._start_again(child, code)

    def watch(self, *, until: Callable[[], bool]) -> None:
        """Check again and again.

        Raises:
            DemoError: as `check` does.
        """
        while not until():
            self.check()
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop all children: the connector first, so that it can still push to its peers what is due."""
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def _start_again(self, child: Child, code: int) -> None:
        if code == _USAGE_ERROR:
            raise RefusedToStart(f"The {child.name} refuses to start: {child.last_line()}\n{FRESH_START_HINT}")
        exits = self._exits.setdefault(child.name, _Exits())
        exits.at.append(time.monotonic())
        exits.never_opened = 0 if child.opened else exits.never_opened + 1
        if exits.too_many():
            raise DemoError(f"The {child.name} {describe_exit(code)} {_MAX_EXITS} times in a row.\n{_log_tail(child)}")
        self._say(f"The {child.name} {describe_exit(code)}; starting it again.")
        child.start()


def _log_tail(child: Child) -> str:
    lines = child.log.read_text(errors="replace").splitlines()[-12:]
    return "\n".join([f"The end of {child.log}:", *(f"  {line}" for line in lines)])
