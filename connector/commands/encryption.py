"""The command `secrets rotate` for values that are encrypted at rest."""

from __future__ import annotations

import sys

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_json
from connector.commands.console.progress import progress
from connector.journeys.connecting.reencrypt_secrets import Reencrypted, reencrypt_secrets
from connector.services import Services
from connector.store.schema import encrypted_columns

_ORDINALS = ("first (newest)", "second", "third", "fourth", "fifth")


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
    services = open_shared()
    found = reencrypt_secrets(store=services.store, check_only=check) if as_json else _shown(services, check=check)
    if as_json:
        waiting = {str(place + 1): number for place, number in found.waiting().items()}
        removable = _removable(found, services.store.vault.keys)
        print_json(
            {
                "resealed": found.resealed,
                "waiting_by_key": waiting,
                "unreadable": found.lost,
                "removable_keys": removable,
            }
        )
    else:
        _print(found, services.store.vault.keys)
    # A script that removes the old key must not go on.
    if found.waiting() or found.lost:
        sys.exit(1)


def _shown(services: Services, *, check: bool) -> Reencrypted:
    total = sum(encrypted_columns.count(services.store.database).values())
    label = "Checking" if check else "Encrypting"
    with progress(label, total=total) as steps:
        return reencrypt_secrets(store=services.store, check_only=check, on_step=lambda _, seen: steps.advance(seen))


def _print(found: Reencrypted, keys: int) -> None:
    click.echo(f"{found.resealed} encrypted anew, {found.by_key.get(0, 0)} under the newest key.")
    for place, number in sorted(found.waiting().items()):
        click.echo(f"{number} still need the {_ordinal(place)} key of CHAT2PAY_ENCRYPTION_KEYS: keep it.")
    if found.waiting():
        click.echo("Restart every process with the newest key in front, then run `chat2pay secrets rotate` (again).")
    if found.lost:
        click.echo(
            f"{found.lost} open with none of the keys: a key was removed too early. Put it back and run this again."
        )
        return
    removable = _removable(found, keys)
    if removable:
        named = " and the ".join(_ordinal(place - 1) for place in removable)
        click.echo(
            f"You may remove the {named} key from CHAT2PAY_ENCRYPTION_KEYS. Keep it as long as you keep backups."
        )
    elif keys == 1:
        click.echo(
            "There is one key. For another: `chat2pay keys`, put it behind the present one and restart every process, put it "
            "in front and restart them again, run this. SQLite is one process: put it in front at once."
        )


def _removable(found: Reencrypted, keys: int) -> list[int]:
    """Return the positions (from 1) of keys that no stored value needs any more."""
    # While some value opens with none of the keys, the key it needs is unknown: none may be removed.
    if found.lost:
        return []
    return [place + 1 for place in range(1, keys) if place not in found.waiting()]


def _ordinal(place: int) -> str:
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"
