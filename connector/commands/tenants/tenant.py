"""The commands that list, show, disable and enable tenants; stored secrets are never printed.

A running server follows a change within five seconds, the time for which it caches a tenant's row.
"""

from __future__ import annotations

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_fields, print_json, print_table
from connector.commands.console.tenant_arg import known_tenant
from connector.commands.tenants.api_keys import key_rows
from connector.commands.tenants.tenant_add import tenant_add, tenant_keypair
from connector.commands.tenants.tenant_map import tenant_map
from connector.commands.tenants.tenant_news import tenant_news
from connector.journeys.connecting.connect_org import ConnectedOrg
from connector.journeys.connecting.plan_org import kind_of_proof


@click.group()
def tenant() -> None:
    """Tenants: one Salesforce org and its payment core each."""


for command in (tenant_add, tenant_keypair, tenant_map, tenant_news):
    tenant.add_command(command)


@tenant.command("list")
@as_json_option
def tenant_list(*, as_json: bool) -> None:
    """List the tenants."""
    rows = [
        {"tenant": one.tenant_id, "name": one.name, "org": one.org_id, "disabled": one.disabled}
        for one in open_shared().store.tenants.every()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(rows, when_empty="No tenant yet: chat2pay tenant add")


@tenant.command("show")
@click.argument("tenant_id")
@as_json_option
def tenant_show(tenant_id: str, *, as_json: bool) -> None:
    """Show one tenant, without its secrets."""
    services = open_shared()
    one = known_tenant(services, tenant_id)
    shown = {
        "tenant": one.tenant_id,
        "name": one.name,
        "org": one.org_id,
        "disabled": one.disabled,
        "salesforce": one.salesforce.host_url,
        "login": one.salesforce.flow.value,
        "core": one.core.base_url,
        "environment": one.core.environment,
        "confirm": one.core.confirm,
        "callback_proof": kind_of_proof(one).value,
        "callback_proofs": len(one.core.proofs),
        "channels": ",".join(one.configuration.channels),
        "currencies": ",".join(one.configuration.currencies),
        "default_currency": one.default_currency,
        "language": one.language,
        "parts_allowed": one.parts_allowed,
        "copy_links": one.policy.copy_links,
        "notifications": one.policy.notifications,
        "payment_events": one.policy.payment_events,
        "order_payments": one.policy.order_payments,
        # `is_new=False` leaves the callback proof out: it is shown once, when it is made.
        **ConnectedOrg(one, is_new=False).portal_lines(services.settings.public_url),
    }
    keys = key_rows(services, one.tenant_id)
    if as_json:
        print_json({**shown, "api_keys": keys})
        return
    print_fields(shown)
    print_table(keys, when_empty=f"No API key yet: chat2pay rotate-key api {one.tenant_id} --name … --scopes …")


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
    services = open_shared()
    # Looked for first: an update of a tenant that is not there changes nothing and says nothing.
    known_tenant(services, tenant_id)
    services.store.tenants.set_disabled(tenant_id, disabled=disabled, now=services.now())
