"""The command `examine`."""

from __future__ import annotations

import sys

import click

from payment_core.commands.console.bootstrap import open_shared
from payment_core.errors import Misconfigured
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.examining.examine_gateway import examine_gateway
from payment_core.store import merchants

_MARKS = {True: "agrees", False: "DIFFERS", None: "not seen"}


@click.command()
@click.option("--merchant", "merchant_id", required=True, help="A merchant for tests, with keys of test mode.")
def examine(*, merchant_id: str) -> None:
    """Try a merchant's account at Stripe in test mode; exit 1 where something differs from what this core expects.

    It opens a page that nobody is shown, closes it, and looks at the key's rights and at the webhook address. No money moves.
    """
    core = open_shared()
    with core.transactions.read() as work:
        merchant = merchants.find(work, merchant_id)
    if merchant is None:
        raise click.ClickException("There is no merchant of this id: `chat2pay-core merchant list` shows all.")
    differs = 0
    try:
        for one in examine_gateway(core, merchant):
            differs += one.agrees is False
            click.echo(f"{_MARKS[one.agrees]:9} {one.what}{f': {one.detail}' if one.detail else ''}")
    except Misconfigured as error:
        raise click.ClickException(str(error)) from error
    except GatewayError as error:
        raise click.ClickException(f"The examination broke off: {error}") from error
    click.echo("Not seen by this: a payment with a test card, and its webhooks. Pay one link by hand to see them.")
    sys.exit(1 if differs else 0)
