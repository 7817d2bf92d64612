"""The command `tenant add`, which connects an org by questions, flags or a file.

No flag takes a secret as its value, because the process list and the shell's history show flags to others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, format_value, print_json
from connector.commands.tenants.tenant_output import print_connected
from connector.commands.tenants.tenant_questions import ask_values, group_of, words_of
from connector.domain.tenants.tenant import Flow, RightsFrom
from connector.errors import Invalid, UpstreamError
from connector.journeys.connecting.connect_org import ConnectedOrg, connect_org
from connector.journeys.connecting.plan_org import PlannedOrg, plan_org
from connector.journeys.connecting.validate_tenant_values import ENVIRONMENTS, PROOFS
from connector.salesforce.auth.certificate import make_key_pair
from connector.services import Services
from foundation.clock import utc_now
from foundation.console.file_args import TEXT_FILE, read_json_object, read_text

# (option, path of the value, help); an option that ends in -file names a file with a secret, - is standard input.
_FLAGS = (
    ("--name", "name", "What people call this tenant."),
    ("--host", "salesforce.host_url", "The org's My Domain address."),
    ("--org-id", "salesforce.org_id", "The organization id; names the tenant that is changed, if it is connected."),
    ("--client-id", "salesforce.client_id", "Consumer key of the server app."),
    ("--client-secret-file", "salesforce.client_secret", "File with the server app's consumer secret."),
    ("--username", "salesforce.username", "The integration user, for jwt_bearer."),
    ("--private-key-file", "salesforce.private_key", "PEM file with the private key, for jwt_bearer."),
    ("--audience", "salesforce.audience", "Only for jwt_bearer at a site: its address."),
    ("--canvas-secret-file", "salesforce.canvas_secrets", "File with the canvas app's consumer secret."),
    ("--core-url", "core.base_url", "The payment core's address."),
    ("--core-key-file", "core.api_key", "File with the payment core's API key."),
    ("--callback-secret-file", "core.callback_secret", "With hmac: file with the signing secret that the core made."),
    ("--application", "core.application", "The application in the payment core, its UUID."),
    ("--currency", "default_currency", "Currency where an order names none."),
    ("--region", "phone_region", "Country of numbers without a country code, two letters."),
    ("--language", "language", "Language of messages where nothing says another."),
    ("--admin-contact", "admin_contact", "Whom agents are told to ask."),
)
_CHOICES = (
    ("--flow", "salesforce.flow", tuple(one.value for one in Flow), "How the connector logs in."),
    ("--environment", "core.environment", ENVIRONMENTS, "Which of the payment core's environments the key is for."),
    ("--callback-proof", "core.callback_proof", PROOFS, "How callbacks prove themselves; for a new tenant."),
    ("--rights-from", "policy.rights_from", tuple(one.value for one in RightsFrom), "Where agents' rights come from."),
)


def _with_flags(command: Any) -> Any:
    # Options apply from the last to the first, and help shows them in this order.
    for option, place, words in reversed(_FLAGS):
        kind: Any = TEXT_FILE if option.endswith("-file") else str
        command = click.option(option, place.replace(".", "__"), type=kind, help=words)(command)
    for option, place, choices, words in reversed(_CHOICES):
        command = click.option(option, place.replace(".", "__"), type=click.Choice(choices), help=words)(command)
    return command


@click.command("add")
@click.option("--file", "source", type=TEXT_FILE, help="JSON with all values; - reads standard input.")
@_with_flags
@click.option(
    "--parts/--no-parts", "parts_allowed", default=None, help="Whether agents may ask for a part of an order."
)
@click.option("--yes", is_flag=True, help="Change an org that is connected already without asking.")
@as_json_option
def tenant_add(source: Any, *, yes: bool, as_json: bool, **flags: Any) -> None:
    """Connect an org and its payment core, or change their values; logs in to both before anything is kept.

    Without flags it asks. For an org that is connected, what is not given stays as it is.
    """
    services = open_shared(quiet=True)
    given = _given(flags)
    if source is not None and given:
        raise click.UsageError("Give a file or flags, not both.")
    if source is None and not given:
        connected = _asked_and_connected(services)
    else:
        planned = _planned(services, read_json_object(source) if source is not None else given)
        _confirm(planned, yes=yes, asking=sys.stdin.isatty())
        connected = _connected(services, planned)
    if as_json:
        print_json(connected.portal_lines(services.settings.public_url))
    else:
        print_connected(connected, services.settings.public_url)


@click.command("keypair")
@click.option("--key-file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="New file, for us.")
@click.option(
    "--certificate-file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="New file, for Salesforce.",
)
@click.option("--name", default="chat2pay", help="The certificate's name.")
def tenant_keypair(key_file: Path, certificate_file: Path, name: str) -> None:
    """Make a private key and a certificate for signed logins (JWT bearer), good for two years."""
    pair = make_key_pair(name, now=utc_now())
    for path, text, mode in ((key_file, pair.private_key.value, 0o600), (certificate_file, pair.certificate, 0o644)):
        try:
            # O_EXCL: a key pair that may be in use is never overwritten.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
                file.write(text)
        except OSError as error:
            raise click.UsageError(f"{path} cannot be made: {error.strerror}.") from error
    click.echo(f"Upload {certificate_file} to the server app in Salesforce: Settings, enable JWT Bearer Flow.")
    click.echo(f"Then `chat2pay tenant add --flow jwt_bearer --private-key-file {key_file} …`, and delete {key_file}.")


def _asked_and_connected(services: Services) -> ConnectedOrg:
    try:
        return _ask_until_connected(services)
    except click.Abort:
        click.echo("\nStopped: nothing was kept.", err=True)
        raise


def _ask_until_connected(services: Services) -> ConnectedOrg:
    """Ask for all values; after a refusal only the group with the error is asked again, with the answers as defaults."""
    answers: dict[str, Any] = {}
    about: frozenset[str] = frozenset()
    while True:
        answers = ask_values(answers, about=about, store=services.store, settings=services.settings, now=services.now())
        try:
            planned = _plan(services, answers)
            _confirm(planned, yes=False, asking=True)
            return _connect(services, planned)
        except Invalid as error:
            # Only this group is asked again: secrets are not echoed, so nobody could compare the ones given before.
            about = frozenset(map(group_of, error.fields))
            for place, sentences in error.fields.items():
                click.echo(f"{words_of(place)}: {' '.join(sentences)}", err=True)
        except UpstreamError as error:
            about = frozenset([error.peer])
            click.echo(f"{error.message} Compare the address: this machine must reach it.", err=True)
        click.confirm("Go through these answers again?", default=True, abort=True)


def _planned(services: Services, given: dict[str, Any]) -> PlannedOrg:
    try:
        return _plan(services, given)
    except Invalid as error:
        raise click.UsageError("\n".join(_lines(error))) from error


def _plan(services: Services, given: dict[str, Any]) -> PlannedOrg:
    settings = services.settings
    return plan_org(given=given, store=services.store, allow_loopback=settings.is_demo, own_hosts=settings.core_hosts)


def _confirm(planned: PlannedOrg, *, yes: bool, asking: bool) -> None:
    """Show the changes of an org that is connected already, and ask for confirmation."""
    if planned.known is None or not planned.differences:
        return
    click.echo(f"{planned.known.tenant_id} is connected already. This changes:", err=True)
    for one in planned.differences:
        click.echo(f"  {one.entry}: {format_value(one.before)} → {format_value(one.after)}", err=True)
    if yes:
        return
    # A script may hold the id of an org that is connected already by mistake: it must say that it means to change it.
    if not asking:
        raise click.UsageError("Nothing was changed. Add --yes to change it.")
    click.confirm("Change it?", abort=True, err=True)


def _connected(services: Services, planned: PlannedOrg) -> ConnectedOrg:
    try:
        return _connect(services, planned)
    except Invalid as error:
        for line in _lines(error):
            click.echo(line, err=True)
        sys.exit(1)


def _connect(services: Services, planned: PlannedOrg) -> ConnectedOrg:
    return connect_org(
        planned=planned, store=services.store, salesforce=services.salesforce, core=services.core, now=services.now()
    )


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the flags, nested by their paths."""
    given: dict[str, Any] = {}
    for place, value in flags.items():
        if value is None:
            continue
        # A flag that ends in -file holds an opened file: a secret itself is never an argument.
        text = read_text(value) if hasattr(value, "read") else value
        group, _, name = place.rpartition("__")
        target = given.setdefault(group, {}) if group else given
        target[name] = [text] if name == "canvas_secrets" else text
    return given


def _lines(error: Invalid) -> list[str]:
    """Return each error with its flag."""
    options = {place: option for option, place, *_ in (*_FLAGS, *_CHOICES)}
    return [
        f"{options.get(name, name)}: {sentence}" for name, sentences in error.fields.items() for sentence in sentences
    ]
