"""What the commands that change a secret have in common: the tenant, the step, and what is asked before something is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from connector.commands.console.bootstrap import open_beside
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.connecting.rotate_callback_proof import Step
from connector.services import Services


def steps(command: Any) -> Any:
    """Add the options that say which step is taken."""
    command = click.option("--yes", is_flag=True, help="Do not ask before the old one is dropped.")(command)
    command = click.option("--undo", is_flag=True, help="Drop the new one again.")(command)
    return click.option("--finish", is_flag=True, help="Drop the old one.")(command)


def opened(tenant_id: str) -> tuple[Services, Tenant]:
    """Return the services and the tenant; fail with a sentence where there is none."""
    services = open_beside(quiet=True)
    tenant = services.store.tenants.by_id(tenant_id)
    if tenant is None:
        raise click.UsageError(f"There is no tenant {tenant_id}: chat2pay tenant list shows them.")
    return services, tenant


def step_of(*, finish: bool, undo: bool) -> Step:
    """Return the step that the options mean."""
    if finish and undo:
        raise click.UsageError("Give --finish or --undo, not both.")
    return Step.FINISH if finish else Step.UNDO if undo else Step.BEGIN


def make_sure(*, yes: bool, question: str) -> None:
    """Ask before something is dropped that may still be in use."""
    if not yes:
        click.confirm(question, abort=True, err=True)


def tell_ended(step: Step, *, what: str) -> None:
    """Say which of the two counts no more."""
    click.echo(f"The {'old' if step is Step.FINISH else 'new'} {what} counts no more, within five seconds.")


@contextmanager
def wrong_use() -> Iterator[None]:
    """What our own rules refuse was asked for wrongly; only a peer's refusal is a check that failed."""
    try:
        yield
    except Invalid as error:
        raise click.UsageError(" ".join(one for sentences in error.fields.values() for one in sentences)) from error
