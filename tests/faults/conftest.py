"""The fleet that fault tests share, started once, and an empty database for the tests of migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.database.database import Database
from tests.databases.postgres import Cluster
from tests.faults.fleet import Alone, Fleet, Process

_LAST_LINES = 80
_SESSIONS = """
    SELECT pid, application_name, state, wait_event, clock_timestamp() - xact_start AS open, pg_blocking_pids(pid) AS behind,
           left(query, 120) AS query
    FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="package")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, migrated_core: Path) -> Iterator[Fleet]:
    """A schema, both sandboxes, a connected tenant and two web processes."""
    fleet = Fleet(cluster.fresh(), tmp_path_factory.mktemp("fleet"), migrated_core)
    try:
        fleet.begin()
        fleet.ready(fleet.serve(), fleet.serve(CHAT2PAY_WEB_WORKERS="2"))
        yield fleet
    finally:
        fleet.end()


@pytest.fixture(scope="package")
def alone(tmp_path_factory: pytest.TempPathFactory, migrated_core: Path) -> Iterator[Alone]:
    """A connected tenant on SQLite, served by the one process that such a deployment has."""
    made = Alone(tmp_path_factory.mktemp("alone"), migrated_core)
    try:
        made.begin()
        made.ready(made.serve())
        yield made
    finally:
        made.end()


@pytest.fixture(params=["waitress", "granian"])
def served(request: pytest.FixtureRequest) -> Fleet:
    """A deployment under each of the two servers."""
    found: Fleet = request.getfixturevalue("alone" if request.param == "waitress" else "fleet")
    return found


@pytest.fixture
def workers(fleet: Fleet) -> Iterator[list[Process]]:
    """Two workers that live, and gates that are open; what a test has paused goes on after it, even when it failed."""
    living = [one for one in fleet.processes if one.log.name.startswith("worker") and one.inner.poll() is None]
    while len(living) < 2:
        living.append(fleet.worker())
    fleet.ready(*living)
    fleet.forget()
    yield living
    # Shown where the test failed, as the workers' lines below: who waits for whom, while what was paused still is.
    print(*fleet.rows(_SESSIONS), sep="\n")
    for gate in fleet.gates:
        gate.open()
    for one in fleet.processes:
        one.go_on()
    # What the test waited for in vain, only the workers' own lines explain.
    for one in living:
        print(f"{one.log.name}:", *one.log.read_text().splitlines()[-_LAST_LINES:], sep="\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind."""
    url = f"sqlite:///{tmp_path}/chat2pay.db"
    if request.param == "postgresql":
        made: Cluster = request.getfixturevalue("cluster")
        url = made.fresh()
    opened = Database(url)
    yield opened
    opened.close()
