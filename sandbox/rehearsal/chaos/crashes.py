"""Kill the connector at random moments and start it again; count the times it ended by itself."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence

from sandbox.processes.child import Child, describe_exit
from sandbox.rehearsal.http_client import HttpClient, NoResponse, RehearsalAborted

_POLL_S = 0.05
_READY_TIMEOUT_S = 40.0


class CrashInjector(threading.Thread):
    """A thread that runs the connector, kills and restarts it until `stop_killing`, and keeps it running until `end`.

    `after_s` is the range of seconds that the connector serves between two kills. `kills` counts them; `own_exits` describes
    the exits that nobody caused; `error` is why the connector cannot be started any more, None while it can. `ready` is set
    while it serves, and also once `error` is.
    """

    # One thread starts and kills the children: PR_SET_PDEATHSIG ends a child when the thread that made it ends
    # (https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html).

    def __init__(
        self, connector: HttpClient, children: Sequence[Child], *, after_s: tuple[float, float], rng: random.Random
    ) -> None:
        super().__init__(name="crashes", daemon=True)
        self.kills = 0
        self.own_exits: list[str] = []
        self.error: str | None = None
        self.ready = threading.Event()
        self._connector = connector
        self._children = children
        self._after_s = after_s
        self._rng = rng
        self._killing = threading.Event()
        self._end = threading.Event()

    def start_killing(self) -> None:
        """Begin to kill, from the next time that the connector serves."""
        self._killing.set()

    def stop_killing(self) -> None:
        """Kill no more, and wait until the connector serves.

        Raises:
            RehearsalAborted: it does not within 40 seconds, or cannot be started.
        """
        self._killing.clear()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the connector serves.

        Raises:
            RehearsalAborted: it does not within 40 seconds, or cannot be started.
        """
        if not self.ready.wait(_READY_TIMEOUT_S) or self.error:
            raise RehearsalAborted(self.error or "The connector did not come back.")

    def check(self) -> None:
        """Check that the connector can still be started.

        Raises:
            RehearsalAborted: it cannot.
        """
        if self.error:
            raise RehearsalAborted(self.error)

    def end(self) -> None:
        """Stop the connector, and wait until its children have ended."""
        self._end.set()
        if not self.is_alive():
            return
        self.join(_READY_TIMEOUT_S)

    def run(self) -> None:
        """Start the children, and look after them until `end`."""
        for child in self._children:
            child.start()
        while not self._end.is_set() and self._wait_until_serving():
            self._let_serve()
        for child in self._children:
            child.stop()

    def _wait_until_serving(self) -> bool:
        """Return True once the connector is ready, False where it does not become so in time or the rehearsal ends."""
        until = time.monotonic() + _READY_TIMEOUT_S
        while time.monotonic() < until and not self._end.is_set():
            if any(child.ended() is not None for child in self._children):
                self._restart_ended()
            if self._is_ready():
                self.ready.set()
                return True
            time.sleep(_POLL_S)
        last_lines = "; ".join(f"{child.name}: {child.last_line()}" for child in self._children)
        self.error = None if self._end.is_set() else f"The connector does not serve any more. {last_lines}"
        # Set on failure, too: who waits must see the error now, not at the end of the timeout.
        self.ready.set()
        return False

    def _is_ready(self) -> bool:
        try:
            return self._connector.request("GET", "/health/ready").status == 200
        except NoResponse:
            return False

    def _let_serve(self) -> None:
        """Let it serve for a while; then, while killing is on, kill one of its programs."""
        until = time.monotonic() + self._rng.uniform(*self._after_s)
        while time.monotonic() < until and not self._end.is_set():
            if any(child.ended() is not None for child in self._children):
                self._restart_ended()
                return
            time.sleep(_POLL_S)
        if self._killing.is_set() and not self._end.is_set():
            self.ready.clear()
            victim = self._rng.choice(self._children)
            victim.kill()
            until = time.monotonic() + _READY_TIMEOUT_S
            while victim.ended() is None and time.monotonic() < until:
                time.sleep(_POLL_S)
            self.kills += 1
            # One that SIGKILL did not end by now is found by the next wait for readiness.
            if victim.ended() is not None:
                victim.start()

    def _restart_ended(self) -> None:
        """Restart processes that ended by themselves, and count each as an error, because they were not killed."""
        for child in self._children:
            code = child.ended()
            if code is not None:
                self.own_exits.append(f"{child.name} {describe_exit(code)}: {child.last_line()}")
                child.start()
        self.ready.clear()
        # A program that ends at once is not started again without a pause.
        time.sleep(_POLL_S)
