"""The command `forget`."""

from __future__ import annotations

import click

from foundation.phones.text import digits_in
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import known_merchant, operator_name
from payment_core.journeys.forgetting.forget_person import forget_person


@click.command()
@click.argument("merchant_id")
@click.option("--number", help="The number, with the country's code: 27831234567.")
@click.option("--payer", help="Salesforce's id of the contact or account.")
@click.confirmation_option(prompt="Forget this person? It cannot be undone.")
def forget(merchant_id: str, *, number: str | None, payer: str | None) -> None:
    """Forget a person: cards here and at the gateway, messages, and the number on links that ended. Amounts stay."""
    # As it is stored, however it was pasted.
    digits = digits_in(number or "")
    if not digits and not payer:
        raise click.UsageError("Say who: --number or --payer.")
    core = open_shared()
    done = forget_person(core, known_merchant(core, merchant_id), number=digits, payer=payer, by=operator_name())
    click.echo(
        f"Forgotten: {done.cards} cards, {done.links} links, {done.messages} messages, "
        f"{done.replies} replies, {done.notifications} notifications."
    )
    if done.still_open:
        click.echo(f"{done.still_open} links can still be paid: run this again once they have ended.")
    click.echo("The gateway and the messenger hold records of their own.")
