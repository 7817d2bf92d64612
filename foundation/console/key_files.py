"""Print new secrets, or write each into a file of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each secret into a file of its own in this folder instead, readable for nobody else.",
)


def print_keys(made: Mapping[str, str], folder: Path | None, *, prefix: str) -> None:
    """Print new secrets by their settings' names, or write them into files of ``folder``, readable for nobody else.

    Raises:
        click.ClickException: a file exists already; nothing was written.
    """
    if folder is None:
        for name, key in made.items():
            click.echo(f"{name}={key}")
        return
    files = {name: folder / name.removeprefix(prefix).lower() for name in made}
    there = [str(file) for file in files.values() if file.exists()]
    if there:
        raise click.ClickException(f"{' and '.join(there)}: this would overwrite a key that may be in use.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, file in files.items():
        # Created with its mode: a chmod afterwards would leave the key readable for a moment.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{made[name]}\n")
        click.echo(f"{name}_FILE={file}")
