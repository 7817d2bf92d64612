"""Empty databases at the newest revision, of either kind, for the tests that need one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connector.store.schema.migrate import upgrade
from foundation.database.database import Database
from tests.databases.postgres import Cluster

_MEMORY = Path("/dev/shm")
# A real file all the same, without a disk to wait for. None: wherever temporary files go.
FAST = _MEMORY if _MEMORY.is_dir() else None


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest revision, to be copied."""
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


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one."""
    with TemporaryDirectory(dir=FAST) as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, fast_folder: Path) -> str:
    """The address of an empty database at the newest revision: the one place that knows which kind."""
    return empty_database(request, request.param, fast_folder / "journeys.db")


def empty_database(request: pytest.FixtureRequest, kind: str, file: Path) -> str:
    """Return the address of an empty database of this kind; one of SQLite is this file."""
    if kind == "postgresql":
        url: str = request.getfixturevalue("migrated_postgres")
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.empty(url)
        return url
    shutil.copyfile(request.getfixturevalue("migrated"), file)
    return f"sqlite:///{file}"
