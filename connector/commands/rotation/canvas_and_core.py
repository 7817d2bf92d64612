"""The commands `rotate-key canvas` and `rotate-key core`; the secrets are never shown."""

from __future__ import annotations

import sys
from typing import Any

import click

from connector.commands.rotation.callback import rotate_callback
from connector.commands.rotation.steps import confirm_drop, open_tenant, print_ended, step_of, steps, wrong_use
from connector.commands.tenants.tenant_questions import ask_one
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid, UpstreamError
from connector.journeys.connecting.rotate_canvas_secret import rotate_canvas_secret
from connector.journeys.connecting.rotate_core_key import rotate_core_key
from connector.journeys.connecting.secrets_after_step import RotationStep, check_step
from connector.services import Services
from foundation.console.file_args import TEXT_FILE, read_text
from foundation.secret import Secret

_STAGED = (
    "Setup → External Client App Manager → PaymentConnectorCanvas → Settings → Consumer Key and Secret → Rotate: stage it, do "
    "not apply it yet."
)


@click.group("rotate-key")
def rotate_key() -> None:
    """Change one secret of a tenant while both the old and the new one work, then finish."""


rotate_key.add_command(rotate_callback)


@rotate_key.command("canvas")
@click.argument("tenant_id")
@click.option("--secret-file", type=TEXT_FILE, help="File with the new consumer secret; - reads standard input.")
@steps
def rotate_canvas(tenant_id: str, *, secret_file: Any, finish: bool, undo: bool, yes: bool) -> None:
    """Take a new consumer secret of the canvas app; launches signed with either open until --finish.

    Without --secret-file it asks.
    """
    services, tenant = open_tenant(tenant_id)
    step = step_of(finish=finish, undo=undo)
    with wrong_use():
        check_step(tenant.salesforce.canvas_secrets, step)  # before a secret is asked for
    # Asked before the old one goes: what Salesforce signs with cannot be seen from here.
    if step is RotationStep.FINISH:
        confirm_drop(
            yes=yes,
            question="Launches signed with the old secret will be refused. Is the new one applied in Salesforce?",
        )
    new = None
    if step is RotationStep.BEGIN:
        new = Secret(read_text(secret_file) if secret_file else ask_one("salesforce.canvas_secrets", text=_STAGED))
    with wrong_use():
        rotate_canvas_secret(tenant_id=tenant_id, step=step, new=new, store=services.store, now=services.now())
    if step is RotationStep.BEGIN:
        click.echo(
            "Both secrets open launches within five seconds. Now apply the new one in Salesforce, open an order,"
        )
        click.echo(f"then: `chat2pay rotate-key canvas {tenant_id} --finish`.")
    else:
        print_ended(step, what="secret")


@rotate_key.command("core")
@click.argument("tenant_id")
@click.option("--key-file", type=TEXT_FILE, help="File with the new API key; - reads standard input.")
def rotate_core(tenant_id: str, *, key_file: Any) -> None:
    """Take a new API key of the payment core, after trying it there. Without --key-file it asks."""
    services, tenant = open_tenant(tenant_id)
    if key_file:
        try:
            # Tried at the core before it is stored: a key with a typing error would stop all sends.
            _save_core_key(services, tenant, read_text(key_file))
        except Invalid as error:
            _print_errors(error)
            sys.exit(1)
    else:
        _ask_for_core_key(services, tenant)
    click.echo("The payment core accepts the new key, and it is kept. A running server follows within five seconds;")
    click.echo("delete the old key in the portal a minute from now, so that calls under way can end.")


def _ask_for_core_key(services: Services, tenant: Tenant) -> None:
    """Ask until the core accepts a key; an abort changes nothing."""
    while True:
        try:
            return _save_core_key(services, tenant, ask_one("core.api_key"))
        except Invalid as error:
            _print_errors(error)
        except UpstreamError as error:
            click.echo(error.message, err=True)
        except click.Abort:
            click.echo("\nStopped: the old key stays.", err=True)
            raise
        click.confirm("Nothing was changed. Give the key again?", default=True, abort=True, err=True)


def _save_core_key(services: Services, tenant: Tenant, key: str) -> None:
    rotate_core_key(tenant=tenant, new=Secret(key), store=services.store, core=services.core, now=services.now())


def _print_errors(error: Invalid) -> None:
    for sentences in error.fields.values():
        for sentence in sentences:
            click.echo(sentence, err=True)
