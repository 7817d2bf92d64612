"""Starts, pins, asks and stops the server under load."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# As many as clients, so that no client waits for a thread on either side of a ratio.
THREADS = 64
EVERY_CORE = sorted(os.sched_getaffinity(0))  # before this process pins itself


class DidNotStart(Exception):
    """A server died, or did not start in time; the message names the file with its output."""


def cores() -> tuple[set[int], set[int]]:
    """Return the cores of the server and those of the load: one each where the machine allows it."""
    return ({EVERY_CORE[0]}, set(EVERY_CORE[1:2])) if len(EVERY_CORE) > 1 else (set(EVERY_CORE), set(EVERY_CORE))


def bytecode_environment(folder: Path) -> dict[str, str]:
    """Return this process's environment, but modules are compiled at their first import only, as installed ones are."""
    mine = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**mine, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def command(kind: str, port: int, *, workers: int = 1) -> list[str]:
    """Return how one server is started with the app of ``benchmarks.apps.wsgi``."""
    python = sys.executable
    match kind:
        case "waitress":
            return [python, "-m", "benchmarks.apps.wsgi", str(port), str(THREADS)]
        case "gthread":
            flags = (
                f"-k gthread -w {workers} --threads {THREADS} --worker-connections 1000 --keep-alive 30 --backlog 1024"
            )
            return [python, "-m", "gunicorn", *flags.split(), "-b", f"127.0.0.1:{port}", "benchmarks.apps.wsgi:app"]
        case _:
            flags = f"--interface rsgi --workers {workers} --backlog 1024 --no-ws --log-level error --factory"
            return [python, "-m", "granian", *flags.split(), "--port", str(port), "benchmarks.apps.wsgi:gathered"]


def core_command(port: int) -> list[str]:
    """Return how one server is started with the app of ``benchmarks.apps.core``; settings say on which database."""
    return [sys.executable, "-m", "benchmarks.apps.core", str(port)]


class Server:
    """One started process (and its children), in a group of its own."""

    def __init__(
        self, arguments: Sequence[str], *, port: int, env: Mapping[str, str], folder: Path, on: set[int] | None = None
    ) -> None:
        self.port = port
        self._output = folder / f"server-{port}.log"
        pinned = on or cores()[0]
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                list(arguments),
                cwd=ROOT,
                env={**bytecode_environment(folder), **env, "PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=output,
                # A group of its own, so that children of a server can be ended with it.
                start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, pinned),
            )

    def wait(self, path: str = "/bench/state", *, within: float = 30.0) -> dict[str, Any]:
        """Wait until it answers, and return the answer."""
        ends = time.monotonic() + within
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                return self.get_json(path)
            except (OSError, ValueError):
                time.sleep(0.02)
        raise DidNotStart(f"{self._output}: {self._output.read_text()[-800:]}")

    def get_json(self, path: str) -> dict[str, Any]:
        """Return the JSON behind one path."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            content: dict[str, Any] = json.load(answer)
        return content

    def lines(self) -> int:
        """Count the lines that it has written, which are its log."""
        return len(self._output.read_text().splitlines())

    def kill(self) -> None:
        """End the whole group at once, as a crash would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it with SIGTERM, and after five seconds with SIGKILL."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return
