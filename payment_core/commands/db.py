"""The commands `db upgrade` and `db check` for the database's schema."""

from __future__ import annotations

import sys

import click

from foundation.database.schema.migrate import misfit, upgrade
from payment_core.commands.console.bootstrap import open_exclusive, open_unchecked
from payment_core.store.schema.migrate import SCHEMA


@click.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date; exit 1 when the database is not what its revision says, 2 when it cannot be upgraded."""
    database = open_exclusive().transactions.database
    upgrade(SCHEMA, database)
    # Migrations that ran prove nothing about a schema that somebody changed by hand: it is compared with the code.
    found = misfit(SCHEMA, database)
    if found:
        click.echo(str(found), err=True)
        sys.exit(1)
    click.echo("The schema is up to date.")


@db.command("check")
def db_check() -> None:
    """Compare the schema with the code; exit 1 when they differ."""
    found = misfit(SCHEMA, open_unchecked().transactions.database)
    if found:
        click.echo(str(found))
        sys.exit(1)
    click.echo("The schema equals the code.")
