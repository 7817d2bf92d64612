"""Knows the commands for the database's schema; refuses to touch rows."""

from __future__ import annotations

import sys

import click

from connector.commands.opening import open_alone, open_unchecked
from connector.store.migrate import differences, upgrade


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date; exit 1 when no migration leads from this database to the code's."""
    database = open_alone().store.database
    upgrade(database)
    found = differences(database)
    if found:
        for line in found:
            click.echo(line, err=True)
        click.echo("This database is of another build, and no migration leads here. Begin with an empty one.", err=True)
        sys.exit(1)
    click.echo("The schema is up to date.")


@db.command("check")
def db_check() -> None:
    """Compare the schema with the code; exit 1 when they differ."""
    found = differences(open_unchecked().store.database)
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo("The schema equals the code.")
