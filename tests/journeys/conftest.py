"""Builds the world of one test; the database's address is decided here and nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import responses
from structlog.testing import capture_logs

from connector.store.schema.migrate import upgrade
from foundation.database.database import Database
from foundation.log import ALLOWED
from tests import factories
from tests.journeys.world import Clock, World
from tests.peers import FakeCore, FakeOrg
from tests.postgres import Cluster, cluster

__all__ = ["cluster"]

_FAST = Path("/dev/shm")  # a real file all the same, without a disk to wait for
# None of these may ever stand in a log line.
UNSPEAKABLE = (
    factories.PHONE,
    factories.OTHER_PHONE,
    factories.CANVAS_SECRET,
    factories.OLD_CANVAS_SECRET,
    factories.CORE_KEY,
    factories.CALLBACK_KEY,
    factories.CALLBACK_PASSWORD,
    factories.LAUNCH_KEY,
    factories.THANDI.token,
    factories.SIPHO.token,
    "client-secret-b0b0",
    "integration-",
)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest revision, to be copied."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(cluster: Cluster) -> str:
    """The same on a real PostgreSQL, to be emptied for each test. Nobody pulls its plug, so it need not wait for a disk."""
    url = cluster.fresh(synchronous_commit="off")
    database = Database(url)
    upgrade(database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database at the newest revision: the one place that knows which kind."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("migrated_postgres")
        Cluster.empty(url)
        yield url
        return
    migrated: Path = request.getfixturevalue("migrated")
    with TemporaryDirectory(dir=_FAST if _FAST.is_dir() else None) as folder:
        shutil.copyfile(migrated, f"{folder}/journeys.db")
        yield f"sqlite:///{folder}/journeys.db"


@pytest.fixture
def clock() -> Clock:
    """The time of this test."""
    return Clock()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The log lines of this test, before anything is dropped from them; all of them are checked at the end."""
    with capture_logs() as captured:
        yield captured
    said = repr(captured)
    assert [one for one in UNSPEAKABLE if one in said] == []
    unnamed = {name for line in captured for name in line} - ALLOWED - {"log_level"}
    assert unnamed == set(), "these fields have no place on the log's list, so their lines would say nothing"


@pytest.fixture
def world(database_url: str, clock: Clock, lines: list[Any]) -> Iterator[World]:
    """A connector with one tenant, an org and a core that answers on the wire, and nobody else there."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        org, core = FakeOrg(now=clock), FakeCore(clock)
        org.register(wire)
        core.register(wire)
        made = World(database_url, clock, org, core)
        made.tenant()
        yield made
        made.services.store.database.close()
