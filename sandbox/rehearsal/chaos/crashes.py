"""How the connector is killed at random moments and started again, and what is noted when it ends by itself."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence

from sandbox.demo.processes.child import Child, describe_exit
from sandbox.rehearsal.http_client import HttpClient, NoResponse, RehearsalAborted

_LOOK_S = 0.05
_READY_WITHIN_S = 40.0


class CrashInjector(threading.Thread):
    """Starts the connector, kills and restarts it until `peace`, keeps it alive until `end`.

    One thread for all of it: a child ends with the thread that made it.
    """

    def __init__(
        self, door: HttpClient, children: Sequence[Child], *, after_s: tuple[float, float], dice: random.Random
    ) -> None:
        super().__init__(name="crashes", daemon=True)
        self.kills = 0
        self.own_deaths: list[str] = []
        self.fault: str | None = None
        self.ready = threading.Event()
        self._door = door
        self._children = children
        self._after_s = after_s
        self._dice = dice
        self._killing = threading.Event()
        self._end = threading.Event()

    def begin_killing(self) -> None:
        self._killing.set()

    def peace(self) -> None:
        """Kill no more, and wait until the connector serves. Raises GaveUp."""
        self._killing.clear()
        self.wait_ready()

    def wait_ready(self) -> None:
        if not self.ready.wait(_READY_WITHIN_S) or self.fault:
            raise RehearsalAborted(self.fault or "The connector did not come back.")

    def check(self) -> None:
        """Raises GaveUp where the connector does not serve any more."""
        if self.fault:
            raise RehearsalAborted(self.fault)

    def end(self) -> None:
        self._end.set()
        if not self.is_alive():
            return
        self.join(_READY_WITHIN_S)

    def run(self) -> None:
        for child in self._children:
            child.start()
        while not self._end.is_set() and self._serves():
            self._live()
        for child in self._children:
            child.stop()

    def _serves(self) -> bool:
        """Wait until it answers that it is ready."""
        until = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < until and not self._end.is_set():
            if any(child.ended() is not None for child in self._children):
                self._revive()
            if self._answers():
                self.ready.set()
                return True
            time.sleep(_LOOK_S)
        told = "; ".join(f"{child.name}: {child.last_line()}" for child in self._children)
        self.fault = None if self._end.is_set() else f"The connector does not serve any more. {told}"
        self.ready.set()
        return False

    def _answers(self) -> bool:
        try:
            return self._door.ask("GET", "/health/ready").status == 200
        except NoResponse:
            return False

    def _live(self) -> None:
        """Let it serve for a while; then, while killing is on, end it without a word."""
        until = time.monotonic() + self._dice.uniform(*self._after_s)
        while time.monotonic() < until and not self._end.is_set():
            if any(child.ended() is not None for child in self._children):
                self._revive()
                return
            time.sleep(_LOOK_S)
        if self._killing.is_set() and not self._end.is_set():
            self.ready.clear()
            victim = self._dice.choice(self._children)
            victim.kill()
            while victim.ended() is None:
                time.sleep(0.01)
            self.kills += 1
            victim.start()

    def _revive(self) -> None:
        """Nobody killed it: that is a fault of its own, and counted."""
        for child in self._children:
            code = child.ended()
            if code is not None:
                self.own_deaths.append(f"{child.name} {describe_exit(code)}: {child.last_line()}")
                child.start()
        self.ready.clear()
        time.sleep(_LOOK_S)
