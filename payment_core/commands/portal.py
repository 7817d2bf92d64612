"""The command `portal link`."""

from __future__ import annotations

import click

from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import operator_name
from payment_core.errors import NotFound
from payment_core.journeys.configuring.sign_in import LINK_LIVES, make_sign_in_link


@click.group()
def portal() -> None:
    """The portal: who may sign in."""


@portal.command("link")
@click.option("--merchant", "merchant_id", required=True, help="Whose portal.")
@click.option("--person", required=True, help="Who signs in; changes are recorded under this name.")
def link(*, merchant_id: str, person: str) -> None:
    """Make a link that signs one person in, once; whoever has it gets in."""
    name = person.strip()
    if not 1 <= len(name) <= 80:
        raise click.BadParameter("must have 1 to 80 characters", param_hint="--person")
    try:
        address = make_sign_in_link(open_shared(), merchant_id, name, by=operator_name())
    except NotFound as error:
        raise click.ClickException(error.message) from error
    minutes = int(LINK_LIVES.total_seconds() // 60)
    click.echo(f"Works once, for {minutes} minutes. Give it to {name} only:\n  {address}")
