"""The commands that change one secret without a pause; none shows a secret a second time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from connector.commands.given_files import TEXT_FILE, read_text
from connector.commands.opening import open_beside
from connector.commands.printing import as_json_option, print_json
from connector.commands.tenant_questions import ask_one
from connector.commands.tenant_told import tell_proof
from connector.domain.tenant import Tenant
from connector.errors import Invalid, UpstreamError
from connector.journeys.connecting.connect_org import proof_lines
from connector.journeys.connecting.org_values import PROOFS
from connector.journeys.connecting.rotate_callback_proof import Step, rotate_callback_proof, stepped
from connector.journeys.connecting.rotate_canvas_secret import rotate_canvas_secret
from connector.journeys.connecting.rotate_core_key import rotate_core_key
from connector.services import Services
from connector.settings import Secret

_STAGED = (
    "Setup → External Client App Manager → PaymentConnectorCanvas → Settings → Consumer Key and Secret → Rotate: stage it, do "
    "not apply it yet."
)


@click.group("rotate-key")
def rotate_key() -> None:
    """Change one secret of a tenant while both the old and the new one work, then finish."""


def _steps(command: Any) -> Any:
    command = click.option("--yes", is_flag=True, help="Do not ask before the old one is dropped.")(command)
    command = click.option("--undo", is_flag=True, help="Drop the new one again.")(command)
    return click.option("--finish", is_flag=True, help="Drop the old one.")(command)


@rotate_key.command("callback")
@click.argument("tenant_id")
@click.option("--proof", "kind", type=click.Choice(PROOFS), default="basic", help="What the new proof is. [basic]")
@_steps
@as_json_option
def rotate_callback(tenant_id: str, *, kind: str, finish: bool, undo: bool, yes: bool, as_json: bool) -> None:
    """Give the payment core's callbacks a new proof; both count until --finish."""
    services, tenant = _opened(tenant_id)
    step = _step(finish=finish, undo=undo)
    had_one = bool(tenant.core.proofs)
    if step is Step.FINISH:
        _sure(yes=yes, question="Callbacks with the old proof will be refused. Does the portal send the new one?")
    with _wrong_use():
        made = rotate_callback_proof(
            tenant_id=tenant_id, step=step, kind=kind, store=services.store, now=services.now()
        )
    if as_json:
        print_json({"tenant": tenant_id, "step": step.value, **(proof_lines(made) if made else {})})
    elif made is None:
        _tell_ended(step, what="proof")
    else:
        click.echo(f"In the payment core's portal, application {tenant.core.application}, give the callbacks:")
        tell_proof(proof_lines(made))
        click.echo("It is shown this once." + (" The old proof counts as well." if had_one else ""))
        if not had_one:
            click.echo("This tenant had none: within five seconds callbacks without it are refused.")
        else:
            click.echo(f"When the portal has it: `chat2pay rotate-key callback {tenant_id} --finish`.")


@rotate_key.command("canvas")
@click.argument("tenant_id")
@click.option("--secret-file", type=TEXT_FILE, help="File with the new consumer secret; - reads standard input.")
@_steps
def rotate_canvas(tenant_id: str, *, secret_file: Any, finish: bool, undo: bool, yes: bool) -> None:
    """Take a new consumer secret of the canvas app; launches signed with either open until --finish.

    Without --secret-file it asks.
    """
    services, tenant = _opened(tenant_id)
    step = _step(finish=finish, undo=undo)
    with _wrong_use():
        stepped(tenant.salesforce.canvas_secrets, step, None)  # before anybody types a secret in vain
    if step is Step.FINISH:
        _sure(
            yes=yes,
            question="Launches signed with the old secret will be refused. Is the new one applied in Salesforce?",
        )
    new = None
    if step is Step.BEGIN:
        new = Secret(read_text(secret_file) if secret_file else ask_one("salesforce.canvas_secrets", told=_STAGED))
    with _wrong_use():
        rotate_canvas_secret(tenant_id=tenant_id, step=step, new=new, store=services.store, now=services.now())
    if step is Step.BEGIN:
        click.echo(
            "Both secrets open launches within five seconds. Now apply the new one in Salesforce, open an order,"
        )
        click.echo(f"then: `chat2pay rotate-key canvas {tenant_id} --finish`.")
    else:
        _tell_ended(step, what="secret")


@rotate_key.command("core")
@click.argument("tenant_id")
@click.option("--key-file", type=TEXT_FILE, help="File with the new API key; - reads standard input.")
def rotate_core(tenant_id: str, *, key_file: Any) -> None:
    """Take a new API key of the payment core, after trying it there. Without --key-file it asks."""
    services, tenant = _opened(tenant_id)
    if key_file:
        try:
            _keep_core_key(services, tenant, read_text(key_file))
        except Invalid as fault:
            _tell_faults(fault)
            sys.exit(1)
    else:
        _ask_for_core_key(services, tenant)
    click.echo("The payment core accepts the new key, and it is kept. A running server follows within five seconds;")
    click.echo("delete the old key in the portal a minute from now, so that calls under way can end.")


def _ask_for_core_key(services: Services, tenant: Tenant) -> None:
    """Ask until the core accepts the key; whoever stops has changed nothing."""
    while True:
        try:
            return _keep_core_key(services, tenant, ask_one("core.api_key"))
        except Invalid as fault:
            _tell_faults(fault)
        except UpstreamError as fault:
            click.echo(fault.message, err=True)
        except click.Abort:
            click.echo("\nStopped: the old key stays.", err=True)
            raise
        click.confirm("Nothing was changed. Give the key again?", default=True, abort=True, err=True)


def _keep_core_key(services: Services, tenant: Tenant, key: str) -> None:
    rotate_core_key(tenant=tenant, new=Secret(key), store=services.store, core=services.core, now=services.now())


def _opened(tenant_id: str) -> tuple[Services, Tenant]:
    services = open_beside(quiet=True)
    tenant = services.store.tenants.by_id(tenant_id)
    if tenant is None:
        raise click.UsageError(f"There is no tenant {tenant_id}: chat2pay tenant list shows them.")
    return services, tenant


def _step(*, finish: bool, undo: bool) -> Step:
    if finish and undo:
        raise click.UsageError("Give --finish or --undo, not both.")
    return Step.FINISH if finish else Step.UNDO if undo else Step.BEGIN


def _sure(*, yes: bool, question: str) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)


def _tell_ended(step: Step, *, what: str) -> None:
    click.echo(f"The {'old' if step is Step.FINISH else 'new'} {what} counts no more, within five seconds.")


def _tell_faults(fault: Invalid) -> None:
    for sentences in fault.fields.values():
        for sentence in sentences:
            click.echo(sentence, err=True)


@contextmanager
def _wrong_use() -> Iterator[None]:
    """What our own rules refuse was asked for wrongly; only a peer's refusal is a check that failed."""
    try:
        yield
    except Invalid as fault:
        raise click.UsageError(" ".join(one for sentences in fault.fields.values() for one in sentences)) from fault
