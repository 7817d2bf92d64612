"""Knows the commands that start a deployment: its secrets and its web process."""

from __future__ import annotations

import secrets

import click
from cryptography.fernet import Fernet

from connector.commands.opening import open_alone


@click.command()
def serve() -> None:
    """Serve Salesforce, the open pages and the core's callbacks, and do the work in the background."""
    from connector.serving import serve as run_server

    run_server(open_alone())


@click.command()
def keys() -> None:
    """Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them."""
    click.echo(f"CHAT2PAY_ENCRYPTION_KEYS={Fernet.generate_key().decode()}")
    click.echo(f"CHAT2PAY_LAUNCH_KEYS={secrets.token_urlsafe(32)}")
