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
    """Bring the schema up to date."""
    upgrade(open_alone().store.database)
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
