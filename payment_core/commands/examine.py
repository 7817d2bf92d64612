"""The command `examine`."""

from __future__ import annotations

import sys

import click

from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import known_merchant
from payment_core.errors import Misconfigured
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.examining.examine_gateway import examine_gateway

_MARKS = {True: "agrees", False: "DIFFERS", None: "not seen"}


@click.command()
@click.option("--merchant", "merchant_id", required=True, help="A merchant for tests, with keys of test mode.")
def examine(*, merchant_id: str) -> None:
    """Try a merchant's account at Stripe in test mode; exit 1 where something differs from what this core expects.

    It opens a page that nobody is shown, closes it, and looks at the key's rights and at the webhook address. No money moves.
    Exit 1, too, where Stripe cannot be asked.
    """
    core = open_shared()
    merchant = known_merchant(core, merchant_id)
    differs = 0
    try:
        for one in examine_gateway(core, merchant):
            differs += one.agrees is False
            click.echo(f"{_MARKS[one.agrees]:9} {one.what}{f': {one.detail}' if one.detail else ''}")
    except Misconfigured as error:
        raise click.ClickException(str(error)) from error
    except GatewayError as error:
        click.echo(f"The examination broke off: {error} Run it again later.", err=True)
        sys.exit(1)
    click.echo("Not seen by this: a payment with a test card, and its webhooks. Pay one link by hand to see them.")
    sys.exit(1 if differs else 0)
