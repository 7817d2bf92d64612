"""The dependencies of a journey for one tenant: its row, the store, both gateways, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.core.client import CoreClient
from connector.domain.tenants.tenant import Tenant
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store


@dataclass(frozen=True)
class Context:
    """What a journey needs for one tenant. ``call_limit`` is the longest that one call to the core can take."""

    tenant: Tenant
    store: Store
    core: CoreClient
    salesforce: SalesforceClient
    now: Callable[[], datetime]
    call_limit: timedelta

    @property
    def core_ahead(self) -> timedelta:
        """Return how far the clock of the tenant's core is ahead of ours."""
        return self.core.clock_ahead(self.tenant.core)

    def core_now(self) -> datetime:
        """Return the time by the core's clock, which sets the deadlines of its links."""
        return self.now() + self.core_ahead
