"""The commands `merchant add`, `change`, `list`, `show`, `secret`, and `merchant key`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from foundation.console.file_args import TEXT_FILE, read_json_object, read_text
from foundation.exact_json import exact_number
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.merchant_questions import ask_again, ask_merchant
from payment_core.commands.console.operator import every_merchant, known_merchant, operator_name
from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid, Refusal
from payment_core.journeys.configuring import change_keys
from payment_core.journeys.configuring.add_merchant import add_merchant
from payment_core.journeys.configuring.change_merchant import change_merchant
from payment_core.journeys.configuring.check_account import TriedKey, try_key, try_messenger
from payment_core.journeys.configuring.read_merchant import read_merchant
from payment_core.journeys.configuring.replace_secret import GATEWAY_KEY, KNOWN_SECRETS, replace_secrets
from payment_core.services import Core
from payment_core.store import api_keys, applications, merchants


@click.group()
def merchant() -> None:
    """Merchants: their accounts at gateway and messenger, and how they sell."""


@merchant.command("add")
@click.option(
    "--file", "source", type=TEXT_FILE,
    help="Read everything from this JSON file, as docs/payment_core.md shows one; - is standard input.",
)  # fmt: skip
def add(*, source: Any) -> None:
    """Add a merchant: asks for everything, secrets without showing them."""
    core = open_shared()
    try:
        _add(core, source)
    except click.Abort:
        click.echo("\nStopped: nothing was kept. --file takes the answers where nobody can be asked.", err=True)
        raise


def _add(core: Core, source: Any) -> None:
    given = _read(source) if source else ask_merchant()
    while True:
        try:
            new = read_merchant(given)
            tried = try_key(core, new.merchant, f"secrets.{GATEWAY_KEY[new.merchant.gateway]}", new.secrets)
            names = list(new.secrets.values)
            messenger = try_messenger(core, new.merchant, new.secrets, names=names, prefix="secrets.")
            added, key = add_merchant(core, new, by=operator_name())
            break
        except Invalid as error:
            said = "This merchant cannot be added:\n" + _lines(error)
            if source:
                raise click.ClickException(said) from error
            # Eighteen answers, six of them secrets, are not typed anew for one that is wrong.
            click.echo(f"\n{said}\n\nOnce more, only these:\n")
            given = ask_again(given, error.fields)
    click.echo(f"Merchant {added.merchant_id} was added.")
    click.echo(_said_of_key(tried, "gateway"))
    if messenger is not None:
        click.echo(_said_of_key(messenger, "messenger"))
    click.echo(f"Its API key, shown this once:\n  {key.value}")
    _print_hooks(core, added)


@merchant.command("change")
@click.argument("merchant_id")
@click.option(
    "--file", "source", required=True, type=TEXT_FILE,
    help="Read what is to be changed from this JSON file; - is standard input.",
)  # fmt: skip
def change(merchant_id: str, *, source: Any) -> None:
    """Change a merchant's answers; what the file does not name stays. Running servers take them at once."""
    core = open_shared()
    try:
        changed = change_merchant(core, known_merchant(core, merchant_id), _read(source), by=operator_name())
    except Invalid as error:
        raise click.ClickException("Nothing was changed:\n" + _lines(error)) from error
    click.echo(f"Merchant {changed.merchant_id} was changed.")


@merchant.command("list")
def listed() -> None:
    """List the merchants."""
    core = open_shared()
    for one in every_merchant(core):
        click.echo(f"{one.merchant_id}  {one.mode.value.lower()}  {one.gateway}  {one.messenger}  {one.name}")


@merchant.command("show")
@click.argument("merchant_id")
def show(merchant_id: str) -> None:
    """Show a merchant, never its secrets."""
    core = open_shared()
    found = known_merchant(core, merchant_id)
    with core.transactions.read() as work:
        names = [name for name, values in merchants.secrets_of(work, merchant_id).values.items() if values]
        apps = applications.listed(work, merchant_id)
        keys = [one for one in api_keys.listed(work, merchant_id) if one.revoked_at is None]
    rows = {
        "name": found.name,
        "mode": found.mode.value,
        "gateway": found.gateway,
        "messenger": found.messenger,
        "channels": ", ".join(f"{one.value} from {found.senders.get(one, '?')}" for one in found.channels),
        "currencies": ", ".join(found.currencies),
        "transaction type": found.transaction_type.value,
        "secrets": ", ".join(names) or "none",
        "API keys": ", ".join(f"{one.key_id} ({one.name})" for one in keys) or "none",
        "applications": ", ".join(f"{one.application_id} ({one.name}, {one.status.value})" for one in apps) or "none",
    }
    for name, text in rows.items():
        click.echo(f"{name + ':':18}{text}")
    _print_hooks(core, found)


_MOVED = "It is of another account: payments begin there from now on, and saved cards of the earlier one are forgotten here. "
_MOVED_KEEPING = (
    "Earlier payments are still looked after with the older key; register the webhook address at the new account, too, and "
    "give its signing secret with --keep. Without --keep this command ends it, once nothing is to be given back any more."
)
_MOVED_ALONE = (
    "Earlier payments can be captured, given back and watched at the earlier account alone. To have them here again, give its "
    "key once more, and then this one with --keep."
)

