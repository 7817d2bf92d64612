"""The commands that start a deployment: `keys`, `serve` and `worker`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from cryptography.fernet import Fernet

from connector.commands.console.bootstrap import open_exclusive, open_unchecked
from connector.store.schema.migrate import require_schema
from foundation.console.key_files import folder_option, print_keys


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
    # Unchecked: on SQLite a missing file would be named before what is really wrong.
    services = open_unchecked()
    if not services.settings.is_fleet:
        raise click.ClickException("On SQLite the web process works by itself: `chat2pay worker` is for PostgreSQL.")
    require_schema(services.store.database)
    from connector.serving.worker import run_worker

    run_worker(services)


@click.command()
@folder_option
def keys(*, folder: Path | None) -> None:
    """Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them."""
    made = {
        "CHAT2PAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "CHAT2PAY_LAUNCH_KEYS": secrets.token_urlsafe(32),
    }
    print_keys(made, folder, prefix="CHAT2PAY_")
