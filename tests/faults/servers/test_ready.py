"""A process says that it is ready only while it can store what it is sent: reading is no proof of that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import OperationalError

from connector.app import create_app
from connector.services import Services, build_services
from connector.store.schema.migrate import upgrade
from connector.store.schema.tables import write_checks
from foundation.database.database import Database
from foundation.database.prepared import driver_of
from foundation.database.write_check import WriteAbility, WriteCheck
from sandbox.processes.ports import free_port
from tests.captured_logs import capture_logs
from tests.factories import CALLBACK_KEY, LAUNCH_KEY, basic, make_settings, make_tenant
from tests.faults.fleet import ROOT, until


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database at the newest revision."""
    found = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/c.db"
    database = Database(found)
    upgrade(database)
    database.close()
    return str(found)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def check(database: Database, clock: Clock) -> WriteCheck:
    return WriteCheck(database, write_checks, now=lambda: datetime.now(UTC), clock=clock)


def written(database: Database) -> list[tuple[bytes, datetime]]:
    with database.read() as connection:
        return [(row.payload, row.written_at) for row in connection.execute(select(write_checks))]


def test_it_writes_once_in_five_seconds_whoever_asks(check: WriteCheck, database: Database, clock: Clock) -> None:
    assert {check.ability() for _ in range(20)} == {WriteAbility.OK}
    (first,) = written(database)
    clock.seconds += 4.9
    assert check.ability() is WriteAbility.OK
    assert written(database) == [first]
    clock.seconds += 0.2
    assert check.ability() is WriteAbility.OK
    (second,) = written(database)
    assert second != first


def test_one_looks_for_all_and_nobody_waits_long_for_a_database_that_hangs(
    check: WriteCheck, database: Database, clock: Clock
) -> None:
    assert check.ability() is WriteAbility.OK
    clock.seconds += 3600  # nobody has asked for long
    begun, go_on = threading.Event(), threading.Event()
    write = database.write

    def hanging() -> Any:
        begun.set()
        go_on.wait(60)
        return write()

    database.write = hanging  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(check.ability)
        assert begun.wait(60)
        assert check.ability() is WriteAbility.OK, "what was found before counts while somebody looks"
        clock.seconds += 16
        assert check.ability() is WriteAbility.UNREACHABLE, "but not for ever"
        go_on.set()
        assert slow.result() is WriteAbility.OK
    assert check.ability() is WriteAbility.OK


def test_doubt_makes_it_look_sooner_and_for_more_room(check: WriteCheck, database: Database, clock: Clock) -> None:
    check.ability()
    assert len(written(database)[0][0]) < 1000
    check.doubt()
    clock.seconds += 0.5
    assert check.ability() is WriteAbility.OK
    assert len(written(database)[0][0]) < 1000, "whoever makes us doubt makes us write no more than once a second"
    clock.seconds += 0.6
    assert check.ability() is WriteAbility.OK
    assert len(written(database)[0][0]) > 50_000
    clock.seconds += 6
    check.ability()
    assert len(written(database)[0][0]) < 1000


def test_going_and_coming_back_are_each_said_once(database: Database, check: WriteCheck, clock: Clock) -> None:
    with capture_logs() as lines:
        check.ability()
        with database.write() as connection:
            connection.execute(text("ALTER TABLE write_checks RENAME TO away"))
        for _ in range(3):
            clock.seconds += 6
            assert check.ability() is WriteAbility.NOT_WRITABLE
        with database.write() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO write_checks"))
        for _ in range(3):
            clock.seconds += 6
            assert check.ability() is WriteAbility.OK
    assert [(line["event"], line.get("outcome")) for line in lines] == [
        ("not_ready", "not_writable"),
        ("ready_again", None),
    ]


def test_whatever_door_met_a_database_that_failed_makes_it_doubt(url: str, clock: Clock) -> None:
    services, client = _serving(url, clock)

    @client.application.post("/fails")
    def fails() -> str:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    assert _ready(client) == (200, "ok")
    assert client.post("/fails").status_code == 503
    clock.seconds += 1.1
    assert _ready(client) == (200, "ok")
    assert len(written(services.store.database)[0][0]) > 50_000
    services.store.database.close()


def test_a_database_that_was_never_there_is_said_once(clock: Clock) -> None:
    services = build_services(make_settings(f"postgresql://nobody@127.0.0.1:{free_port()}/none"))
    services = _with_clock(services, clock)
    client = create_app(services).test_client()
    with capture_logs() as lines:
        for _ in range(3):
            clock.seconds += 2
            assert _ready(client) == (503, "unreachable")
    assert [(line["event"], line["reason"]) for line in lines if line["event"] == "not_ready"] == [
        ("not_ready", "Connection refused")
    ]


def _with_clock(services: Services, clock: Clock) -> Services:
    check = WriteCheck(services.store.database, write_checks, now=services.now, clock=clock)
    return replace(services, write_check=check)


def _serving(url: str, clock: Clock) -> tuple[Services, FlaskClient]:
    services = build_services(make_settings(url))
    services = _with_clock(services, clock)
    services.store.tenants.add(make_tenant(), now=services.now())
    return services, create_app(services).test_client()


def _post(client: FlaskClient, body: bytes) -> int:
    return client.post(f"/callbacks/{CALLBACK_KEY}/payment-status", data=body, headers=basic()).status_code


