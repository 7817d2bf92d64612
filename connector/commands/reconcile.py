"""The command `reconcile`, which compares the core, our database and Salesforce."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_json, print_table
from connector.commands.console.tenant_arg import chosen_tenants
from connector.domain.tenants.tenant import Tenant
from connector.journeys.reconciling.reconcile_tenant import Report, reconcile_tenant
from connector.services import Services
from foundation.console.progress import progress
from foundation.console.time_args import read_moment

# Run each night, two days look at everything twice.
_DEFAULT_SPAN = timedelta(days=2)


@click.command()
@click.option("--tenant", "tenant_id", help="Only this tenant.")
@click.option(
    "--since",
    metavar="TIME",
    callback=read_moment,
    help="Requests made since: a time (UTC unless it says otherwise), or 24h, 7d. Live ones are always looked at. [2d]",
)
@as_json_option
def reconcile(*, tenant_id: str | None, since: datetime | None, as_json: bool) -> None:
    """Hold core, ledger and Salesforce against each other and heal what differs; exit 1 when something stays unexplained.

    What is healed here reaches Salesforce through the running server. Where our ledger goes further than the payment core's
    record, nothing is taken back: `chat2pay request correct` does, once a person has looked.
    """
    services = open_shared()
    # One tenant after the other: cores limit how often they are asked, and nobody waits for this.
    reports = [_reconciled(services, tenant, since) for tenant in chosen_tenants(services, tenant_id)]
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        _print(reports)
    # What could not be asked about is not proven right: a nightly run that saw nothing must not look like a healthy one.
    if any(report.unexplained or report.unreachable for report in reports):
        sys.exit(1)


def _reconciled(services: Services, tenant: Tenant, since: datetime | None) -> Report:
    begun = since or services.now() - _DEFAULT_SPAN
    with progress(f"Reconciling {tenant.name}") as steps:
        return reconcile_tenant(services.for_tenant(tenant), begun=begun, on_step=steps.reached)


def _print(reports: list[Report]) -> None:
    rows = [
        {name: len(value) if isinstance(value, list) else value for name, value in asdict(one).items() if name != "why"}
        for one in reports
    ]
    print_table(rows, when_empty="Nothing to reconcile.")
    for report in reports:
        for name in (*report.unexplained, *report.unreachable):
            why = f": {report.why[name]}" if report.why.get(name) else ""
            click.echo(f"{report.tenant}: {name} needs a look{why}.")
