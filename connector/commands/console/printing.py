"""Knows how a command prints rows: aligned columns for people, JSON for scripts; refuses to choose what is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

as_json_option: Callable[[Any], Any] = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Any) -> None:
    """Print a value as JSON: times as RFC 3339, amounts as text."""
    click.echo(json.dumps(value, indent=2, default=told))


def print_table(rows: Sequence[Mapping[str, Any]], *, when_empty: str) -> None:
    """Print rows in columns under their names."""
    if not rows:
        click.echo(when_empty)
        return
    texts = [{name: told(value) for name, value in row.items()} for row in rows]
    widths = {name: max(len(name), *(len(row[name]) for row in texts)) for name in rows[0]}
    click.echo(_line({name: name for name in widths}, widths))
    for row in texts:
        click.echo(_line(row, widths))


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print one thing, a field in each line."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        click.echo(f"{name.ljust(width)}  {told(value)}")


def told(value: Any) -> str:
    """Return the text of one value."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _line(row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    return "  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip()
