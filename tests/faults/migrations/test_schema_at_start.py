"""What a start asks of the schema without loading alembic, and that alembic would say the same."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from connector.errors import Misconfigured
from connector.store.schema import migrate
from connector.store.schema.tables import metadata
from foundation.database.database import Database


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
