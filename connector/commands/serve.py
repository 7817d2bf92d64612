"""The commands that start a deployment: `keys`, `serve` and `worker`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click
from cryptography.fernet import Fernet

from connector.commands.console.bootstrap import open_exclusive, open_unchecked
from connector.store.schema.migrate import require_schema


@click.command()
def serve() -> None:
    """Serve Salesforce, the open pages and the core's callbacks, and do the work in the background."""
    services = open_exclusive()
    # Imported by need: each of the two brings its own server library.
    if services.settings.is_fleet:
        from connector.serving.fleet import serve as run_server
    else:
        from connector.serving.alone import serve as run_server
    run_server(services)


@click.command()
def worker() -> None:
    """Do the background work of a PostgreSQL fleet; start as many as you need."""
    services = open_unchecked()
    if not services.settings.is_fleet:
        raise click.ClickException("On SQLite the web process works by itself: `chat2pay worker` is for PostgreSQL.")
    require_schema(services.store.database)
    from connector.serving.worker import run_worker

    run_worker(services)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each secret into a file of its own in this folder instead, readable for nobody else.",
)
def keys(*, folder: Path | None) -> None:
    """Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them."""
    made = {
        "CHAT2PAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "CHAT2PAY_LAUNCH_KEYS": secrets.token_urlsafe(32),
    }
    if folder is None:
        for name, key in made.items():
            click.echo(f"{name}={key}")
        return
    files = {name: folder / name.removeprefix("CHAT2PAY_").lower() for name in made}
    there = [str(file) for file in files.values() if file.exists()]
    if there:
        raise click.ClickException(f"{' and '.join(there)}: this would overwrite a key that may be in use.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, file in files.items():
        # Created with its mode: a chmod afterwards would leave the key readable for a moment.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{made[name]}\n")
        click.echo(f"{name}_FILE={file}")