_MOVED_MESSENGER = "It is another account. "
_MOVED_IN_PART = "Until its {lacking} {verb} given, too, messages fail: next time give all of them to one command. "
_MOVED_REPORTS = (
    "What was sent before is reported under the earlier auth token: give twilio.webhook with --keep. Run `chat2pay-core "
    "doctor`: it names the senders that are not the new account's. "
)


def _said_of_key(tried: TriedKey, provider: str) -> str:
    if tried.untried_because is None:
        return f"The {provider} accepts its key."
    return (
        f"The {provider}'s key could not be tried, and was stored untried: {tried.untried_because} "
        f"Run `chat2pay-core doctor` once the {provider} answers."
    )


def _said_of_messages(left: int) -> str:
    if not left:
        return "Nothing that the earlier account sent is waited for."
    return (
        f"Of {left} messages that the earlier account sent the end is not known yet: its reports still count, and whoever wants "
        "to know of one that does not come looks into that account's log."
    )


@merchant.command("secret")
@click.argument("merchant_id")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--file", "source", type=TEXT_FILE,
    help="Read the secret from this file; several as a JSON object by their names; - is standard input.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Accept the present ones, too, until this is run again without --keep.")
def secret(merchant_id: str, names: tuple[str, ...], *, source: Any, keep: bool) -> None:
    """Replace secrets of a merchant's account at a provider, several of them at once; running servers take them at once.

    Each NAME is one of stripe.key, stripe.webhook, twilio.account, twilio.key, twilio.secret and twilio.webhook.
    """
    core = open_shared()
    found = known_merchant(core, merchant_id)
    if not set(names) <= set(KNOWN_SECRETS):
        raise click.ClickException(f"Known are {', '.join(KNOWN_SECRETS)}.")
    given = _given_secrets(names, source)
    try:
        replaced = replace_secrets(core, found, given, keeps_older=keep, by=operator_name())
    except Invalid as error:
        # One sentence may be about several of them.
        said = {sentence: None for sentences in error.fields.values() for sentence in sentences}
        raise click.ClickException("\n".join(said)) from error
    for name, older in replaced.older.items():
        click.echo(f"{name} of {merchant_id} was replaced{f', {older} older accepted, too' if older else ''}.")
    if replaced.tried is not None:
        click.echo(_said_of_key(replaced.tried, "gateway"))
    if replaced.tried_messenger is not None:
        click.echo(_said_of_key(replaced.tried_messenger, "messenger"))
    if replaced.is_other_account:
        click.echo(_MOVED + (_MOVED_KEEPING if replaced.older["stripe.key"] else _MOVED_ALONE))
    if replaced.left_messages is not None:
        click.echo(_MOVED_MESSENGER + _said_of_move(given, replaced.older) + _said_of_messages(replaced.left_messages))


def _given_secrets(names: tuple[str, ...], source: Any) -> dict[str, str]:
    """Return the secrets by name. Never arguments: the shell's history and the list of processes would show them."""
    if source is None:
        return {name: click.prompt(KNOWN_SECRETS[name].question, hide_input=True).strip() for name in names}
    if len(names) == 1:
        return {names[0]: read_text(source)}
    read = _read(source)
    if set(read) != set(names) or not all(isinstance(value, str) for value in read.values()):
        raise click.ClickException(f"The file must hold texts of exactly these: {', '.join(names)}.")
    return {name: read[name].strip() for name in names}


def _said_of_move(given: Mapping[str, str], older: Mapping[str, int]) -> str:
    lacking = [name for name in ("twilio.key", "twilio.secret") if name not in given]
    in_part = _MOVED_IN_PART.format(lacking=" and ".join(lacking), verb="are" if len(lacking) > 1 else "is")
    return (in_part if lacking else "") + ("" if older.get("twilio.webhook") else _MOVED_REPORTS)


@merchant.group("key")
def key() -> None:
    """API keys of a merchant: several may be valid at once, so that one is replaced without a pause.

    `chat2pay-core merchant show` lists their ids.
    """


@key.command("add")
@click.argument("merchant_id")
@click.option("--name", required=True, help="Whose it is, such as the connector's.")
def add_key(merchant_id: str, *, name: str) -> None:
    """Make one more API key and show it once."""
    core = open_shared()
    try:
        key_id, text = change_keys.add_key(core, known_merchant(core, merchant_id), name, by=operator_name())
    except Refusal as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{key_id}\n  {text}")


@key.command("revoke")
@click.argument("merchant_id")
@click.argument("key_id")
def revoke_key(merchant_id: str, key_id: str) -> None:
    """Refuse an API key from now on."""
    core = open_shared()
    try:
        change_keys.revoke_key(core, known_merchant(core, merchant_id), key_id, by=operator_name())
    except Refusal as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"{key_id} is refused from now on.")


def _lines(error: Invalid) -> str:
    return "\n".join(f"  {place}: {one}" for place, sentences in error.fields.items() for one in sentences)


def _print_hooks(core: Core, found: Merchant) -> None:
    click.echo("Addresses for webhooks, one for each provider:")
    for provider in (found.gateway, found.messenger):
        click.echo(f"  {provider}: {core.public_url}/hooks/{provider}/{found.hook}")


def _read(source: Any) -> dict[str, Any]:
    # Amounts keep all their digits.
    return read_json_object(source, parse_float=exact_number)
