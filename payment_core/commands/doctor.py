"""The command `doctor`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from payment_core.commands.console.bootstrap import open_unchecked
from payment_core.domain.finding import Level
from payment_core.journeys.examining.examine import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, as_json: bool) -> None:
    """Look at everything that must be right; exit 1 when something is wrong now.

    Not yet run against Stripe or Twilio: it calls nobody outside.
    """
    found = examine(open_unchecked(quiet=True))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    for one in () if as_json else found:
        click.echo(
            f"{one.level.value.upper():5} {one.check}{f' ({one.subject})' if one.subject else ''}: {one.problem}"
        )
        click.echo(f"      What to do: {one.remedy}")
        click.echo(f"      Otherwise: {one.impact}")
    if not found and not as_json:
        click.echo("Nothing is wrong here. Whether Stripe and Twilio agree, only a test payment shows.")
    sys.exit(1 if any(one.level is Level.WRONG for one in found) else 0)
