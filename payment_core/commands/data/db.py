"""The commands `db upgrade` and `db check` for the database's schema, and `db rekey` for the digests in it."""

from __future__ import annotations

import sys

import click

from foundation.database.schema.check_schema import misfit
from foundation.database.schema.migrate import upgrade
from payment_core.commands.console.bootstrap import open_exclusive, open_shared, open_unchecked
from payment_core.journeys.configuring.rekey_numbers import rekey_numbers
from payment_core.store.schema.migrate import SCHEMA


@click.group()
def db() -> None:
    """The database's schema, and the digests in it."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date; exit 1 when the database is not what its revision says, 2 when it cannot be upgraded."""
    database = open_exclusive(may_be_new=True).transactions.database
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
    core = open_unchecked()
    file = core.settings.sqlite_path
    # Looked at first: SQLite would make the missing file, and whoever mistyped its name would have an empty database.
    if not core.settings.is_fleet and not file.exists():
        click.echo(f"{file.absolute()} does not exist: run `{SCHEMA.upgrade}`, or correct its name.")
        sys.exit(1)
    found = misfit(SCHEMA, core.transactions.database)
    if found:
        click.echo(str(found))
        sys.exit(1)
    click.echo("The schema equals the code.")


@db.command("rekey")
def rekey() -> None:
    """Write the digests of all stored numbers by the first of PAYMENT_CORE_DIGEST_KEYS; exit 1 while older ones are needed."""
    core = open_shared()
    if len(core.digest_keys) == 1:
        click.echo("There is one digest key: nothing is under an older one.")
        return
    done = rekey_numbers(core)
    click.echo(f"{done.numbers} numbers are under the first key now.")
    if not done.is_whole:
        left = ", ".join(f"{number} {name}" for name, number in done.left.items() if number)
        click.echo(f"Keep the older keys: {left} of numbers that stand nowhere here are still found by them.")
        sys.exit(1)
    click.echo("The older keys are not needed any more: take them out, and start every process again.")
