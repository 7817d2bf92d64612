"""The command `rotate-key api`, which creates and ends a tenant's API keys; a key is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

import manifests
from connector.commands.console.bootstrap import open_shared
from connector.commands.console.printing import as_json_option, print_fields, print_json
from connector.commands.console.tenant_arg import known_tenant
from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.connecting.rotate_api_key import end_api_keys, rotate_api_key
from connector.services import Services

_RULES = manifests.load("connector.json")["api_keys"]


def _scopes(_context: click.Context, _parameter: click.Parameter, given: str) -> tuple[Scope, ...]:
    words = [word.strip() for word in given.split(",") if word.strip()]
    unknown = [word for word in words if word not in list(Scope)]
    if unknown:
        raise click.BadParameter(f"there is no scope {', '.join(unknown)}; there are {', '.join(Scope)}.")
    return tuple(map(Scope, words))


@click.command("api")
@click.argument("tenant_id")
@click.option("--name", required=True, help="What the key is for: rotation and lists go by it.")
@click.option(
    "--scopes",
    default="",
    callback=_scopes,
    help="apex,flow,read,capture,supervise; by default those of the key before.",
)
@click.option(
    "--overlap",
    # Three months: an old key that is forgotten must end by itself.
    type=click.IntRange(0, 24 * 90),
    default=_RULES["overlap_hours"],
    show_default=True,
    help="For so many hours the older keys of this name stay valid.",
)
@click.option(
    "--lasts", type=click.IntRange(1, 3650), help="For so many days the new key is valid; by default for ever."
)
@click.option("--finish", is_flag=True, help="Make no key: end the older ones of this name now.")
@click.option("--revoke", is_flag=True, help="Make no key: end every key of this name now.")
@as_json_option
def rotate_api(tenant_id: str, *, finish: bool, revoke: bool, as_json: bool, **options: Any) -> None:
    """Make the next API key of a tenant, shown once; older ones of its name stay valid for a while."""
    services = open_shared()
    tenant = known_tenant(services, tenant_id)
    fields = _ended(services, tenant, options["name"], revoke) if finish or revoke else _made(services, tenant, options)
    if as_json:
        print_json(fields)
        return
    print_fields(fields)


def _made(services: Services, tenant: Tenant, options: dict[str, Any]) -> dict[str, Any]:
    try:
        made = rotate_api_key(
            tenant=tenant,
            name=options["name"],
            scopes=options["scopes"],
            overlap=timedelta(hours=options["overlap"]),
            lasts=timedelta(days=options["lasts"]) if options["lasts"] else None,
            store=services.store,
            now=services.now(),
        )
    except Invalid as error:
        raise click.UsageError(error.message) from error
    return {
        "tenant": tenant.tenant_id,
        "name": made.key.name,
        "key": made.text,
        "key_id": made.key.key_id,
        "scopes": ",".join(sorted(made.key.scopes)),
        "ends": made.key.expires_at,
        "note": "The key is shown once. Paste it where it is used"
        + (", then finish with --finish." if made.has_older else "."),
    }


def _ended(services: Services, tenant: Tenant, name: str, revoke: bool) -> dict[str, Any]:
    # To finish keeps the newest; to revoke, after a leak, ends that one, too.
    ended = end_api_keys(tenant=tenant, name=name, newest_stays=not revoke, store=services.store)
    return {"tenant": tenant.tenant_id, "name": name, "ended": ",".join(one.key_id for one in ended) or None}
