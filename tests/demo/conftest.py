"""Starts the demo as a command, and is sure to end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.processes.ports import free_ports

ROOT = Path(__file__).parents[2]
START_UP_S = 120.0


@dataclass
class Demo:
    """One `python -m sandbox.demo` that runs."""

    command: subprocess.Popen[str]
    ports: dict[str, int]
    state: Path
    said: Path

    def until_said(self, text: str) -> str:
        """Wait until the console shows the text, and return all of it."""
        until = time.monotonic() + START_UP_S
        while time.monotonic() < until:
            shown = self.said.read_text()
            if text in shown:
                return shown
            assert self.command.poll() is None, shown
            time.sleep(0.05)
        pytest.fail(f"the demo never said {text!r}: {self.said.read_text()}")

    def children(self) -> dict[str, int]:
        """Return the process ids of its children by their module."""
        found = {}
        for entry in Path("/proc").iterdir():
            parent, words = facts_of(entry) if entry.name.isdigit() else (0, [])
            if parent == self.command.pid and "-m" in words:
                found[words[words.index("-m") + 1]] = int(entry.name)
        return found


def facts_of(entry: Path) -> tuple[int, list[str]]:
    """Return the parent and the command line of a process; nothing of one that is gone."""
    try:
        words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        # the name may hold spaces and brackets, what follows its last bracket does not
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1]), words
    except (FileNotFoundError, ProcessLookupError):
        return 0, []


def is_running(pid: int) -> bool:
    try:
        state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # a zombie has ended; whoever adopted it has not looked yet
    return state != "Z"


def run_demo(*arguments: str, within: float = 300.0) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end. One that does not end in time is asked to stop, so that it stops its children."""
    started = subprocess.Popen(
        [sys.executable, "-m", "sandbox.demo", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said, complained = started.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        started.terminate()
        said, complained = started.communicate(timeout=60)
    return subprocess.CompletedProcess(started.args, started.returncode, said, complained)


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    running: list[Demo] = []

    def start() -> Demo:
        ports, said = free_ports(("connector", "org", "core")), tmp_path / "said.txt"
        arguments = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
        with said.open("w") as console:
            command = subprocess.Popen(
                [sys.executable, "-m", "sandbox.demo", "--state", str(tmp_path / "demo"), *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                text=True,
            )
        running.append(Demo(command, ports, tmp_path / "demo", said))
        return running[-1]

    yield start
    for demo in running:
        if demo.command.poll() is None:
            os.kill(demo.command.pid, signal.SIGTERM)
            demo.command.wait(timeout=60)
