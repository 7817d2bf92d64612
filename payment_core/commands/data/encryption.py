"""The command `secrets rotate` for values that are encrypted at rest."""

from __future__ import annotations

import click

from foundation.console.reencryption import Names, rotate_encryption
from payment_core.commands.console.bootstrap import open_shared
from payment_core.store.schema.encrypted_columns import encrypted_columns

_NAMES = Names("PAYMENT_CORE_ENCRYPTION_KEYS", "chat2pay-core secrets rotate", "chat2pay-core keys")


@click.group("secrets")
def secrets() -> None:
    """What is encrypted at rest."""


@secrets.command("rotate")
@click.option("--check", is_flag=True, help="Only count what still needs an older key; exit 1 when something does.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def secrets_rotate(*, check: bool, as_json: bool) -> None:
    """Encrypt everything at rest with the newest key, beside a running server; may be stopped and begun again.

    Before: put a new key (chat2pay-core keys) behind the present one in PAYMENT_CORE_ENCRYPTION_KEYS and restart every
    process; then put it in front and restart them again. SQLite is one process: put the new key in front at once.
    """
    rotate_encryption(encrypted_columns(open_shared().transactions), _NAMES, check=check, as_json=as_json)
