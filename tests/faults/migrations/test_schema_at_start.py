"""What a start asks of the schema without loading alembic, and that alembic would say the same."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from connector.commands import serve as connector_commands
from connector.errors import Misconfigured
from connector.serving.alone import serve as connector_alone
from connector.serving.fleet import serve as connector_fleet
from connector.store.schema import migrate
from connector.store.schema.tables import metadata
from foundation.database.database import Database
from payment_core.commands import serve as core_commands
from payment_core.serving.alone import serve as core_alone
from payment_core.serving.fleet import serve as core_fleet


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQLite file at the newest revision."""
    path = tmp_path / "chat2pay.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


def _started(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    try:
        migrate.require_schema(database)
    finally:
        database.close()


def _changed(file: Path, statement: str) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute(statement)
    raw.close()


def test_the_newest_file_is_what_alembic_takes_for_the_newest_revision() -> None:
    assert migrate.SCHEMA.revisions()[-1] == ScriptDirectory.from_config(migrate.alembic_config()).get_current_head()


def test_a_database_at_the_newest_revision_is_started_beside(file: Path) -> None:
    _started(file)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", "revision 0001"),
        ("DELETE FROM alembic_version", "it says no revision"),
        ("DROP TABLE alembic_version", "it says no revision"),
        ("DROP TABLE launches", "launches"),
        ("ALTER TABLE outbox DROP COLUMN reason", "reason"),
    ],
    ids=["older", "emptied", "never migrated", "a table is gone", "a column is gone"],
)
def test_a_database_that_differs_is_not_started_beside_and_the_difference_is_said(
    file: Path, statement: str, sentence: str
) -> None:
    _changed(file, statement)
    with pytest.raises(Misconfigured, match=sentence):
        _started(file)


@pytest.mark.parametrize("serve", [connector_alone, connector_fleet, core_alone, core_fleet])
def test_no_process_listens_beside_a_database_that_differs(tmp_path: Path, serve: Callable[[Any], None]) -> None:
    """What a later version wrote would be read wrong in silence."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    services = SimpleNamespace(
        store=SimpleNamespace(database=database), transactions=SimpleNamespace(database=database)
    )
    with pytest.raises(Misconfigured, match="revision none"):
        serve(services)
    database.close()


@pytest.mark.parametrize("commands", [connector_commands, core_commands])
def test_no_worker_works_beside_a_database_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: ModuleType
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    held = SimpleNamespace(database=database)
    services = SimpleNamespace(store=held, transactions=held, settings=SimpleNamespace(is_fleet=True))
    monkeypatch.setattr(commands, "open_unchecked", lambda: services)
    with pytest.raises(Misconfigured, match="revision none"):
        commands.worker.callback()
    database.close()


def test_every_index_holds_the_rows_that_the_tables_say_it_holds(file: Path) -> None:
    said = {
        index.name: index.info["where"]
        for table in metadata.sorted_tables
        for index in table.indexes
        if "where" in index.info
    }
    with sqlite3.connect(file) as raw:
        made = dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"))
    raw.close()
    assert {name: statement.partition(" WHERE ")[2] for name, statement in made.items()} == said


def test_a_process_that_only_answers_loads_nothing_that_others_need() -> None:
    """Each of these would be between 1 and 10 MiB of an idle server, and a part of every start."""
    unneeded = {
        "alembic", "simple_salesforce", "zeep", "lxml", "authlib", "joserfc", "babel",
        "procrastinate", "psycopg", "granian",
        "sqlalchemy.orm", "sqlalchemy.dialects.postgresql",
    }  # fmt: skip
    ask = "import sys, connector.cli, connector.serving.alone; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    assert {name for name in loaded if name in unneeded} == set()
