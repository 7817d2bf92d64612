"""A command whose subcommands are imported when they are called, and its exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from foundation.build import version_text
from foundation.console.terminal import discard_output, finish_output, prepare_terminal
from foundation.errors import Misconfigured, ServiceError
from foundation.http.encoding_guesses import leave_out_encoding_guesses


class ListedCommand(NamedTuple):
    """A command's help, its place (module and name), and the places of its subcommands."""

    help: str
    place: str
    below: tuple[str, ...] = ()


Function = TypeVar("Function", bound=Callable[..., Any])


def version_option(command: str) -> Callable[[Function], Function]:
    """Return the option ``--version`` of a command line: it prints version and build of ``command``, and ends."""

    def show(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked:
            click.echo(version_text(command))
            ctx.exit()

    return click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Say the version and the build, and end.",
    )


class OnDemand(click.Group):
    """A group of ``commands`` in the modules of ``package``.

    A server carries none of the others in memory, and ``--help`` is quick.
    """

    commands_table: Mapping[str, ListedCommand]
    package: str

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.commands_table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, with its subcommands."""
        if cmd_name not in self.commands_table:
            return None
        known = self.commands_table[cmd_name]
        command = self._loaded(known.place)
        if isinstance(command, click.Group):
            for place in known.below:
                command.add_command(self._loaded(place))
        _list_uncut(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as click does, but uncut, and without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.help) for name, known in self.commands_table.items()])

    def _loaded(self, place: str) -> click.Command:
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"{self.package}.{module}"), name)
        return command


def _list_uncut(command: click.Command) -> None:
    """Let the list of a group's commands say each one's first paragraph; click cuts it to a line, often before what matters."""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        below.short_help = " ".join((below.help or "").partition("\n\n")[0].split())
        _list_uncut(below)


def run_command_line(main: click.Command, *, faulty: tuple[type[ServiceError], ...], ask: str) -> NoReturn:
    """Run a command; errors are sentences on standard error, and the exit code says of which kind.

    0 success, 1 a failed check or peer, 2 wrong usage or configuration; errors of ``faulty`` are of configuration, too.
    ``ask`` names the commands that say more about a database that refuses.
    """
    os.umask(0o077)  # the database, its log and archives must not be readable by other users
    prepare_terminal()
    leave_out_encoding_guesses()
    try:
        code = _run(main, faulty, ask)
        finish_output()
    except BrokenPipeError:  # the reader closed the pipe, as `head` does
        discard_output()
        code = 1
    except OSError as error:
        code = _failed(f"{error.filename or 'A file or an address'} cannot be used: {error.strerror or error}", 1)
        with suppress(OSError):
            finish_output()  # else the rest fails again when the interpreter ends, and changes the exit code
    sys.exit(code)


def _run(main: click.Command, faulty: tuple[type[ServiceError], ...], ask: str) -> int:
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
    except ServiceError as error:
        return _failed(error.message, 2 if isinstance(error, (Misconfigured, *faulty)) else 1)
    except UnicodeEncodeError:
        return _failed("Something that was given is no text in this terminal's encoding: set LANG to C.UTF-8.", 2)
    except _database_fault() as error:
        return _failed_database(error, ask)
    return 0


def _failed(sentence: str, code: int) -> int:
    """Print the reason of a failure, and return its exit code."""
    click.echo(sentence, err=True)
    return code


def _database_fault() -> type[Exception]:
    """Return the base class of database errors."""
    from foundation.database.outage import DATABASE_FAULT  # noqa: PLC0415 only after an error: most commands need no database

    return DATABASE_FAULT


def _failed_database(error: Exception, ask: str) -> int:
    """Return 1 if the database cannot be reached, so that a later try may help; 2 if a person must act."""
    from foundation.database.outage import is_away, reason_of  # noqa: PLC0415 as above

    if is_away(error):
        return _failed(f"The database cannot be used just now: {reason_of(error)}.", 1)
    return _failed(f"The database refuses: {reason_of(error)}. {ask} say more.", 2)
