"""The core behind the front, as a process of its own that is started as a demo."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.core.errors import UnsafeSurroundings
from sandbox.processes.child import Child
from sandbox.processes.ports import free_port

_READY_WITHIN_S = 60.0
_POLL_S = 0.05
_WATCH_S = 0.5


class CoreChild:
    """One ``payment_core demo`` on loopback. ``key`` opens its controls for testers and proves what phones send."""

    def __init__(self, state: Path, *, public_url: str, phones_url: str, database_url: str | None = None) -> None:
        self.key = secrets.token_urlsafe(32)
        self.port = free_port()
        place = ("--database-url", database_url) if database_url else ()
        command = (
            *("payment_core", "demo", "--port", str(self.port), "--state", str(state / "payment_core")),
            *("--public-url", public_url, "--phones-url", phones_url, *place),
        )
        # The key is never an argument: those are there for every user of the machine to see.
        environment = {**os.environ, "PAYMENT_CORE_DEMO_KEY": self.key}
        state.mkdir(parents=True, exist_ok=True)
        self._child = Child("core", command, self.port, state / "payment_core.log", environment)
        self._stopping = threading.Event()

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, is_ready: Callable[[], bool]) -> None:
        """Start it and wait until it answers.

        Raises:
            RefusedToStart: it ended, or did not answer in time; its last line says why.
        """
        self._child.start()
        until = time.monotonic() + _READY_WITHIN_S
        while not is_ready():
            if self._child.ended() is not None or time.monotonic() > until:
                last = self._child.last_line()
                self._child.stop()
                raise UnsafeSurroundings(f"the payment core did not start: {last}")
            time.sleep(_POLL_S)

    def watch(self, on_end: Callable[[], None]) -> None:
        """Call ``on_end`` once when it ends by itself."""

        def wait() -> None:
            while not self._stopping.wait(_WATCH_S):
                if self._child.ended() is not None:
                    on_end()
                    return

        threading.Thread(target=wait, name="watch-core", daemon=True).start()

    def stop(self) -> None:
        """Stop it gracefully."""
        self._stopping.set()
        self._child.stop()
