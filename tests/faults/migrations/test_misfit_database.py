"""A database that no migration leads on from: said in a sentence with the way out, and nothing of it is touched."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from connector.errors import Misconfigured
from connector.store.schema import migrate
from foundation.database.database import Database
from tests.databases.postgres import Cluster
from tests.faults.fleet import ROOT
from tests.processes.forkserver import run_command

KEEP = "it is the account of what was paid"
# What somebody did to a database at the newest revision, and what is said of it.
SPOILT = {
    "a newer version": ("UPDATE alembic_version SET version_num = '0999'", "of a newer version than this program"),
    "no revision": ("DELETE FROM alembic_version", "restored or copied in part"),
    "no table of revisions": ("DROP TABLE alembic_version", "restored or copied in part"),
    "two revisions": ("INSERT INTO alembic_version VALUES ('0001')", "several revisions at once (0001, "),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/chat2pay.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.fresh()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = Database(url)
    yield made
    made.close()


def do(url: str, *statements: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def tables(database: Database) -> dict[str, list[str]]:
    """Every table with its columns."""
    with database.read() as connection:
        seen = inspect(connection)
        return {name: [str(column["name"]) for column in seen.get_columns(name)] for name in seen.get_table_names()}


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CHAT2PAY_")} | {
        "PYTHONPATH": str(ROOT),
        "CHAT2PAY_ENVIRONMENT": "demo",
        "CHAT2PAY_DATABASE_URL": url,
        "CHAT2PAY_ENCRYPTION_KEYS": "k" * 43 + "=",
        "CHAT2PAY_LAUNCH_KEYS": "a-launch-key-of-at-least-32-characters",
    }
    return run_command(arguments, env)


@pytest.mark.parametrize("name", SPOILT)
def test_is_named_with_the_way_out_and_left_as_it_is(url: str, database: Database, name: str) -> None:
    statement, sentence = SPOILT[name]
    migrate.upgrade(database)
    do(url, statement)
    before = tables(database)
    for refused in (migrate.upgrade, migrate.require_schema):
        with pytest.raises(Misconfigured) as told:
            refused(database)
        assert sentence in str(told.value)
        assert KEEP in str(told.value)
        assert "empty one" not in str(told.value)
    assert tables(database) == before


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE customers (id INTEGER)",),
        ("CREATE TABLE customers (id INTEGER)", "CREATE TABLE alembic_version (version_num VARCHAR(32))"),
        (
            "CREATE TABLE customers (id INTEGER)",
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
        ),
    ],
    ids=["without migrations", "without a revision", "with a revision of its own"],
)
def test_of_another_program_is_not_touched(url: str, database: Database, statements: tuple[str, ...]) -> None:
    do(url, *statements)
    before = tables(database)
    with pytest.raises(Misconfigured, match="belongs to another program") as told:
        migrate.upgrade(database)
    assert "a database of its own in CHAT2PAY_DATABASE_URL" in str(told.value)
    assert tables(database) == before


def test_an_upgrade_that_meets_tables_changed_by_hand_stops_and_changes_nothing(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody had done half of it by hand: the second half fails, and takes the first one back."""
    migrate.upgrade(database)
    do(url, "UPDATE alembic_version SET version_num = '0001'")
    before = tables(database)

    def halves(config: Any, _: str) -> None:
        for statement in ("CREATE TABLE new_one (id INTEGER)", "ALTER TABLE inbox ADD COLUMN reason VARCHAR(9)"):
            config.attributes["connection"].execute(text(statement))

    monkeypatch.setattr(command, "upgrade", halves)
    with pytest.raises(Misconfigured, match="The upgrade from revision 0001 stopped and nothing was changed") as told:
        migrate.upgrade(database)
    assert "reason" in str(told.value)
    assert KEEP in str(told.value)
    assert tables(database) == before


def test_one_that_only_lacks_a_column_says_which(url: str, database: Database) -> None:
    migrate.upgrade(database)
    do(url, "ALTER TABLE outbox DROP COLUMN reason")
    with pytest.raises(Misconfigured, match="outbox reason") as told:
        migrate.require_schema(database)
    assert KEEP in str(told.value)


COMMANDS = {"db upgrade": 2, "db check": 1, "serve": 2, "tenant list": 2, "inbox list": 2, "reconcile": 2, "doctor": 1}


@pytest.mark.parametrize("arguments", COMMANDS)
def test_each_command_says_so_and_ends_with_the_code_for_it(tmp_path: Path, arguments: str) -> None:
    url = f"sqlite:///{tmp_path}/chat2pay.db"
    made = Database(url)
    migrate.upgrade(made)
    made.close()
    do(url, SPOILT["a newer version"][0])
    done = run(url, *arguments.split())
    said = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode, "Traceback" in said) == (COMMANDS[arguments], False), said
    assert "The database is of a newer version than this program" in said
    assert "Install the version that upgraded it" in said


@pytest.mark.parametrize("arguments", ["db upgrade", "db check"])
def test_a_schema_that_somebody_changed_by_hand_is_told_by_both_commands(tmp_path: Path, arguments: str) -> None:
    url = f"sqlite:///{tmp_path}/chat2pay.db"
    made = Database(url)
    migrate.upgrade(made)
    made.close()
    do(url, "ALTER TABLE outbox DROP COLUMN reason")
    done = run(url, *arguments.split())
    said = done.stdout + done.stderr
    assert (done.returncode, "outbox reason" in said, "up to date" in said) == (1, True, False), said


@pytest.mark.parametrize("arguments", ["db upgrade", "db check", "serve", "tenant list", "doctor"])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, arguments: str) -> None:
    file = tmp_path / "chat2pay.db"
    file.write_text("Dear diary, this is a text and certainly not a database of anything. " * 20)
    done = run(f"sqlite:///{file}", *arguments.split())
    said = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in said) == (1 if arguments == "doctor" else 2, False), said
    assert "file is not a database" in said


@pytest.mark.parametrize("arguments", ["db upgrade", "serve", "worker", "tenant list"])
def test_a_database_that_is_not_there_at_all_is_a_matter_of_configuration(cluster: Cluster, arguments: str) -> None:
    done = run(cluster.url("no_such_database"), *arguments.split())
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "does not exist" in done.stderr


def test_the_job_queue_of_a_newer_version_is_left_as_it_is(cluster: Cluster) -> None:
    made = Database(cluster.fresh())
    migrate.upgrade(made)
    comment: Any = "COMMENT ON SCHEMA procrastinate IS '99.99.99_01_of_the_future'"
    with made.write() as connection:
        connection.exec_driver_sql(comment)
    migrate.upgrade(made)
    with pytest.raises(Misconfigured, match="The job queue is of a newer version"):
        migrate.require_schema(made)
    made.close()
