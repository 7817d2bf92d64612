"""What `--help` says of a command is whole: cut to a line it often ends before what matters."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from connector.cli import main as connector
from payment_core.cli import main as payment_core


def groups(main: click.Group) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that has commands below it."""
    waiting: list[tuple[click.Group, tuple[str, ...]]] = [(main, ())]
    while waiting:
        group, words = waiting.pop()
        yield words
        context = click.Context(group)
        below = {name: group.get_command(context, name) for name in group.list_commands(context)}
        waiting += [(one, (*words, name)) for name, one in below.items() if isinstance(one, click.Group)]


@pytest.mark.parametrize("main", [connector, payment_core], ids=["chat2pay", "chat2pay-core"])
def test_no_list_of_commands_is_cut(main: click.Group) -> None:
    found = {words: CliRunner().invoke(main, [*words, "--help"]).output for words in groups(main)}
    assert len(found) > 5
    assert [words for words, text in found.items() if "..." in text.partition("Commands:")[2]] == []
