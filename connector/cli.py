"""The ``chat2pay`` command: the table of its commands, and its exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from typing import NamedTuple, NoReturn

import click

from connector.build import version_text
from connector.commands.console.terminal import discard_output, finish_output, prepare_terminal
from connector.errors import Misconfigured, ServiceError, TenantProblem


class _Command(NamedTuple):
    """A command's help, its place (module and name), and the places of its subcommands."""

    help: str
    place: str
    below: tuple[str, ...] = ()


# Commands are imported when they are called: a server carries none of the others in memory, and ``--help`` is quick.
COMMANDS = {
    "serve": _Command(
        "Serve Salesforce, the open pages and the core's callbacks, and do the work in the background.", "serve:serve"
    ),
    "worker": _Command("Do the background work of a PostgreSQL fleet; start as many as you need.", "serve:worker"),
    "keys": _Command(
        "Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them.", "serve:keys"
    ),
    "db": _Command("The database's schema.", "db:db"),
    "tenant": _Command("Tenants: one Salesforce org and its payment core each.", "tenants.tenant:tenant"),
    "rotate-key": _Command(
        "Change one secret of a tenant while both the old and the new one work, then finish.",
        "rotation.secrets:rotate_key",
        ("rotation.api:rotate_api",),
    ),
    "secrets": _Command("What is encrypted at rest.", "encryption:secrets"),
    "inbox": _Command(
        "The ledger of callback notifications.",
        "inbox.listing:inbox",
        (
            "inbox.replay:inbox_replay",
            "inbox.archive:inbox_archive",
        ),
    ),
    "outbox": _Command(
        "Orders on their way to Salesforce: what waits, what was refused and why.",
        "outbox.listing:outbox",
        ("outbox.pushing:outbox_push",),
    ),
    "request": _Command("Single payment requests: what a person decides about them.", "request:request"),
    "forget": _Command(
        "Erase a customer: numbers, message texts, callback bodies, and the four digits in Salesforce's request records.",
        "forget:forget",
    ),
    "reconcile": _Command(
        "Hold core, ledger and Salesforce against each other and heal what differs; exit 1 when something stays unexplained.",
        "reconcile:reconcile",
    ),
    "salesforce": _Command(
        "The Salesforce project: what an admin deploys into the org.", "salesforce.export:salesforce"
    ),
    "doctor": _Command(
        "Look at everything that must be right, and say what is wrong, where to mend it and what happens otherwise.",
        "doctor:doctor",
    ),
    "rehearse": _Command(
        "Rehearse a bad day against the sandboxes and prove that nothing is lost and nothing wrong (source tree only).",
        "rehearse:rehearse",
    ),
}


class _OnDemand(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, with its subcommands."""
        if cmd_name not in COMMANDS:
            return None
        known = COMMANDS[cmd_name]
        command = _loaded(known.place)
        if isinstance(command, click.Group):
            for place in known.below:
                command.add_command(_loaded(place))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as click does, but without importing them."""
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=known.help).get_short_help_str(limit))
                    for name, known in COMMANDS.items()
                ]
            )


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
    callback=lambda ctx, _, asked: _print_version(ctx) if asked else None,
    help="Say the version and the build, and end.",
)
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


def _print_version(ctx: click.Context) -> None:
    click.echo(version_text())
    ctx.exit()


def run() -> NoReturn:
    """Run the command; errors are sentences on standard error, and the exit code says of which kind."""
    os.umask(0o077)  # the database, its log and archives must not be readable by other users
    prepare_terminal()
    try:
        code = _run_command()
        finish_output()
    except BrokenPipeError:  # the reader closed the pipe, as `head` does
        discard_output()
        code = 1
    except OSError as error:
        code = _failed(f"{error.filename or 'A file or an address'} cannot be used: {error.strerror or error}", 1)
        with suppress(OSError):
            finish_output()  # else the rest fails again when the interpreter ends, and changes the exit code
    sys.exit(code)


def _run_command() -> int:
    """Run the command and return its exit code: 0 success, 1 a failed check or peer, 2 wrong usage or configuration."""
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
        return _failed(error.message, 2)
    except ServiceError as error:
        return _failed(error.message, 1)
    except UnicodeEncodeError:
        return _failed("Something that was given is no text in this terminal's encoding: set LANG to C.UTF-8.", 2)
    except _database_fault() as error:
        return _failed_database(error)
    return 0


def _failed(sentence: str, code: int) -> int:
    """Print the reason of a failure, and return its exit code."""
    click.echo(sentence, err=True)
    return code


def _database_fault() -> type[Exception]:
    """Return the base class of database errors."""
    from foundation.database.outage import DATABASE_FAULT  # noqa: PLC0415 only after an error: most commands need no database

    return DATABASE_FAULT


def _failed_database(error: Exception) -> int:
    """Return 1 if the database cannot be reached, so that a later try may help; 2 if a person must act."""
    from foundation.database.outage import is_away, reason_of  # noqa: PLC0415 as above

    if is_away(error):
        return _failed(f"The database cannot be used just now: {reason_of(error)}.", 1)
    return _failed(f"The database refuses: {reason_of(error)}. `chat2pay db check` and `chat2pay doctor` say more.", 2)


if __name__ == "__main__":
    run()
