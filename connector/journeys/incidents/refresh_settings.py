"""Update the core's settings where they differ from the stored ones, and report that no callback announced it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connector.core.client import CoreClient
from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.tenant import CoreConfiguration, Tenant
from connector.errors import ServiceError
from connector.store.health.findings import SETTINGS_UNANNOUNCED
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def refresh_settings(*, tenant: Tenant, store: Store, core: CoreClient, now: datetime) -> None:
    """Read what the core offers and store it; where it cannot be read, nothing changes."""
    try:
        environment, offered = core.get_configuration(tenant.core)
    except ServiceError as error:
        log.warning("settings_not_read", tenant=tenant.tenant_id, code=str(error.code))
        return
    # A key of the other environment would bring settings that do not belong to this tenant.
    if environment in (None, tenant.core.environment):
        follow_settings(tenant=tenant, offered=offered, store=store, now=now)


def follow_settings(*, tenant: Tenant, offered: CoreConfiguration, store: Store, now: datetime) -> None:
    """Store what the core offers now, and raise a finding that the core sent no callback about it."""
    if offered == tenant.configuration:
        return
    store.tenants.set_configuration(tenant, offered, now=now)
    changes = _changes(tenant.configuration, offered)
    if changes:
        store.findings.record(tenant.tenant_id, _finding(tenant, changes))


def _changes(before: CoreConfiguration, after: CoreConfiguration) -> str:
    """Describe how channels and currencies changed; the core's callback about settings covers no more."""
    gone = [*_without(before.channels, after.channels), *_without(before.currencies, after.currencies)]
    new = [*_without(after.channels, before.channels), *_without(after.currencies, before.currencies)]
    parts = (f"no longer offers {', '.join(gone)}" if gone else "", f"now offers {', '.join(new)}" if new else "")
    return " and ".join(filter(None, parts))


def _without(some: Iterable[str], others: Iterable[str]) -> list[str]:
    return sorted(set(map(str, some)) - set(map(str, others)))


def _finding(tenant: Tenant, changes: str) -> Finding:
    return Finding(
        check=SETTINGS_UNANNOUNCED,
        level=Level.SOON,
        problem=f"The payment core {changes}, and has not told us: we found out ourselves, and our pages follow.",
        remedy=f"Paste the Settings URL of `chat2pay tenant show {tenant.tenant_id}` into the application in the core's portal. "
        "This goes with the next news of its settings.",
        impact="After such a change agents may be offered for a while what the core refuses.",
    )
