"""Knows the commands that change one secret without a pause; refuses to show a secret a second time."""

from __future__ import annotations

import click


@click.group("rotate-key")
def rotate_key() -> None:
    """Change one secret of a tenant while both the old and the new one work, then finish."""
