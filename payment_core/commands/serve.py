"""The commands that start a deployment: `keys`, `serve` and `worker`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from cryptography.fernet import Fernet

from foundation.console.key_files import folder_option, print_keys
from foundation.database.schema.check_schema import require_schema
from payment_core.commands.console.bootstrap import open_exclusive, open_unchecked
from payment_core.store.schema.migrate import SCHEMA


@click.command()
def serve() -> None:
    """Serve the API, the customers' pages and the providers' webhooks; on SQLite do the background work, too."""
    core = open_exclusive()
    # Imported by need: each of the two brings its own server library.
    if core.settings.is_fleet:
        from payment_core.serving.fleet import serve as run_fleet

        run_fleet(core)
    else:
        from payment_core.serving.alone import serve as run_alone

        run_alone(core)


@click.command()
def worker() -> None:
    """Do the background work of a PostgreSQL fleet; start as many as you need."""
    core = open_unchecked()
    if not core.settings.is_fleet:
        raise click.ClickException(
            "On SQLite the web process works by itself: `chat2pay-core worker` is for PostgreSQL."
        )
    require_schema(SCHEMA, core.transactions.database)
    from payment_core.serving.worker import run_worker

    run_worker(core)


@click.command()
@folder_option
def keys(*, folder: Path | None) -> None:
    """Make new secrets for PAYMENT_CORE_ENCRYPTION_KEYS and PAYMENT_CORE_DIGEST_KEYS and print them."""
    made = {
        "PAYMENT_CORE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PAYMENT_CORE_DIGEST_KEYS": secrets.token_urlsafe(32),
    }
    print_keys(made, folder, prefix="PAYMENT_CORE_")
