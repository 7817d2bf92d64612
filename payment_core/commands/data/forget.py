"""The command `forget`."""

from __future__ import annotations

import sys

import click

from foundation.phones.text import digits_in
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import known_merchant, operator_name
from payment_core.journeys.forgetting.forget_person import forget_person


@click.command()
@click.argument("merchant_id")
@click.option("--number", help="The number, with the country's code: 27831234567; - reads it from standard input.")
@click.option("--payer", help="Salesforce's id of the contact or account.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(merchant_id: str, *, number: str | None, payer: str | None, yes: bool) -> None:
    """Forget a person: cards here and at the gateway, messages, and the number on links that ended. Amounts stay.

    Exits with 1 where something is not over yet, and has to be forgotten by running it again.
    """
    # A number on the command line stays in the shell's history. Taken as it is stored, however it was pasted.
    digits = digits_in((sys.stdin.readline() if number == "-" else number) or "")
    if not digits and not payer:
        raise click.UsageError("Say who: --number or --payer.")
    core = open_shared()
    merchant = known_merchant(core, merchant_id)
    if not yes:
        click.confirm("Forget this person? It cannot be undone.", abort=True)
    done = forget_person(core, merchant, number=digits, payer=payer, by=operator_name())
    click.echo(
        f"Forgotten: {done.cards} cards, {done.links} links, {done.messages} messages, "
        f"{done.replies} replies, {done.notifications} notifications."
    )
    if done.is_nobody:
        asked = "the number written with its country's code" if number else "the id written in full"
        click.echo(f"Nothing of such a person is here. Is {asked}?")
    if done.still_open:
        click.echo(f"{done.still_open} links can still be paid: run this again once they have ended.")
    if done.under_way:
        click.echo(
            f"{done.under_way} messages or notifications are still under way, and keep what they need of this person: "
            "run this again once they have arrived, after three days at the latest."
        )
    click.echo("The gateway and the messenger hold records of their own.")
    sys.exit(1 if done.still_open or done.under_way else 0)
