"""The command starts two processes, of which neither outlives the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from .receiver import wait_until

ROOT = Path(__file__).parents[2]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")


class Command:
    """One `python -m sandbox.core` that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        line = process.stdout.readline()
        assert line.startswith("core ready on http://localhost:"), line
        self.url = line.split()[-1]

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, headers=self.key() if path.startswith("/api") else {}, timeout=60)

    def key(self) -> dict[str, str]:
        return {"Authorization": str(self.get("/sandbox/credentials").json()["api_key"])}

    def core(self) -> int:
        """The process id of the core behind the front."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (found,) = map(int, listed)
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Command]]:
    with ExitStack() as stack:

        def run() -> Command:
            command = [sys.executable, "-m", "sandbox.core", "--port", "0", "--state", str(tmp_path / "state")]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            return Command(process)

        yield run


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_refuses_to_listen_beyond_this_machine(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.core", "--port", "0", "--state", str(tmp_path), "--host", "0.0.0.0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--allow-other-hosts" in ended.stderr


def test_it_starts_on_a_free_port_loses_answers_and_stops_when_told(start: Callable[[], Command]) -> None:
    core = start()
    assert requests.put(core.url + "/sandbox/faults", json={"drop_answers": 1}, timeout=60).status_code == 200
    key = core.key()
    with pytest.raises(requests.ConnectionError):
        requests.get(core.url + "/api/v2/configuration", headers=key, timeout=60)
    core.process.terminate()
    assert core.process.wait(timeout=60) == 0


@on_linux
def test_the_front_ends_when_its_core_is_killed_and_all_is_there_after_the_next_start(
    start: Callable[[], Command],
) -> None:
    first = start()
    key, behind = first.key(), first.core()
    os.kill(behind, signal.SIGKILL)
    assert first.process.wait(timeout=60) == 0
    second = start()
    assert second.key() == key
    assert second.get("/api/v2/configuration").status_code == 200


@on_linux
def test_a_core_does_not_outlive_its_front_and_the_next_start_waits_for_its_end(start: Callable[[], Command]) -> None:
    first = start()
    key, behind = first.key(), first.core()
    first.process.kill()
    second = start()
    assert second.key() == key
    wait_until(lambda: not is_running(behind))
