"""What is drawn where a person watches: tables that lose nothing, colours where they are wanted, bars that go away."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import termios
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from connector import cli
from connector.services import build_services
from connector.store.schema.migrate import upgrade
from foundation.database.database import Database
from foundation.secret import Secret
from tests.factories import make_settings, make_tenant
from tests.faults.terminals.test_terminal import KEY, environment
from tests.processes.forkserver import fork_command, run_command

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NAME = "A shop with a name that is rather long, [bold]as names go[/bold], \x1b[31m:smile:"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('screens')}/c2p.db"
    database = Database(made)
    upgrade(database)
    database.close()
    services = build_services(make_settings(made, encryption_keys=(Secret(KEY),)))
    nobody = "http://127.0.0.1:9"
    peers: dict[str, Any] = {
        "salesforce": {"host_url": nobody, "client_id": "client", "frame_origins": [nobody]},
        "core": {"base_url": nobody, "application": "app-uuid", "environment": "SANDBOX", "confirm": True},
    }
    globex: dict[str, Any] = {"org_id": "00Dyy0000002hFiEAI", "callback_key": "callback-key-of-globex"}
    services.store.tenants.add(make_tenant(name=NAME, **peers), now=services.now())
    services.store.tenants.add(make_tenant("globex", name="Globex", **globex, **peers), now=services.now())
    services.store.database.close()
    return made


@cache
def drawn(arguments: str, url: str, *, columns: int = 200, out: Path | None = None, **changes: str) -> str:
    """Run a command on a terminal of so many columns and return what it wrote there; ``out`` is standard output instead."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    env = environment(url, **{"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"} | changes)
    env = {
        name: value
        for name, value in env.items()
        if value and (name in changes or name not in ("COLUMNS", "LINES", "FORCE_COLOR"))
    }
    stdout = out.open("wb") if out else None
    child = fork_command(arguments.split(), env, [theirs, stdout.fileno() if stdout else theirs, theirs])
    os.close(theirs)
    if stdout:
        stdout.close()
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
        child.wait(120)
    return b"".join(parts).decode().replace("\r\n", "\n")


@cache
def piped(arguments: str, url: str, **changes: str) -> str:
    done = run_command(arguments.split(), environment(url, PYTHONIOENCODING="utf-8", **changes))
    return done.stdout + done.stderr


def words(text: str) -> list[str]:
    return ESCAPE.sub("", text).split()


def test_a_wide_terminal_shows_the_columns_that_a_pipe_shows_with_bold_names(url: str) -> None:
    shown = drawn("tenant list", url)
    header, first, *_ = shown.splitlines()
    assert re.match(r"\x1b\[1m\w+", header)
    assert "[bold]as names go[/bold]" in first
    assert ":smile:" in first
    plain = piped("tenant list", url)
    assert words(shown.replace("�[31m", "")) == plain.split()


@pytest.mark.parametrize("columns", [20, 40, 60, 80])
def test_a_narrow_terminal_loses_nothing_and_breaks_no_name_of_a_thing(url: str, columns: int) -> None:
    shown, plain = drawn("tenant list", url, columns=columns), piped("tenant list", url)
    for word in plain.split():
        assert word in shown


@pytest.mark.parametrize("arguments", ["tenant list", "tenant show acme", "doctor"])
@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_who_wants_no_colour_gets_no_escape_code(url: str, arguments: str, changes: dict[str, str]) -> None:
    assert COLOUR.search(drawn(arguments, url)) is not None
    assert "\x1b" not in drawn(arguments, url, **changes)


@pytest.mark.parametrize(
    "arguments", ["tenant list", "tenant show globex", "doctor", "secrets rotate --check", "db check"]
)
def test_no_escape_code_ever_goes_into_a_pipe(url: str, arguments: str) -> None:
    said = piped(arguments, url, FORCE_COLOR="1", TTY_COMPATIBLE="1", TTY_INTERACTIVE="1", TERM="xterm-256color")
    assert said.replace(NAME, "").count("\x1b") == 0


def test_a_name_that_would_steer_the_terminal_does_not(url: str) -> None:
    for arguments in ("tenant list", "tenant show acme"):
        assert "\x1b[31m:smile:" not in drawn(arguments, url)


def test_a_bar_is_drawn_beside_what_goes_into_a_file_and_is_wiped_away(url: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = drawn("secrets rotate --check", url, out=out)
    assert "Checking" in shown
    assert re.search(r"\d+/\d+", ESCAPE.sub("", shown))
    assert shown.rstrip().endswith("\x1b[2K")  # the last thing is that its line is erased
    said = out.read_text()
    assert "under the newest key" in said
    assert "\x1b" not in said
    assert "Checking" not in said


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}])
def test_a_bar_that_could_not_be_redrawn_is_not_drawn(url: str, tmp_path: Path, changes: dict[str, str]) -> None:
    assert "Checking" not in drawn("secrets rotate --check", url, out=tmp_path / "out", **changes)


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        ("db upgrade", "Upgrading the schema"),
        ("inbox archive --to {file}", "Archiving"),
        ("reconcile", "Reconciling Globex"),
    ],
)
def test_every_long_command_shows_that_it_goes_on(url: str, tmp_path: Path, arguments: str, label: str) -> None:
    given = arguments.format(file=tmp_path / "archive.gz")
    assert label in drawn(given, url)
    assert label not in piped(given, url)


def test_json_is_the_same_on_a_terminal_and_in_a_pipe(url: str) -> None:
    shown = drawn("tenant list --json", url, columns=20)
    assert json.loads(shown) == json.loads(piped("tenant list --json", url))


def test_help_lists_every_command_in_the_words_of_the_command_itself() -> None:
    context = click.Context(cli.main)
    for name, known in cli.COMMANDS.items():
        command = cli.main.get_command(context, name)
        assert command is not None
        for limit in (20, 45, 80, 300):
            assert click.Command(name, help=known.help).get_short_help_str(limit) == command.get_short_help_str(limit)
