"""Knows which commands ``chat2pay`` has and what an exit code means; refuses to know what a command does."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn

import click

from connector.errors import ConnectorError, Misconfigured

# Each command by the module and the name it is found under, and what is put below it. They are loaded when they are asked
# for: a server that only serves carries none of the others.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "serve": ("serve:serve",),
    "worker": ("serve:worker",),
    "keys": ("serve:keys",),
    "db": ("db:db",),
    "tenant": ("tenant:tenant",),
    "rotate-key": ("rotate:rotate_key", "rotate_api:rotate_api"),
    "secrets": ("secrets:secrets",),
    "inbox": ("inbox:inbox", "replay:inbox_replay", "archive:inbox_archive"),
    "reconcile": ("reconcile:reconcile",),
    "doctor": ("doctor:doctor",),
    "rehearse": ("rehearse:rehearse",),
}


class _OnDemand(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the sequence of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command, and those below it."""
        if cmd_name not in _COMMANDS:
            return None
        command, *below = map(_loaded, _COMMANDS[cmd_name])
        if isinstance(command, click.Group):
            for one in below:
                command.add_command(one)
        return command


def _loaded(place: str) -> click.Command:
    module, _, name = place.partition(":")
    command: click.Command = getattr(importlib.import_module(f"connector.commands.{module}"), name)
    return command


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chat2pay-connector")
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


def run() -> NoReturn:
    """Run the command; faults are sentences on standard error, and the exit code says which kind."""
    os.umask(0o077)  # the database, its log and archives are for the user that runs us, and for nobody else
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(2)
    except Misconfigured as fault:
        click.echo(fault.message, err=True)
        sys.exit(2)
    except ConnectorError as fault:
        click.echo(fault.message, err=True)
        sys.exit(1)
    except OSError as fault:
        click.echo(f"{fault.filename or 'A file or an address'} cannot be used: {fault.strerror or fault}", err=True)
        sys.exit(1)
    except _database_away() as fault:
        _tell_away(fault)
        sys.exit(1)
    sys.exit(0)


def _database_away() -> tuple[type[Exception], ...]:
    """Asked only when something was raised: a command that needs no database does not load it."""
    from connector.store.away import AWAY

    return AWAY


def _tell_away(fault: Exception) -> None:
    from connector.store.away import reason_of

    click.echo(f"The database cannot be used just now: {reason_of(fault)}.", err=True)


if __name__ == "__main__":
    run()
