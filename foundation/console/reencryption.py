"""The command `secrets rotate`, which both services have: encrypt everything at rest with the newest key."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

import click

from foundation.console.progress import progress
from foundation.database.schema.reencrypt import EncryptedColumns, Reencrypted

_ORDINALS = ("first (newest)", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Names:
    """What a service calls its setting with the keys, this command, and the one that makes keys."""

    setting: str
    command: str
    makes_keys: str


def rotate_encryption(columns: EncryptedColumns, names: Names, *, check: bool, as_json: bool) -> None:
    """Encrypt everything anew, or only ``check`` what needs an older key; exit 1 while something does."""
    found = columns.reencrypt(check_only=check) if as_json else _shown(columns, check=check)
    keys = columns.vault.keys
    if as_json:
        answer = {
            "resealed": found.resealed,
            "waiting_by_key": {str(place + 1): number for place, number in found.waiting().items()},
            "unreadable": found.lost,
            "removable_keys": [place + 1 for place in found.removable(keys)],
        }
        click.echo(json.dumps(answer, indent=2))
    else:
        _print(found, names, keys)
    # A script that removes the old key must not go on.
    if found.waiting() or found.lost:
        sys.exit(1)


def _shown(columns: EncryptedColumns, *, check: bool) -> Reencrypted:
    with progress("Checking" if check else "Encrypting", total=sum(columns.count().values())) as steps:
        return columns.reencrypt(check_only=check, on_step=lambda _, seen: steps.advance(seen))


def _print(found: Reencrypted, names: Names, keys: int) -> None:
    click.echo(f"{found.resealed} encrypted anew, {found.by_key.get(0, 0)} under the newest key.")
    for place, number in sorted(found.waiting().items()):
        click.echo(f"{number} still need the {_ordinal(place)} key of {names.setting}: keep it.")
    if found.waiting():
        click.echo(f"Restart every process with the newest key in front, then run `{names.command}` (again).")
    if found.lost:
        click.echo(
            f"{found.lost} open with none of the keys: a key was removed too early. Put it back and run this again."
        )
        return
    removable = found.removable(keys)
    if removable:
        named = " and the ".join(_ordinal(place) for place in removable)
        click.echo(f"You may remove the {named} key from {names.setting}. Keep it as long as you keep backups.")
    elif keys == 1:
        click.echo(
            f"There is one key. For another: `{names.makes_keys}`, put it behind the present one and restart every "
            "process, put it in front and restart them again, run this. SQLite is one process: put it in front at once."
        )


def _ordinal(place: int) -> str:
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"
