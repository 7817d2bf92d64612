"""Knows which commands ``chat2pay`` has and what an exit code means; refuses to know what a command does."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn

import click

from connector.commands.console.terminal import finish_output, give_output_up, prepare_terminal
from connector.errors import Misconfigured, ServiceError, TenantProblem

# Each command by the module and the name it is found under, and what is put below it. They are loaded when they are asked
# for: a server that only serves carries none of the others.
_COMMANDS: dict[str, tuple[str, ...]] = {
    "serve": ("serve:serve",),
    "worker": ("serve:worker",),
    "keys": ("serve:keys",),
    "db": ("db:db",),
    "tenant": ("tenants.tenant:tenant",),
    "rotate-key": ("rotation.secrets:rotate_key", "rotation.api:rotate_api"),
    "secrets": ("encryption:secrets",),
    "inbox": ("inbox.listing:inbox", "inbox.replay:inbox_replay", "inbox.archive:inbox_archive"),
    "outbox": ("outbox.listing:outbox", "outbox.pushing:outbox_push"),
    "request": ("request:request",),
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
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, asked: _tell_version(ctx) if asked else None,
    help="Say the version and the build, and end.",
)
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


def _tell_version(ctx: click.Context) -> None:
    from connector.build import version_text

    click.echo(version_text())
    ctx.exit()


def run() -> NoReturn:
    """Run the command; faults are sentences on standard error, and the exit code says which kind."""
    os.umask(0o077)  # the database, its log and archives are for the user that runs us, and for nobody else
    prepare_terminal()
    try:
        code = _ran()
        finish_output()
    except BrokenPipeError:  # whoever read has seen enough
        give_output_up()
        code = 1
    except OSError as error:
        code = _told(f"{error.filename or 'A file or an address'} cannot be used: {error.strerror or error}", 1)
    sys.exit(code)


def _ran() -> int:
    """Run the command and return its exit code: 0 fine, 1 a check failed or a peer is away, 2 wrong use or configuration."""
    try:
        main(standalone_mode=False)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        return 2
    except (Misconfigured, TenantProblem) as error:
        return _told(error.message, 2)
    except ServiceError as error:
        return _told(error.message, 1)
    except UnicodeEncodeError:
        return _told("Something that was given is no text in this terminal's encoding: set LANG to C.UTF-8.", 2)
    except _database_fault() as error:
        return _database_told(error)
    return 0


def _told(sentence: str, code: int) -> int:
    click.echo(sentence, err=True)
    return code


def _database_fault() -> type[Exception]:
    """Asked only when something was raised: a command that needs no database does not load it."""
    from foundation.database.outage import DATABASE_FAULT

    return DATABASE_FAULT


def _database_told(fault: Exception) -> int:
    """Waiting helps where the database is away; where a person must change something it does not."""
    from foundation.database.outage import is_away, reason_of

    if is_away(fault):
        return _told(f"The database cannot be used just now: {reason_of(fault)}.", 1)
    return _told(f"The database refuses: {reason_of(fault)}. `chat2pay db check` and `chat2pay doctor` say more.", 2)


if __name__ == "__main__":
    run()
