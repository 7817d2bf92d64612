"""The command that switches a tenant's bells, events and payments of Order Management in Salesforce."""

from __future__ import annotations

from dataclasses import replace

import click

from connector.commands.console.bootstrap import open_shared
from connector.commands.console.tenant_arg import known_tenant
from connector.domain.tenants.tenant import Tenant


@click.command("news")
@click.argument("tenant_id")
@click.option("--bells/--no-bells", default=None, help="Bells in Salesforce for agents and supervisors; on by default.")
@click.option("--events/--no-events", default=None, help="The platform event that flows hang on; off by default.")
@click.option("--payments/--no-payments", default=None, help="Payments in Order Management; off by default.")
def tenant_news(tenant_id: str, *, bells: bool | None, events: bool | None, payments: bool | None) -> None:
    """Show, or switch, what a tenant's org is sent beside its records; a running server follows within five seconds."""
    services = open_shared()
    known_tenant(services, tenant_id)

    # Applied to the row as it is under the lock: two commands at a time must not undo each other.
    def switched(tenant: Tenant) -> Tenant:
        policy = tenant.policy
        if bells is not None:
            policy = replace(policy, notifications=bells)
        if events is not None:
            policy = replace(policy, payment_events=events)
        if payments is not None:
            policy = replace(policy, order_payments=payments)
        return replace(tenant, policy=policy)

    policy = services.store.tenants.change(tenant_id, switched, now=services.now()).policy
    click.echo(f"bells: {'on' if policy.notifications else 'off'}")
    click.echo(f"events: {'on' if policy.payment_events else 'off'}")
    click.echo(f"payments: {'on' if policy.order_payments else 'off'}")
