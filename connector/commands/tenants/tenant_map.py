"""The command `tenant map`, which shows, checks and changes a tenant's mapping."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.findings import finding_json
from connector.commands.console.printing import as_json_option, print_json
from connector.commands.console.tenant_arg import known_tenant
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.mapping.change_mapping import change_mapping
from connector.journeys.mapping.check_mapping import check_mapping
from connector.journeys.mapping.propose_mapping import MappingChange, mapping_of, propose_mapping
from connector.services import Services
from foundation.console.file_args import TEXT_FILE, read_json_object

_MARKS = {Level.WRONG: "wrong", Level.SOON: "soon ", Level.FINE: "fine "}


@click.command("map")
@click.argument("tenant_id")
@click.option("--check", is_flag=True, help="Ask the org what would fail; exit 1 where something would.")
@click.option("--set", "source", type=TEXT_FILE, help="JSON that takes the place of the tenant's own entries.")
@click.option("--reset", is_flag=True, help="Go back to the default mapping.")
@click.option("--yes", is_flag=True, help="Do not ask before it is kept.")
@as_json_option
def tenant_map(tenant_id: str, *, check: bool, source: Any, reset: bool, yes: bool, as_json: bool) -> None:
    """Show a tenant's mapping, check it against the org, or change it.

    It says which Salesforce fields are read and written. What is changed is checked first.
    """
    if sum((check, source is not None, reset)) > 1:
        raise click.UsageError("Say one of --check, --set and --reset.")
    services = open_shared(quiet=True)
    tenant = known_tenant(services, tenant_id)
    if check:
        _check(tenant, services, as_json=as_json)
    elif source is not None or reset:
        _change(tenant, {} if reset else read_json_object(source), services, yes=yes, as_json=as_json)
    else:
        _show(tenant, as_json=as_json)


def _show(tenant: Tenant, *, as_json: bool) -> None:
    whole, own = mapping_of(tenant)
    if as_json:
        print_json(whole)
        return
    click.echo(json.dumps(whole, indent=2))
    named = ", ".join(own) or "nothing: this is the default"
    click.echo(f"The tenant's own entries are in: {named}.", err=True)


def _check(tenant: Tenant, services: Services, *, as_json: bool) -> None:
    found = check_mapping(tenant=tenant, salesforce=services.salesforce)
    if as_json:
        print_json([finding_json(one) for one in found])
    else:
        _print_findings(found)
    if any(one.level is Level.WRONG for one in found):
        sys.exit(1)


def _change(tenant: Tenant, given: dict[str, Any], services: Services, *, yes: bool, as_json: bool) -> None:
    try:
        change = propose_mapping(tenant=tenant, given=given, store=services.store, salesforce=services.salesforce)
    except Invalid as error:
        lines = [f"  - {entry}: {message}" for entry, messages in error.fields.items() for message in messages]
        raise click.UsageError("The mapping has faults:\n" + "\n".join(lines)) from error
    # Before the question, so that whoever answers it has read what changes and what the org would refuse.
    if not as_json:
        _print_difference(change)
    saved = _save(change, services, yes=yes)
    if as_json:
        print_json(
            {
                "differences": [asdict(one) for one in change.differences],
                "found": [finding_json(one) for one in change.found],
                "kept": saved,
            }
        )
    if not change.may_be_kept:
        click.echo("Nothing was changed.", err=True)
        sys.exit(1)


def _save(change: MappingChange, services: Services, *, yes: bool) -> bool:
    # A mapping that the org would refuse is never saved, whatever the flags.
    if not change.may_be_kept or not change.differences:
        return False
    if not yes:
        click.confirm("Keep this mapping?", abort=True, err=True)
    change_mapping(change=change, store=services.store, now=services.now())
    # On standard error: standard output is one JSON document with --json.
    click.echo("Kept; a running server follows within five seconds.", err=True)
    return True


def _print_difference(change: MappingChange) -> None:
    for one in change.differences:
        click.echo(f"{one.entry}: {_word(one.before)} -> {_word(one.after)}")
    if not change.differences:
        click.echo("This is the mapping that is in force already.")
    _print_findings([one for one in change.found if one.level is not Level.FINE])


def _print_findings(found: Sequence[Finding]) -> None:
    for one in sorted(found, key=lambda one: list(Level).index(one.level)):
        click.echo(f"{_MARKS[one.level]}  {one.subject + ': ' if one.subject else ''}{one.problem}")
        if one.remedy:
            click.echo(f"       {one.remedy}")
        if one.impact:
            click.echo(f"       Otherwise: {one.impact}")


def _word(value: Any) -> str:
    return "-" if value is None else json.dumps(value)
