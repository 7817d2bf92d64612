"""The command `reconcile`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from foundation.console.time_args import read_moment
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import every_merchant, known_merchant
from payment_core.journeys.reconciling.reconcile import Reconciliation
from payment_core.journeys.reconciling.reconcile import reconcile as reconcile_merchant

# Longer than a gateway retries its webhooks in one go, and short enough to run each night.
_SPAN = timedelta(days=2)


@click.command()
@click.option("--merchant", "merchant_id", help="Only this one.")
@click.option(
    "--since", callback=read_moment, metavar="TIME",
    help="Links made since: a time (UTC unless it says otherwise), or 24h, 7d. [2d]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reconcile(*, merchant_id: str | None, since: datetime | None, as_json: bool) -> None:
    """Ask the gateway about every payment, write what we missed, and compare what applications received.

    Exit 1 when something stays unexplained. It can run beside the server, which sends the news of what was healed.
    """
    core = open_shared()
    chosen = [known_merchant(core, merchant_id)] if merchant_id else every_merchant(core)
    begin = since or core.now() - _SPAN
    reports = [reconcile_merchant(core, one, since=begin) for one in chosen]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in reports], indent=2))
    for report in () if as_json else reports:
        _print(report)
    sys.exit(0 if all(one.is_clean for one in reports) else 1)


def _print(report: Reconciliation) -> None:
    click.echo(
        f"{report.merchant}: {report.links} links, {report.payments} payments, {report.missed} reports that never arrived, "
        f"{len(report.healed)} healed, "
        f"{len(report.waiting)} news on their way, {len(report.unexplained)} unexplained, "
        f"{len(report.unreachable)} could not be asked."
    )
    for reference, why in {**report.unexplained, **report.unreachable}.items():
        click.echo(f"  {reference}: {why}")
