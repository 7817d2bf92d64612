"""The command `doctor`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from payment_core.commands.console.bootstrap import open_unchecked
from payment_core.domain.finding import Level
from payment_core.journeys.examining.ask_providers import ask_providers
from payment_core.journeys.examining.ask_public_address import ask_public_address
from payment_core.journeys.examining.examine import examine


@click.command()
@click.option(
    "--offline", is_flag=True, help="Ask nobody, neither providers nor the public address: look at this machine alone."
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool, offline: bool) -> None:
    """Look at everything that must be right; exit 1 when something is wrong now.

    It asks the public address whether it leads here, reads at Stripe and Twilio, and writes nothing there. Not yet run
    against either: tested with stand-ins.
    """
    core = open_unchecked(quiet=True)
    found = examine(core)
    # A database that cannot be used has no merchants to ask about.
    if not offline and not any(one.check == "database" for one in found):
        found += [*ask_public_address(core), *ask_providers(core)]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    for one in () if as_json else found:
        click.echo(
            f"{one.level.value.upper():5} {one.check}{f' ({one.subject})' if one.subject else ''}: {one.problem}"
        )
        click.echo(f"      What to do: {one.remedy}")
        click.echo(f"      Otherwise: {one.impact}")
    if not found and not as_json:
        click.echo("Nothing is wrong. That a payment goes through, only a test payment shows.")
    sys.exit(1 if any(one.level is Level.WRONG for one in found) else 0)
