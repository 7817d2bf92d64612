"""A child: its command, its log, how it starts and stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.processes.ports import accepts_connections

_STOP_TIMEOUT_S = 10.0


@dataclass
class Child:
    """A command that runs as `python -m …` and never outlives this one."""

    name: str
    command: tuple[str, ...]
    port: int
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    opened: bool = False
    _running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id, None while it does not run."""
        return self._running.pid if self._running else None

    def start(self) -> None:
        """Start it, with its output appended to its log.

        Call this on a thread that lives as long as the child: Linux ends the child with the thread that made it.
        """
        self.opened = False
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
            self._running = subprocess.Popen(  # noqa: S603  our own command, no shell
                [sys.executable, "-m", "sandbox.processes.parent_death", str(os.getpid()), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                # Ctrl-C must reach the demo alone: it stops the children in order.
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """Return its exit code; None while it runs. Records whether it opened its port."""
        if self._running is None:
            return None
        code = self._running.poll()
        if code is None and not self.opened:
            self.opened = accepts_connections(self.port)
        return code

    def last_line(self) -> str:
        """Return the last line of its log, or where the log is."""
        return next(iter(reversed(self.log.read_text(errors="replace").splitlines())), f"see {self.log}")

    def stop(self) -> None:
        """Ask it to stop and wait; one that does not is killed."""
        if self._running is None:
            return
        self._running.terminate()
        try:
            self._running.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._running = None

    def kill(self) -> int:
        """End it with SIGKILL, as a crash would, and return its process id."""
        if self._running is None:
            raise ProcessLookupError(self.name)
        pid = self._running.pid
        os.kill(pid, signal.SIGKILL)
        return pid

    def was_restarted(self, *, instead_of: int, within: float) -> bool:
        """Wait until another process runs in place of the one that was killed; `within` is in seconds."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            if self.pid not in (None, instead_of):
                return True
            time.sleep(0.02)
        return False


def describe_exit(code: int) -> str:
    """Describe an exit code as `subprocess` gives it."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
