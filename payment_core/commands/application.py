"""The commands `application set`, `list`, `enable`, `disable` and `delete`."""

from __future__ import annotations

import uuid
from typing import Any

import click

from foundation.console.file_args import TEXT_FILE, read_json_object
from payment_core.commands.console.bootstrap import open_shared
from payment_core.commands.console.operator import known_merchant, operator_name
from payment_core.domain.enums import ApplicationKind, ApplicationStatus
from payment_core.errors import Refusal
from payment_core.journeys.configuring.change_application import change_application, set_status
from payment_core.store import applications

_URLS = ("payment_status_url", "transaction_status_url", "settings_url")


@click.group()
def application() -> None:
    """Applications of a merchant: who asks for links, and where its notifications go."""


@application.command("set")
@click.argument("merchant_id")
@click.argument("application_id", required=False)
@click.option("--name", help="What people call it.")
@click.option("--type", "kind", type=click.Choice([one.value for one in ApplicationKind]))
@click.option("--payment-status-url", help="Where news of money goes; empty for nowhere.")
@click.option("--transaction-status-url", help="Where news of links goes.")
@click.option("--settings-url", help="Where news of the merchant's settings goes.")
@click.option("--messages/--no-messages", "wants_messages", default=None, help="Whether it gets news of messages.")
@click.option(
    "--proof", type=TEXT_FILE,
    help='JSON file with what proves notifications, {"basic": {"user": …, "password": …}} or {"hmac": {"key": …}}; - is '
    "standard input.",
)  # fmt: skip
def set_application(merchant_id: str, application_id: str | None, *, proof: Any, **options: Any) -> None:
    """Add an application, or change the one of an id; what is not given stays as it is."""
    core = open_shared()
    merchant = known_merchant(core, merchant_id)
    fields = {("type" if name == "kind" else name): value for name, value in options.items() if value is not None}
    fields |= _proof(proof) if proof else {}
    if application_id is None and "name" not in fields:
        raise click.UsageError(
            "A new application needs --name; to change one, give its id: `application list` names them."
        )
    try:
        # The id is the caller's where one is given: an application that exists elsewhere can be moved here with it.
        changed = change_application(core, merchant, application_id or str(uuid.uuid4()), fields, by=operator_name())
    except Refusal as refused:
        raise click.ClickException(_said(refused)) from refused
    click.echo(f"{changed.application_id}  {changed.status.value}  {changed.name}")


@application.command("list")
@click.argument("merchant_id")
def listed(merchant_id: str) -> None:
    """List a merchant's applications with their URLs; never what proves them."""
    core = open_shared()
    known_merchant(core, merchant_id)
    with core.transactions.read() as work:
        found = applications.listed(work, merchant_id)
    for one in found:
        click.echo(f"{one.application_id}  {one.status.value}  {one.kind.value}  {one.name}")
        for name in _URLS:
            click.echo(f"  {name.replace('_', ' ')}: {getattr(one, name) or 'none'}")


@application.command("enable")
@click.argument("merchant_id")
@click.argument("application_id")
def enable(merchant_id: str, application_id: str) -> None:
    """Let an application ask for links and get notifications."""
    _set_status(merchant_id, application_id, ApplicationStatus.ACTIVATED)


@application.command("disable")
@click.argument("merchant_id")
@click.argument("application_id")
def disable(merchant_id: str, application_id: str) -> None:
    """Refuse links to an application; its open ones go on."""
    _set_status(merchant_id, application_id, ApplicationStatus.DEACTIVATED)


@application.command("delete")
@click.argument("merchant_id")
@click.argument("application_id")
@click.confirmation_option(prompt="Delete this application? Its notifications that wait are given up.")
def delete(merchant_id: str, application_id: str) -> None:
    """Delete an application."""
    _set_status(merchant_id, application_id, ApplicationStatus.DELETED)


def _set_status(merchant_id: str, application_id: str, status: ApplicationStatus) -> None:
    core = open_shared()
    merchant = known_merchant(core, merchant_id)
    try:
        done = set_status(core, merchant, application_id, status, by=operator_name())
    except Refusal as refused:
        raise click.ClickException(_said(refused)) from refused
    if done is None:
        raise click.ClickException("This merchant has no such application: `application list` names all.")
    click.echo(f"{application_id} is {status.value}.")


def _said(refused: Refusal) -> str:
    """Return a refusal with its field's name as it is given here."""
    place = "APPLICATION_ID" if refused.field == "uuid" else f"--{str(refused.field).replace('_', '-')}"
    return refused.message.replace(f"{refused.field}:", f"{place}:", 1)


def _proof(source: Any) -> dict[str, Any]:
    given = read_json_object(source)
    if not set(given) <= {"basic", "hmac"}:
        raise click.ClickException("Give an object with basic, hmac or both; null takes one away.")
    return given
