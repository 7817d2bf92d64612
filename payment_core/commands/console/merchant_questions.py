"""Ask for a merchant's values; secrets are not shown while they are typed or pasted."""

from __future__ import annotations

from typing import Any

import click

from payment_core.domain.enums import Channel, Mode, TransactionType
from payment_core.domain.providers import GATEWAYS, MESSENGERS


def ask_merchant() -> dict[str, Any]:
    """Return the answers as a file for ``merchant add`` holds them."""
    click.echo("Enter keeps what stands in brackets. Secrets are not shown while you type or paste them.\n")
    given: dict[str, Any] = {
        "merchant_id": click.prompt("Id (a-z, 0-9, - and _)"),
        "name": click.prompt("Name that customers read"),
        "mode": click.prompt("Mode", type=click.Choice([one.value for one in Mode]), default=Mode.SANDBOX.value),
        "gateway": click.prompt("Payment gateway", type=click.Choice(list(GATEWAYS)), default="stripe"),
        "messenger": click.prompt("Messenger", type=click.Choice(list(MESSENGERS)), default="twilio"),
        "channels": _list(click.prompt("Channels", default=",".join(one.value for one in Channel))),
        "currencies": _list(click.prompt("Currencies, such as ZAR,USD")),
        "transaction_type": click.prompt(
            "Transaction type", type=click.Choice([one.value for one in TransactionType]), default="SALE"
        ),
        "country": click.prompt("Country, such as ZA", default="", show_default=False),
        "time_zone": click.prompt("Time zone", default="UTC"),
    }
    given["senders"] = {
        channel: click.prompt(f"Sender of {channel} (number with its country's code)") for channel in given["channels"]
    }
    given["secrets"] = {
        # Without a default the question is asked again until something is typed.
        secret.name: click.prompt(secret.question, hide_input=True, default=None if secret.required else "")
        for provider in (GATEWAYS[given["gateway"]], MESSENGERS[given["messenger"]])
        for secret in provider.secrets
    }
    return given


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
