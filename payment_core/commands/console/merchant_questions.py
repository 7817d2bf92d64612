"""Ask for a merchant's values; secrets are not shown while they are typed or pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from payment_core.domain.account_secrets import GATEWAYS, MESSENGERS, AccountSecret
from payment_core.domain.enums import Channel, Mode, TransactionType


def ask_merchant() -> dict[str, Any]:
    """Return the answers as a file for ``merchant add`` holds them."""
    click.echo("Enter keeps what stands in brackets. Secrets are not shown while you type or paste them.\n")
    given: dict[str, Any] = {name: ask() for name, ask in _QUESTIONS.items()}
    given["senders"] = {channel: _sender(channel) for channel in given["channels"]}
    given["secrets"] = {secret.name: _secret(secret) for secret in _secrets_of(given)}
    return given


def ask_again(given: Mapping[str, Any], places: Iterable[str]) -> dict[str, Any]:
    """Return the answers with those at these places asked anew; what was right is not typed twice."""
    wrong = tuple(places)
    again: dict[str, Any] = {
        name: ask() if any(one.partition(".")[0] == name for one in wrong) else given[name]
        for name, ask in _QUESTIONS.items()
    }
    senders, secrets = given["senders"], given["secrets"]
    again["senders"] = {
        channel: _sender(channel) if f"senders.{channel}" in wrong or channel not in senders else senders[channel]
        for channel in again["channels"]
    }
    # A secret's form depends on the mode, whose keys are other ones.
    again["secrets"] = {
        one.name: _secret(one) if f"secrets.{one.name}" in wrong or one.name not in secrets else secrets[one.name]
        for one in _secrets_of(again)
    }
    return again


def _secrets_of(given: Mapping[str, Any]) -> list[AccountSecret]:
    providers = (GATEWAYS[given["gateway"]], MESSENGERS[given["messenger"]])
    return [secret for provider in providers for secret in provider.secrets]


def _sender(channel: str) -> str:
    answer: str = click.prompt(f"Sender of {channel} (number with its country's code)")
    return answer


def _secret(secret: AccountSecret) -> str:
    # Without a default the question is asked again until something is typed.
    answer: str = click.prompt(secret.question, hide_input=True, default=None if secret.required else "")
    return answer


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _asks(text: str, **how: Any) -> Callable[[], Any]:
    return lambda: click.prompt(text, **how)


_QUESTIONS: Mapping[str, Callable[[], Any]] = {
    "merchant_id": _asks("Id (a-z, 0-9, - and _)"),
    "name": _asks("Name that customers read"),
    "mode": _asks("Mode", type=click.Choice([one.value for one in Mode]), default=Mode.SANDBOX.value),
    "gateway": _asks("Payment gateway", type=click.Choice(list(GATEWAYS)), default="stripe"),
    "messenger": _asks("Messenger", type=click.Choice(list(MESSENGERS)), default="twilio"),
    "channels": lambda: _list(click.prompt("Channels", default=",".join(one.value for one in Channel))),
    "currencies": lambda: _list(click.prompt("Currencies, such as ZAR,USD")),
    "transaction_type": _asks(
        "Transaction type", type=click.Choice([one.value for one in TransactionType]), default="SALE"
    ),
    "country": _asks("Country, such as ZA", default="", show_default=False),
    "time_zone": _asks("Time zone", default="UTC"),
}
