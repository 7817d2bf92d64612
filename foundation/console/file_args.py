"""Read files that are arguments of a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from foundation.exact_json import NamedTwice, unique_names

TEXT_FILE = click.File("r", encoding="utf-8-sig")  # some Windows editors begin a file with a byte order mark


def read_text(file: Any) -> str:
    """Return a file's content without the white space around it.

    Raises:
        UsageError: the file is empty, or not text in UTF-8.
    """
    try:
        text = str(file.read()).strip()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{_name_of(file)} is no text in UTF-8: save it so.") from error
    if not text:
        # An empty secret would be noticed only when the peer refuses it.
        raise click.UsageError(f"{_name_of(file)} is empty.")
    return text


def read_json_object(file: Any, *, parse_float: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Return the JSON object that a file holds; ``parse_float`` reads the numbers in it that are not whole.

    Raises:
        UsageError: it holds none. The message has the position of the error and nothing of the file, which may hold secrets.
    """
    try:
        given = json.loads(read_text(file), object_pairs_hook=unique_names, parse_float=parse_float)
    except NamedTwice as twice:
        raise click.UsageError(
            f"{_name_of(file)} has {twice.name or 'a name'} twice in one object: leave one."
        ) from None
    except json.JSONDecodeError as error:
        raise click.UsageError(
            f"{_name_of(file)} is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:  # a number that nothing can hold; too deep
        raise click.UsageError(f"{_name_of(file)} is no JSON that can be read.") from error
    if not isinstance(given, dict):
        raise click.UsageError(f"{_name_of(file)} must hold one JSON object.")
    return given


def _name_of(file: Any) -> str:
    """Return what people call it: standard input has no name of a file."""
    name = str(getattr(file, "name", "<stdin>"))
    return "Standard input" if name == "<stdin>" else name
