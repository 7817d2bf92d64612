"""Who runs a command, and the merchant that it names."""

from __future__ import annotations

import getpass

import click

from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import merchants


def operator_name() -> str:
    """Return the name that changes are recorded under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "operator"


def every_merchant(core: Core) -> list[Merchant]:
    """Return all merchants; where there is none yet, say so beside what is printed."""
    with core.transactions.read() as work:
        found = merchants.listed(work)
    if not found:
        click.echo("There is no merchant yet: `chat2pay-core merchant add`.", err=True)
    return found


def known_merchant(core: Core, merchant_id: str) -> Merchant:
    """Return the merchant of an id.

    Raises:
        click.ClickException: there is none.
    """
    with core.transactions.read() as work:
        found = merchants.find(work, merchant_id)
    if found is None:
        raise click.ClickException("There is no merchant of this id: `chat2pay-core merchant list` shows all.")
    return found
