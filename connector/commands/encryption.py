"""The command `secrets rotate` for values that are encrypted at rest."""

from __future__ import annotations

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option
from connector.store.schema.encrypted_columns import encrypted_columns
from foundation.console.reencryption import Names, rotate_encryption

_NAMES = Names("CHAT2PAY_ENCRYPTION_KEYS", "chat2pay secrets rotate", "chat2pay keys")


@click.group("secrets")
def secrets() -> None:
    """What is encrypted at rest."""


@secrets.command("rotate")
@click.option("--check", is_flag=True, help="Only count what still needs an older key; exit 1 when something does.")
@as_json_option
def secrets_rotate(*, check: bool, as_json: bool) -> None:
    """Encrypt everything at rest with the newest key, beside a running server; may be stopped and begun again.

    Before: put a new key (chat2pay keys) behind the present one in CHAT2PAY_ENCRYPTION_KEYS and restart every process;
    then put it in front and restart them again. SQLite is one process: put the new key in front at once.
    """
    rotate_encryption(encrypted_columns(open_shared().store.transactions), _NAMES, check=check, as_json=as_json)
