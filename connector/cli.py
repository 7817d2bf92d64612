"""Knows the ``chat2pay`` command; refuses to do anything that a journey or a store does not do for it."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any, NoReturn

import click
from cryptography.fernet import Fernet

from connector import log
from connector.errors import ConnectorError, Misconfigured
from connector.services import Services, build_services
from connector.settings import read_settings, sqlite_path
from connector.store.database import ProcessLock
from connector.store.migrate import differences, require_schema, upgrade


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chat2pay-connector")
def main() -> None:
    """Chat 2 Pay connector for Salesforce."""


def run() -> NoReturn:
    """Run the command; faults are sentences on standard error, and the exit code says which kind."""
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(2)
    except Misconfigured as fault:
        click.echo(fault.message, err=True)
        sys.exit(2)
    except ConnectorError as fault:
        click.echo(fault.message, err=True)
        sys.exit(1)
    sys.exit(0)


@main.command()
def serve() -> None:
    """Serve Salesforce, the open pages and the core's callbacks, and do the work in the background."""
    services = _services(locked=True)
    if services.settings.is_fleet:
        from connector.serving_fleet import serve as run_server
    else:
        from connector.serving import serve as run_server
    run_server(services)


@main.command()
def worker() -> None:
    """Do the background work of a PostgreSQL fleet; start as many as you need."""
    services = _services(locked=False)
    if not services.settings.is_fleet:
        raise click.ClickException("On SQLite the web process works by itself: `chat2pay worker` is for PostgreSQL.")
    require_schema(services.store.database)
    from connector.workers.distributed import work

    work(services)


@main.command()
def keys() -> None:
    """Make new secrets for CHAT2PAY_ENCRYPTION_KEYS and CHAT2PAY_LAUNCH_KEYS and print them."""
    click.echo(f"CHAT2PAY_ENCRYPTION_KEYS={Fernet.generate_key().decode()}")
    click.echo(f"CHAT2PAY_LAUNCH_KEYS={secrets.token_urlsafe(32)}")


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date."""
    upgrade(_services(locked=True).store.database)
    click.echo("The schema is up to date.")


@db.command("check")
def db_check() -> None:
    """Compare the schema with the code; exit 1 when they differ."""
    found = differences(_services(locked=False).store.database)
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo("The schema equals the code.")


@main.group()
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tenant_add(source: Any, *, as_json: bool) -> None:
    """Connect an org and its payment core, or change their values; logs in to both first."""
    from connector.journeys.connect_org import connect_org

    services = _services(locked=True)
    connected = connect_org(
        given=_json_object(source.read()),
        store=services.store,
        salesforce=services.salesforce,
        core=services.core,
        now=services.now(),
        allow_loopback=services.settings.is_demo,
    )
    lines = connected.told(services.settings.public_url)
    click.echo(
        json.dumps(lines, indent=2) if as_json else "\n".join(f"{name}: {value}" for name, value in lines.items())
    )


@tenant.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tenant_list(*, as_json: bool) -> None:
    """List the tenants."""
    rows = [
        {"tenant": one.tenant_id, "name": one.name, "org": one.org_id, "disabled": one.disabled}
        for one in _services(locked=False).store.tenants.every()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows or [{"tenant": "No tenant yet: chat2pay tenant add --file …"}]:
        click.echo("  ".join(str(value) for value in row.values()))


def _services(*, locked: bool) -> Services:
    settings = read_settings()
    log.configure(settings.log_level)
    if locked and not settings.is_fleet:
        ProcessLock(sqlite_path(settings)).take()
    return build_services(settings)


def _json_object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as fault:
        raise click.UsageError("The file is not JSON.") from fault
    if not isinstance(given, dict):
        raise click.UsageError("The file must hold one JSON object.")
    return given


if __name__ == "__main__":
    run()
