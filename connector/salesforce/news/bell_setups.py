"""What each tenant's org has for bells, cached for some minutes in this process."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from connector.domain.tenants.tenant import Tenant
from connector.salesforce.client import SalesforceClient
from connector.salesforce.news.bells_and_events import BellSetup, read_bell_setup

# Somebody who joins the group, or a deploy, is noticed after at most this.
_CACHED_FOR = timedelta(minutes=5)


class BellSetups:
    """Reads the setups of orgs, each at most once in some minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, BellSetup]] = {}

    def read(self, salesforce: SalesforceClient, tenant: Tenant, *, now: datetime, anew: bool) -> BellSetup:
        """Return what a tenant's org has for bells; ``anew``: as it is now, whatever is cached.

        Raises:
            SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
        """
        with self._lock:
            known = self._known.get(tenant.tenant_id)
        if known and now < known[0] and not anew:
            return known[1]
        found = read_bell_setup(salesforce, tenant)
        with self._lock:
            self._known[tenant.tenant_id] = (now + _CACHED_FOR, found)
        return found
