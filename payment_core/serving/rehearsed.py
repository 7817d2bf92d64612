"""A program of the rehearsal alone: a core with its own adapters for Stripe and Twilio, whose clock a file moves.

``python -m payment_core.serving.rehearsed`` is no command of the product and is never run beside production settings.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from foundation import log
from foundation.console.time_args import read_moment
from foundation.database.database import ProcessLock
from manifests.configuration import read_with_overlay
from payment_core.demo.clocks.file_clock import FileClock
from payment_core.journeys.reconciling.reconcile import reconcile
from payment_core.services import Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.serving.alone import serve as serve_alone
from payment_core.serving.owner import new_owner
from payment_core.serving.worker import run_worker
from payment_core.settings import read_settings
from payment_core.store import merchants

CLOCK_FILE = "PAYMENT_CORE_CLOCK_FILE"


@click.group()
def main() -> None:
    """Run a core for a rehearsal."""


@main.command()
def serve() -> None:
    """Serve; on SQLite do the background work, too."""
    core = _opened("web")
    if core.settings.is_fleet:
        serve_alone(core, work=())
        return
    ProcessLock(core.settings.sqlite_path).take()
    serve_alone(core)


@main.command()
def worker() -> None:
    """Do the background work on PostgreSQL."""
    run_worker(_opened("worker"))


@main.command(name="reconcile")
@click.option("--since", callback=read_moment, required=True, help="Links made since.")
def reconcile_all(*, since: datetime) -> None:
    """Reconcile every merchant at the rehearsal's time, and print JSON as the command of the product does."""
    core = _opened("reconcile")
    with core.transactions.read() as work:
        known = merchants.listed(work)
    click.echo(json.dumps([asdict(reconcile(core, one, since=since)) for one in known]))


def _opened(kind: str) -> Core:
    settings = read_with_overlay(read_settings)
    clock_file = os.environ.get(CLOCK_FILE, "")
    if not settings.is_demo or not clock_file:
        raise click.UsageError(f"This is for a rehearsal: it needs {CLOCK_FILE}, and PAYMENT_CORE_ENVIRONMENT=demo.")
    log.configure(settings.log_level)
    owner = new_owner(kind) if settings.is_fleet else "embedded"
    return build_core(settings, production_adapters(), now=FileClock(Path(clock_file)), owner=owner)


if __name__ == "__main__":
    main()
