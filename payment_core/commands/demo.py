"""The command `demo`: the only one that loads test cards, test phones, a clock that can be moved, and controls for testers."""

from __future__ import annotations

import os
from pathlib import Path

import click

from foundation import log
from foundation.database.database import ProcessLock
from foundation.secret import Secret
from payment_core.errors import Misconfigured

_KEY = "PAYMENT_CORE_DEMO_KEY"
_FEWEST = 32


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8020, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder that keeps everything."
)
@click.option("--database-url", default=None, help="Keep it on PostgreSQL instead of SQLite in the folder.")
@click.option("--public-url", default=None, help="What links in messages start with.")
@click.option("--phones-url", required=True, help="Where the test phones are.")
def demo(
    *, port: int, host: str, state: Path, database_url: str | None, public_url: str | None, phones_url: str
) -> None:
    """Run a demo: test cards, test phones, a clock that can be moved.

    PAYMENT_CORE_DEMO_KEY (at least 32 characters) opens its controls for testers and proves what the phones send.
    """
    _refuse_production()
    key = os.environ.get(_KEY, "")
    if len(key) < _FEWEST:
        raise Misconfigured([f"{_KEY}: give at least {_FEWEST} characters"])
    # Only here: what makes a payment out of a test card is no part of production.
    from payment_core.demo.parts import build_demo, demo_settings
    from payment_core.serving.alone import serve

    settings = demo_settings(
        state, database_url=database_url, public_url=public_url or f"http://localhost:{port}", host=host, port=port
    )
    log.configure(settings.log_level)
    # Two processes on one SQLite file would each release the other's leases.
    if not settings.is_fleet:
        ProcessLock(settings.sqlite_path).take()
    built = build_demo(settings, phones_url=phones_url, key=Secret(key))
    serve(built.core, *built.blueprints, work=built.steps)


def _refuse_production() -> None:
    for name in ("PAYMENT_CORE_ENVIRONMENT", "CHAT2PAY_ENVIRONMENT"):
        if os.environ.get(name, "").strip().lower() == "production":
            raise Misconfigured([f"{name}=production: a demo does not run beside production settings"])
