"""The command `rekey`."""

from __future__ import annotations

import sys

import click

from payment_core.commands.console.bootstrap import open_shared
from payment_core.journeys.configuring.rekey_numbers import rekey_numbers


@click.command()
def rekey() -> None:
    """Write the digests of all stored numbers by the first of PAYMENT_CORE_DIGEST_KEYS; exit 1 while older ones are needed."""
    core = open_shared()
    if len(core.digest_keys) == 1:
        click.echo("There is one digest key: nothing is under an older one.")
        return
    done = rekey_numbers(core)
    click.echo(f"{done.numbers} numbers are under the first key now.")
    if not done.is_whole:
        left = ", ".join(f"{number} {name}" for name, number in done.left.items() if number)
        click.echo(f"Keep the older keys: {left} of numbers that stand nowhere here are still found by them.")
        sys.exit(1)
    click.echo("The older keys are not needed any more: take them out, and start every process again.")
