"""A process that is told to stop answers what it took, keeps nothing leased, and ends in time: on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import requests

from tests.faults.fleet import ROOT, Alone, Fleet, Process

AT_ONCE = 7  # what does not end by itself is given up after eight seconds


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, migrated_core: Path) -> Iterator[Alone]:
    fleet = Alone(tmp_path_factory.mktemp("alone"), migrated_core)
    try:
        fleet.begin()
        yield fleet
    finally:
        fleet.end()


@pytest.fixture
def serving(alone: Alone) -> Iterator[Process]:
    alone.urls.clear()
    process = alone.serve()
    alone.ready(process)
    yield process
    process.kill()


def _stop_while_sending(fleet: Fleet, process: Process, url: str) -> tuple[requests.Response, int, float]:
    """Stop a process while the core takes its time over a send; return the answer, the exit code and the seconds."""
    order_id = fleet.make_orders(1)[0]
    token = fleet.launch(order_id, url)
    fleet.core_gate.shut("POST ")
    with ThreadPoolExecutor(2) as others:
        answer = others.submit(fleet.send, order_id, token, url)
        assert fleet.core_gate.waiting.wait(60)
        stopped = others.submit(process.stop)
        time.sleep(1)
        fleet.core_gate.open()
        return answer.result(), *stopped.result()


def test_on_sqlite_a_send_under_way_is_answered(alone: Alone, serving: Process) -> None:
    answer, code, seconds = _stop_while_sending(alone, serving, alone.urls[0])
    assert answer.status_code == 201
    assert code == 0
    assert seconds < AT_ONCE
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{alone.urls[0]}/health/live", timeout=2)


def test_on_postgresql_a_send_under_way_is_answered(fleet: Fleet) -> None:
    extra = fleet.serve()
    fleet.ready(extra)
    answer, code, seconds = _stop_while_sending(fleet, extra, fleet.urls.pop())
    assert answer.status_code == 201
    assert code == 0
    assert seconds < AT_ONCE


def test_on_sqlite_whoever_has_connected_is_answered(alone: Alone, serving: Process) -> None:
    def ask(n: int) -> int:
        return requests.get(f"{alone.urls[0]}/health/ready", params={"n": n}, timeout=60).status_code

    all_answered = Barrier(9)

    def ask_until_gone(n: int) -> tuple[set[int], str]:
        told = {ask(n)}
        all_answered.wait(60)
        while True:
            try:
                told.add(ask(n))
            except requests.ConnectionError as error:
                return told, str(error)

    with ThreadPoolExecutor(8) as callers:
        asking = [callers.submit(ask_until_gone, n) for n in range(8)]
        all_answered.wait(60)
        code, _ = serving.stop()
        for told, error in (one.result() for one in asking):
            assert told == {200}
            # No connection came about, or it met the closing of the door itself: nothing was taken.
            assert "Failed to establish a new connection" in error or "Connection reset by peer" in error
    assert code == 0


def test_on_sqlite_a_push_that_cannot_be_finished_is_given_back(alone: Alone, serving: Process) -> None:
    order_id = alone.make_orders(1)[0]
    answer = alone.send(order_id, alone.launch(order_id))
    assert answer.status_code == 201
    alone.org_gate.shut("/composite ")
    assert alone.org_gate.waiting.wait(60)
    code, seconds = serving.stop()
    alone.org_gate.open()
    assert code == 0
    assert seconds < 20
    with sqlite3.connect(alone.folder / "chat2pay.db") as raw:
        due = raw.execute("SELECT lease, lease_until, due_at FROM outbox WHERE order_id = ?", [order_id]).fetchone()
    raw.close()
    assert due[:2] == (None, None)
    assert due[2]


def test_on_sqlite_an_idle_process_stops_at_once_and_starts_again(alone: Alone, serving: Process) -> None:
    code, seconds = serving.stop()
    assert code == 0
    assert seconds < AT_ONCE
    alone.urls.clear()
    again = alone.serve()
    alone.ready(again)
    again.kill()


def test_on_sqlite_a_worker_is_not_needed(alone: Alone) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "connector.cli", "worker"], env=alone.env(), cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "works by itself" in done.stderr


def test_on_sqlite_the_job_engine_is_never_imported(alone: Alone) -> None:
    look = "import sys, connector.serving.alone; sys.exit('procrastinate' in sys.modules or 'psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], env=alone.env(), cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
