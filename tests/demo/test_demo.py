"""The demo plays, refuses in one sentence, restarts what dies and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connector.store.schema.migrate import upgrade as upgrade_connector
from foundation.database.database import Database
from foundation.database.schema.migrate import upgrade
from payment_core.demo.tables import metadata as demo_tables
from payment_core.store.schema.migrate import SCHEMA as CORE_SCHEMA
from sandbox.core.store import Store
from sandbox.demo.scripted.timeline import StepFailed, masked
from sandbox.demo.stack import NAMES
from sandbox.processes.ports import accepts_connections, free_ports
from tests.demo.conftest import Demo, facts_of, is_running, run_demo

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")


def test_the_scripted_journey_reaches_its_end() -> None:
    played = run_demo("--scripted")

    assert played.returncode == 0, played.stdout + played.stderr
    assert "salesforce: the order says paid" in played.stdout
    assert "cancel: the customer is told" in played.stdout
    assert "The connector was ended by SIGKILL; starting it again." in played.stdout
    assert "+27" not in played.stdout
    assert "831234567" not in played.stdout


def test_a_busy_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = str(door.getsockname()[1])

        refused = run_demo("--state", str(tmp_path / "demo"), "--org-port", port, within=60)

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert port in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "demo" / "logs").exists()


def test_one_port_for_two_origins_is_refused(tmp_path: Path) -> None:
    refused = run_demo("--state", str(tmp_path / "demo"), "--org-port", "8123", "--core-port", "8123", within=60)

    assert refused.returncode == 2
    assert "three different ports" in refused.stderr


@on_linux
def test_the_demo_restarts_what_dies_and_goes_without_a_trace(start_demo: Callable[[], Demo]) -> None:
    demo = start_demo()
    overview = demo.until_said("The demo is ready")
    children = demo.children()
    assert set(children) == {"sandbox.core", "sandbox.org", "connector.cli"}
    assert f"http://localhost:{demo.ports['org']}/" in overview
    assert stat.S_IMODE((demo.state / "keys.env").stat().st_mode) == 0o600

    second = run_demo("--state", str(demo.state), within=60)
    assert second.returncode == 2
    assert f"process {demo.command.pid}" in second.stderr

    os.kill(children["connector.cli"], signal.SIGKILL)
    demo.until_said("The connector was ended by SIGKILL; starting it again.")
    wait_until(lambda: accepts_connections(demo.ports["connector"]))
    restarted = demo.children()
    assert restarted["connector.cli"] != children["connector.cli"]

    # The core behind its front: the front ends with it, and both are started again over the same state.
    behind = core_behind(restarted["sandbox.core"])
    os.kill(behind, signal.SIGKILL)
    demo.until_said("The core ended with code 0; starting it again.")
    wait_until(lambda: accepts_connections(demo.ports["core"]))
    restarted = demo.children()
    assert core_behind(restarted["sandbox.core"]) != behind

    demo.command.kill()
    demo.command.wait(timeout=60)
    wait_until(lambda: not any(is_running(pid) for pid in restarted.values()))

    again = start_demo()
    again.until_said("The demo is ready")
    left = again.children()
    again.command.terminate()
    assert again.command.wait(timeout=60) == 0
    assert not any(is_running(pid) for pid in left.values())


def test_a_failing_step_shows_no_more_than_the_last_four_digits() -> None:
    assert str(StepFailed("message", "nothing for +27 83 123 4567")).endswith("nothing for …4567")


def test_amounts_and_order_numbers_that_are_short_stay_readable() -> None:
    assert masked("paid 115.00, version 5, 201 and 404") == "paid 115.00, version 5, 201 and 404"


def core_behind(front: int) -> int:
    """Return the process id of the payment core behind a front."""
    return next(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and facts_of(entry)[0] == front and "payment_core" in facts_of(entry)[1]
    )


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def _older_core(state: Path) -> None:
    Store(state / "core").close()
    with closing(sqlite3.connect(state / "core" / "phones.sqlite3")) as file:
        file.execute("ALTER TABLE messages DROP COLUMN link_reference")


def _older_payment_core(state: Path, *, table: str = "links", column: str = "payer_reference") -> None:
    folder = state / "core" / "payment_core"
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'payment_core.db'}")
    upgrade(CORE_SCHEMA, database)
    with database.write() as connection:
        demo_tables.create_all(connection)
    database.close()
    with closing(sqlite3.connect(folder / "payment_core.db")) as file:
        file.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _older_gateway(state: Path) -> None:
    _older_payment_core(state, table="demo_payments", column="warned")


def _older_org(state: Path) -> None:
    (state / "org").mkdir(parents=True)
    with closing(sqlite3.connect(state / "org" / "org.sqlite3")) as file:
        file.execute("CREATE TABLE settings (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID")
        file.execute("INSERT INTO settings VALUES ('filled', '1')")
        file.commit()


def _older_connector(state: Path) -> None:
    (state / "connector").mkdir(parents=True)
    database = Database(f"sqlite:///{state / 'connector' / 'chat2pay.db'}")
    upgrade_connector(database)
    database.close()
    with closing(sqlite3.connect(state / "connector" / "chat2pay.db")) as file:
        file.execute("ALTER TABLE inbox DROP COLUMN duplicates")


@pytest.mark.parametrize("make_older", [_older_core, _older_payment_core, _older_gateway, _older_org, _older_connector])
def test_a_folder_that_an_earlier_version_made_is_told_apart_at_once(
    tmp_path: Path, make_older: Callable[[Path], None]
) -> None:
    make_older(tmp_path / "demo")
    ports = [word for name, port in free_ports(NAMES).items() for word in (f"--{name}-port", str(port))]

    refused = run_demo("--state", str(tmp_path / "demo"), *ports)

    assert refused.returncode in (1, 2)
    assert "make demo ARGS=--fresh" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "starting it again" not in refused.stdout
