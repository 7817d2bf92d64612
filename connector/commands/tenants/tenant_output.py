"""Print what an admin must paste where, after an org was connected or a key was changed."""

from __future__ import annotations

from collections.abc import Mapping

import click

from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.connect_org import ConnectedOrg
from manifests.core_hosts import is_vendors_core

_PORTAL = {
    "transaction_status_url": "Transaction Status URL",
    "payment_status_url": "Payment Status URL",
    "settings_url": "Settings URL",
    "callback_user": "Basic user",
    "callback_password": "Basic password",
    "callback_hmac_key": "Signing secret",
}
_APP = "Setup → External Client App Manager →"


def print_connected(connected: ConnectedOrg, public_url: str) -> None:
    """Print the values for the core's portal and for Salesforce, and the next steps."""
    tenant, lines = connected.tenant, connected.portal_lines(public_url)
    done = "Connected" if connected.is_new else "Changed"
    click.echo(f"{done}: {tenant.tenant_id}, {tenant.name}, org {tenant.org_id}, {tenant.core.environment}.")
    click.echo(
        f"The login opens this org, and the payment core offers {', '.join(tenant.configuration.channels) or '-'}.\n"
    )
    click.echo(f"1. In the payment core's portal, application {tenant.core.application}, paste:")
    print_proof(lines)
    # Only then is the proof shown; afterwards it is stored encrypted, and nothing prints it.
    if connected.is_new:
        click.echo(f"   {_about_proof(tenant)}")
    # Only a core of our own has this switch; the vendor's documents no news of messages to choose.
    if not is_vendors_core(tenant.core.base_url):
        click.echo("   Tick “Also send news of messages” there, or run, on the core's machine:")
        click.echo(f"   chat2pay-core application set MERCHANT {tenant.core.application} --messages")
    click.echo(f"\n2. In Salesforce, {_APP} PaymentConnectorCanvas:")
    for name, value in _canvas(lines["launch_url"]).items():
        click.echo(f"   {name.ljust(24)} {value}")
    click.echo("\n3. The agent's page may stand in a frame of these addresses and no others:")
    for origin in tenant.salesforce.frame_origins:
        click.echo(f"   {origin}")
    click.echo(f"   In Setup → Trusted URLs add {public_url} with the directive frame-src.")
    click.echo(f"\n4. `chat2pay doctor --tenant {tenant.tenant_id}` says what is still missing. Then open an order.")
    if not connected.is_new:
        click.echo("   A running server follows within five seconds.")


def _about_proof(tenant: Tenant) -> str:
    if tenant.core.takes_unproven:
        return (
            "No proof was chosen: whoever knows these addresses can make us look. Keep them secret; `chat2pay rotate-key "
            "callback` makes others."
        )
    return "The proof is shown this once. Lost? `chat2pay rotate-key callback` makes another."


def print_proof(lines: Mapping[str, str]) -> None:
    """Print the lines for the core's portal in columns."""
    for name, title in _PORTAL.items():
        if name in lines:
            click.echo(f"   {title.ljust(24)} {lines[name]}")


def _canvas(launch_url: str) -> dict[str, str]:
    return {
        "Canvas App URL": launch_url,
        "Access method": "Signed Request (POST)",
        "Location": "Aura component (the order page)",
        "Permitted users": "Admin approved users are pre-authorized; permission sets Agent and Supervisor",
        "Scopes": "Access the identity URL service (id), Manage user data via APIs (api)",
    }
