"""Knows the commands that start a deployment: its secrets, its web processes and its workers."""

from __future__ import annotations

import secrets

import click
from cryptography.fernet import Fernet

from connector.commands.opening import open_alone, open_unchecked
from connector.store.migrate import require_schema


@click.command()
def serve() -> None:
    """Serve Salesforce, the open pages and the core's callbacks, and do the work in the background."""
    services = open_alone()
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
def keys() -> None:
    """Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them."""
    click.echo(f"CHAT2PAY_ENCRYPTION_KEYS={Fernet.generate_key().decode()}")
    click.echo(f"CHAT2PAY_LAUNCH_KEYS={secrets.token_urlsafe(32)}")