def _ready(client: FlaskClient) -> tuple[int, str]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json["database"]  # type: ignore[index]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_sqlite_file_that_may_not_grow_is_not_ready_until_it_may(url: str, clock: Clock) -> None:
    services, client = _serving(url, clock)
    most = [2**30]

    def limit(connection: Connection) -> None:
        driver_of(connection).execute(f"PRAGMA max_page_count = {most[0]}").close()

    event.listen(services.store.database.engine, "begin", limit)
    assert _ready(client) == (200, "ok")
    with services.store.database.read() as connection:
        most[0] = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    answers = [_post(client, os.urandom(2000)) for _ in range(30)]
    assert answers[-1] == 503, "database or disk is full"
    clock.seconds += 1.1
    assert _ready(client) == (503, "not_writable")
    assert client.get("/health/live").status_code == 200
    most[0] = 2**30
    clock.seconds += 1.1
    assert _ready(client) == (200, "ok")
    assert _post(client, os.urandom(2000)) == 200
    services.store.database.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_sqlite_file_on_a_disk_without_room_is_not_ready_before_anybody_was_refused(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, client = _serving(url, clock)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=4096))
    with capture_logs() as lines:
        assert _ready(client) == (503, "not_writable")
    assert [line["reason"] for line in lines if line["event"] == "not_ready"] == ["database or disk is full"]
    monkeypatch.undo()
    clock.seconds += 1.1
    assert _ready(client) == (200, "ok")
    services.store.database.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_postgresql_that_is_read_only_is_not_ready_and_every_door_says_not_now(url: str, clock: Clock) -> None:
    services, client = _serving(url, clock)

    @client.application.post("/writes")
    def writes() -> str:
        services.store.tenants.set_disabled("acme", disabled=False, now=services.now())
        return "written"

    assert _ready(client) == (200, "ok")
    _set_read_only(url, "on")
    services.store.database.close()  # the connections of a standby are new ones, too
    clock.seconds += 6
    with capture_logs() as lines:
        assert _ready(client) == (503, "not_writable")
    assert [line["reason"] for line in lines if line["event"] == "not_ready"] == ["read-only transaction"]
    assert _post(client, b"news") == 503
    answer: Any = client.post("/writes")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "try_later")
    with services.store.database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1, "it is read as ever"
    _set_read_only(url, "off")
    services.store.database.close()
    clock.seconds += 1.1
    assert _ready(client) == (200, "ok")
    services.store.database.close()


def _set_read_only(url: str, value: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_postgresql_without_room_for_new_pages_is_not_ready_once_a_callback_was_refused(
    url: str, clock: Clock
) -> None:
    """What fits into pages that are there is still written: only a write of some size tells."""
    services, client = _serving(url, clock)
    full = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'"
    with services.store.database.write() as connection:
        for table, column in (("inbox", "body"), ("write_checks", "payload")):
            connection.exec_driver_sql(
                f"CREATE FUNCTION full_{table}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF octet_length(NEW.{column}) > 1000 THEN {full}; END IF; RETURN NEW; END $$"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION full_{table}()"
            )
    assert _ready(client) == (200, "ok")
    assert _post(client, os.urandom(2000)) == 503
    clock.seconds += 1.1
    with capture_logs() as lines:
        assert _ready(client) == (503, "not_writable")
    assert [line["reason"] for line in lines if line["event"] == "not_ready"] == ["No space left on device"]
    with services.store.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full_disk ON inbox; DROP TRIGGER full_disk ON write_checks")
    clock.seconds += 1.1
    assert _ready(client) == (200, "ok")
    assert _post(client, os.urandom(2000)) == 200
    services.store.database.close()


def _may_mount() -> bool:
    """A file system of one process' own goes with it, whatever happens."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    look = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(look, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="only root may mount a small disk")
def test_a_server_on_a_full_disk_says_so_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk, port = tmp_path / "disk", free_port()
    disk.mkdir()
    env = {name: told for name, told in os.environ.items() if not name.startswith("CHAT2PAY_")} | {
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": f"sqlite:///{disk}/chat2pay.db",
        "CHAT2PAY_PORT": str(port),
        "CHAT2PAY_ENCRYPTION_KEYS": "k" * 43 + "=",
        "CHAT2PAY_LAUNCH_KEYS": LAUNCH_KEY,
    }
    command = f"{sys.executable} -m connector.cli"
    script = f"mount -t tmpfs -o size=8m none {disk} && {command} db upgrade && exec {command} serve"
    inner = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _asked(port) == (200, "ok"), within=60, what="ready")
        # The server's own view of its disk, from outside.
        filling = Path(f"/proc/{inner.pid}/root{disk}/filling")
        _fill(filling)
        until(lambda: _asked(port) == (503, "not_writable"), within=60, what="not ready")
        assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=60).status_code == 200
        filling.unlink()
        until(lambda: _asked(port) == (200, "ok"), within=60, what="ready again")
        assert inner.poll() is None
    finally:
        inner.kill()
        inner.wait(60)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            return


def _asked(port: int) -> tuple[int, str] | None:
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=60)
    except requests.ConnectionError:
        time.sleep(0.1)
        return None
    return answer.status_code, answer.json()["database"]
