"""Run the stand-in as a process of its own, on the loopback only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from sandbox.stand_in_server import serve_until_stopped
from sandbox.twilio.account import Account
from sandbox.twilio.app import build


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8041, show_default=True)
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the account's secrets."
)
def main(port: int, *, state: Path) -> None:
    """Run a stand-in for Twilio until it is stopped; PAYMENT_CORE_TWILIO_URL leads a core to it."""
    made = build(f"http://localhost:{port}", _account(state))
    serve_until_stopped(made.app, port, name="twilio", deliver=made.deliveries.deliver)


def _account(state: Path) -> Account:
    """Return the account whose ids and secrets are in the folder; they are made at the first start."""
    state.mkdir(parents=True, exist_ok=True)
    place = state / "account.json"
    if place.exists():
        return Account(**json.loads(place.read_text(encoding="utf-8")))
    made = Account()
    names = ("account_sid", "key_sid", "key_secret", "auth_token")
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as written:
        json.dump({name: getattr(made, name) for name in names}, written)
    return made


if __name__ == "__main__":
    main()
