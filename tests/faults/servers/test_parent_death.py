"""A main process that is killed at any moment of its start leaves nobody behind and keeps no port."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from connector.errors import Misconfigured, PortTaken
from foundation.serving.port import wait_for_port
from sandbox.processes.ports import free_port
from tests.faults.fleet import ROOT, Fleet, Process, until
from tests.faults.servers.processes import PROC, children_of, lives, with_setting

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="looks for processes as Linux shows them")
MOMENTS = (0.0, 0.1, 0.3, 0.6, 1.0, 2.0)


@pytest.fixture
def port(fleet: Fleet) -> Iterator[int]:
    """A port for one more deployment of the same fleet; nobody listens there any more in the end."""
    port, before = free_port(), len(fleet.processes)
    yield port
    for process in fleet.processes[before:]:
        process.kill()
    until(lambda: not with_setting("CHAT2PAY_PORT", str(port)), within=60, what="everybody gone")


def _start(fleet: Fleet, port: int) -> Process:
    settings = {"CHAT2PAY_PORT": str(port), "CHAT2PAY_WEB_WORKERS": "2"}
    return fleet.start(["connector.cli", "serve"], settings, name="main", from_scratch=True)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.parametrize("moment", MOMENTS)
def test_whoever_is_killed_while_it_starts_is_followed_at_once(fleet: Fleet, port: int, moment: float) -> None:
    killed = _start(fleet, port)
    time.sleep(moment)
    killed.kill()
    follower = _start(fleet, port)
    until(lambda: follower.said('"serving"') and _answers(port), within=60, what="serves again")

    def strangers() -> set[int]:
        return with_setting("CHAT2PAY_PORT", str(port)) - {follower.inner.pid, *children_of(follower.inner.pid)}

    until(lambda: not strangers(), within=60, what="no orphan")
    assert follower.inner.poll() is None


def test_busy_web_processes_end_with_a_main_process_that_is_killed(fleet: Fleet, port: int) -> None:
    """The core takes its time over sends: nothing that hangs in a process may keep it, and its port, alive."""
    main = _start(fleet, port)
    until(lambda: _answers(port), within=60, what="serves")
    url = f"http://127.0.0.1:{port}"
    orders = fleet.make_orders(6)
    tokens = [fleet.launch(order_id, url) for order_id in orders]
    fleet.core_gate.shut("POST ")

    def send(order_id: str, token: str) -> None:
        with contextlib.suppress(requests.ConnectionError):
            fleet.send(order_id, token, url)

    with ThreadPoolExecutor(len(orders)) as agents:
        sending = [agents.submit(send, *one) for one in zip(orders, tokens, strict=True)]
        assert fleet.core_gate.waiting.wait(60)
        main.kill()
        until(lambda: not with_setting("CHAT2PAY_PORT", str(port)), within=60, what="gone, while the core still hangs")
        fleet.core_gate.open()
        for one in sending:
            one.result(60)


def test_a_port_that_is_given_up_is_waited_for() -> None:
    holder = socket.create_server(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    threading.Timer(0.5, holder.close).start()
    wait_for_port("127.0.0.1", port, within=60)


def test_a_port_that_stays_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 cannot be used: another process listens there"):
            wait_for_port("127.0.0.1", port, within=0.2)


def test_an_address_that_is_not_this_machines_is_a_fault_of_the_settings() -> None:
    with pytest.raises(Misconfigured, match="cannot be used"):
        wait_for_port("192.0.2.1", 8000, within=60)  # a documentation address: RFC 5737


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_command_that_did_not_get_its_port_says_so_and_ends_with_1(fleet: Fleet, command: str) -> None:
    """Restarting later may help, so it is no 2; the wait is shortened here."""
    impatient = "import foundation.serving.port as p; p.wait_for_port.__kwdefaults__['within'] = 0.5"
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = str(holder.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", f"{impatient}; from connector.cli import run; run()", command],
            env={**fleet.env(), "CHAT2PAY_PORT": taken, "CHAT2PAY_WORKER_METRICS_PORT": taken},
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"port {taken} on 127.0.0.1 cannot be used" in done.stderr


def test_on_sqlite_it_waits_for_the_port_too(tmp_path: Path, fleet: Fleet) -> None:
    env = {**fleet.env(), "CHAT2PAY_DATABASE_URL": f"sqlite:///{tmp_path}/chat2pay.db"}
    upgrade = [sys.executable, "-m", "connector.cli", "db", "upgrade"]
    subprocess.run(upgrade, env=env, cwd=ROOT, check=True, capture_output=True, timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        serves = {**env, "CHAT2PAY_PORT": str(port)}
        process = Process(["connector.cli", "serve"], env=serves, log=tmp_path / "serve.log", from_scratch=True)
        time.sleep(1)
    try:
        until(lambda: process.said('"serving"') and _answers(port), within=60, what="serves")
    finally:
        process.kill()


ORPHANED = """
import multiprocessing, os, pathlib, signal, sys, time
from foundation.serving import parent

def child(told, how):
    while how == "late" and os.getppid() == multiprocessing.parent_process().pid:
        time.sleep(0.01)
    if how == "unarmed":
        parent.die_with_parent = lambda: False
    parent.end_with_parent()
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pathlib.Path(told).write_text("armed")
    time.sleep(600)

if __name__ == "__main__":
    method, told, how = sys.argv[1:]
    one = multiprocessing.get_context(method).Process(target=child, args=(told, how))
    one.start()
    print(one.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("how", ["armed", "late", "deaf", "unarmed"])
def test_a_child_ends_with_its_parent_however_it_was_started(tmp_path: Path, method: str, how: str) -> None:
    """Also when it arms itself only after that, ignores every polite signal, or lives where there is nothing to arm."""
    script, told = tmp_path / "orphaned.py", tmp_path / "told"
    script.write_text(ORPHANED)
    command = [sys.executable, str(script), method, str(told), how]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        if how != "late":
            until(told.exists, within=60, what="armed")
        parent.kill()
    until(lambda: not lives(child), within=60, what="gone")
    assert told.exists() is (how != "late")
