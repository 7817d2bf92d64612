"""Shared parts of the `rotate-key` commands: the tenant, the step, and the confirmation before a secret is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.tenant_arg import known_tenant
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.connecting.secrets_after_step import RotationStep, StepMismatch
from connector.services import Services


def steps(command: Any) -> Any:
    """Add the options that select the step."""
    command = click.option("--yes", is_flag=True, help="Do not ask before the old one is dropped.")(command)
    command = click.option("--undo", is_flag=True, help="Drop the new one again.")(command)
    return click.option("--finish", is_flag=True, help="Drop the old one.")(command)


def open_tenant(tenant_id: str) -> tuple[Services, Tenant]:
    """Return the services and the tenant.

    Raises:
        UsageError: there is no such tenant.
    """
    services = open_shared(quiet=True)
    return services, known_tenant(services, tenant_id)


def step_of(*, finish: bool, undo: bool) -> RotationStep:
    """Return the step that the options select."""
    # The two drop different secrets: guessing could drop the one in use.
    if finish and undo:
        raise click.UsageError("Give --finish or --undo, not both.")
    return RotationStep.FINISH if finish else RotationStep.UNDO if undo else RotationStep.BEGIN


def confirm_drop(*, yes: bool, question: str) -> None:
    """Ask for confirmation before a secret is dropped that may be in use."""
    if not yes:
        # On standard error: standard output is one JSON document with --json.
        click.confirm(question, abort=True, err=True)


def print_ended(step: RotationStep, *, what: str) -> None:
    """Print which of the two secrets is not valid any more."""
    click.echo(f"The {'old' if step is RotationStep.FINISH else 'new'} {what} counts no more, within five seconds.")


@contextmanager
def wrong_use() -> Iterator[None]:
    """Turn ``Invalid`` and a step that does not fit into usage errors; errors of a peer pass through."""
    try:
        yield
    except StepMismatch as error:
        raise click.UsageError(
            "A change is under way: end it with --finish, or take it back with --undo."
            if error.under_way
            else "No change is under way: there is one, and it stays."
        ) from error
    except Invalid as error:
        raise click.UsageError(" ".join(one for sentences in error.fields.values() for one in sentences)) from error
