"""Knows the commands for tenants; refuses to show a secret once it is kept. Each change is one short write.

A running server follows within five seconds: so long it remembers a tenant's row.
"""

from __future__ import annotations

import json
from typing import Any

import click

from connector.commands.opening import open_beside
from connector.commands.printing import as_json_option, print_fields, print_json, print_table
from connector.domain.tenant import Tenant
from connector.services import Services


@click.group()
def tenant() -> None:
    """Tenants: one Salesforce org and its payment core each."""


@tenant.command("add")
@click.option(
    "--file",
    "source",
    type=click.File("r"),
    required=True,
    help="JSON with the org's and the core's values; - reads standard input.",
)
@as_json_option
def tenant_add(source: Any, *, as_json: bool) -> None:
    """Connect an org and its payment core, or change their values; logs in to both first."""
    from connector.journeys.connect_org import connect_org

    services = open_beside()
    connected = connect_org(
        given=_json_object(source.read()),
        store=services.store,
        salesforce=services.salesforce,
        core=services.core,
        now=services.now(),
        allow_loopback=services.settings.is_demo,
    )
    lines = connected.told(services.settings.public_url)
    if as_json:
        print_json(lines)
        return
    for name, value in lines.items():
        click.echo(f"{name}: {value}")


@tenant.command("list")
@as_json_option
def tenant_list(*, as_json: bool) -> None:
    """List the tenants."""
    rows = [
        {"tenant": one.tenant_id, "name": one.name, "org": one.org_id, "disabled": one.disabled}
        for one in open_beside().store.tenants.every()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(rows, when_empty="No tenant yet: chat2pay tenant add --file …")


@tenant.command("show")
@click.argument("tenant_id")
@as_json_option
def tenant_show(tenant_id: str, *, as_json: bool) -> None:
    """Show one tenant, without its secrets."""
    one = _found(open_beside(), tenant_id)
    shown = {
        "tenant": one.tenant_id,
        "name": one.name,
        "org": one.org_id,
        "disabled": one.disabled,
        "salesforce": one.salesforce.host_url,
        "core": one.core.base_url,
        "environment": one.core.environment,
        "confirm": one.core.confirm,
        "callback_proofs": len(one.core.proofs),
        "channels": ",".join(one.configuration.channels),
        "currencies": ",".join(one.configuration.currencies),
        "default_currency": one.default_currency,
        "language": one.language,
        "parts_allowed": one.parts_allowed,
    }
    if as_json:
        print_json(shown)
        return
    print_fields(shown)


@tenant.command("disable")
@click.argument("tenant_id")
def tenant_disable(tenant_id: str) -> None:
    """Stop launches and sends of a tenant within five seconds; news of money is still taken and applied."""
    _set_disabled(tenant_id, disabled=True)
    click.echo(f"{tenant_id} is disabled; a running server follows within five seconds.")


@tenant.command("enable")
@click.argument("tenant_id")
def tenant_enable(tenant_id: str) -> None:
    """Allow launches and sends of a tenant again."""
    _set_disabled(tenant_id, disabled=False)
    click.echo(f"{tenant_id} is enabled; a running server follows within five seconds.")


def _set_disabled(tenant_id: str, *, disabled: bool) -> None:
    services = open_beside()
    _found(services, tenant_id)
    services.store.tenants.set_disabled(tenant_id, disabled=disabled, now=services.now())


def _found(services: Services, tenant_id: str) -> Tenant:
    found = services.store.tenants.by_id(tenant_id)
    if found is None:
        raise click.UsageError(f"There is no tenant {tenant_id}: chat2pay tenant list shows them.")
    return found


def _json_object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as fault:
        raise click.UsageError("The file is not JSON.") from fault
    if not isinstance(given, dict):
        raise click.UsageError("The file must hold one JSON object.")
    return given
