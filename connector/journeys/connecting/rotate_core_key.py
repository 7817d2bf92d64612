"""Replace the API key for the payment core, once the core has accepted the new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.core.client import CoreClient
from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.connect_org import read_core
from connector.store.store import Store
from foundation.secret import Secret


def rotate_core_key(*, tenant: Tenant, new: Secret, store: Store, core: CoreClient, now: datetime) -> None:
    """Try the new key on the core, then store it in place of the old one.

    Raises:
        Invalid: the core refuses it, or it belongs to the other environment; CoreUnavailable: no answer.
    """
    # Tried before it is stored: with a mistyped key nothing could be sent or confirmed.
    offered = read_core(replace(tenant, core=replace(tenant.core, api_key=new)), core)

    def change(current: Tenant) -> Tenant:
        return replace(current, core=replace(current.core, api_key=new), configuration=offered)

    store.tenants.change(tenant.tenant_id, change, now=now)
