"""The commands `db upgrade` and `db check` for the database's schema."""

from __future__ import annotations

import sys

import click

from connector.commands.console.bootstrap import open_exclusive, open_unchecked
from connector.store.schema.migrate import misfit, upgrade
from foundation.console.progress import progress


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date; exit 1 when the database is not what its revision says, 2 when it cannot be upgraded."""
    database = open_exclusive(may_be_new=True).store.database
    with progress("Upgrading the schema"):
        upgrade(database)
    # Migrations that ran prove nothing about a schema that somebody changed by hand: it is compared with the code.
    found = misfit(database)
    if found:
        click.echo(str(found), err=True)
        sys.exit(1)
    click.echo("The schema is up to date.")


@db.command("check")
def db_check() -> None:
    """Compare the schema with the code; exit 1 when they differ."""
    services = open_unchecked()
    file = services.settings.sqlite_path
    # Looked at first: SQLite would make the missing file, and whoever mistyped its name would have an empty database.
    if not services.settings.is_fleet and not file.exists():
        click.echo(f"{file.absolute()} does not exist: run `chat2pay db upgrade`, or correct its name.")
        sys.exit(1)
    found = misfit(services.store.database)
    if found:
        click.echo(str(found))
        sys.exit(1)
    click.echo("The schema equals the code.")
