"""Print rows and single items on standard output: tables for people, plain columns in pipes, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from foundation.clock import rfc3339
from foundation.console.screens import is_terminal, printable, screen

as_json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_NAME = "bold"
_GAP = "  "


def print_json(value: Any) -> None:
    """Print a value as JSON: times as RFC 3339, amounts as text."""
    # Amounts as text: most readers turn a JSON number into a float, which rounds.
    click.echo(json.dumps(value, indent=2, default=format_value))


def print_table(rows: Sequence[Mapping[str, Any]], *, when_empty: str) -> None:
    """Print rows in columns under their names; on a terminal too narrow for them, one block of lines for each row."""
    if not rows:
        click.echo(when_empty)
        return
    texts = [{name: format_value(value) for name, value in row.items()} for row in rows]
    if is_terminal("stdout"):
        _draw(lambda console: _table(console, texts))
        return
    # In a pipe every row is one line of full width, whatever the terminal: grep and awk read it.
    widths = {name: max(len(name), *(len(row[name]) for row in texts)) for name in rows[0]}
    click.echo(_line({name: name for name in widths}, widths))
    for row in texts:
        click.echo(_line(row, widths))


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print one item, a field on each line."""
    texts = {name: format_value(value) for name, value in fields.items()}
    if is_terminal("stdout"):
        _draw(lambda _: _block(texts))
        return
    width = max(map(len, texts), default=0)
    for name, text in texts.items():
        click.echo(f"{name.ljust(width)}{_GAP}{text}")


def format_value(value: Any) -> str:
    """Return the text of one value."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _line(row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return _GAP.join(row[name].ljust(width) for name, width in widths.items()).rstrip()


def _draw(make: Callable[[Console], RenderableType]) -> None:
    """Render with rich and write to standard output."""
    # Written through click: its stream replaces what the terminal's encoding cannot show, where rich would raise.
    console = screen("stdout")
    with console.capture() as captured:
        drawn = make(console)
        # Lines of a block are wrapped by the terminal itself, so that a copied value has no line break in it.
        console.print(drawn, soft_wrap=not isinstance(drawn, Table))
    click.echo(captured.get(), nl=False)


def _table(console: Console, texts: Sequence[Mapping[str, str]]) -> RenderableType:
    # A cell may break between words only: digests and references are copied from here.
    narrowest = [max(cell_len(word) for row in texts for word in (name, *row[name].split())) for name in texts[0]]
    if sum(narrowest) + len(_GAP) * (len(narrowest) - 1) > console.width:
        return Group(*(part for row in texts for part in (_block(row), Text())))
    table = Table(*texts[0], box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style=_NAME)
    for row in texts:
        table.add_row(*(Text(printable(row[name])) for name in texts[0]))
    return table


def _block(texts: Mapping[str, str]) -> Text:
    width = max(map(len, texts), default=0)
    lines = [Text.assemble((name.ljust(width), _NAME), _GAP, printable(text)) for name, text in texts.items()]
    return Text("\n").join(lines)
