"""What a command says of a list that it has cut."""

from __future__ import annotations

from collections.abc import Callable

import click


def say_what_is_left(shown: int, *, limit: int, count: Callable[[], int]) -> None:
    """Say how many rows a list left out, if any; ``count`` is asked only where it was cut."""
    left = count() - shown if shown >= limit else 0
    if left > 0:
        # On standard error: a table that is cut must not look complete, and a script must not read this as a row.
        click.echo(f"… and {left} more; --limit shows them.", err=True)
