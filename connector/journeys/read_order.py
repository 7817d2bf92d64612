"""Decides with whose eyes an order is read: the agent's own as long as they are open, else ours after asking for access."""

from __future__ import annotations

from datetime import datetime

from connector.domain.order import Order
from connector.domain.tenant import Tenant
from connector.errors import LaunchRefused, OrgSessionExpired
from connector.journeys.keep_order import keep_order
from connector.log import get_logger
from connector.salesforce.client import SalesforceClient
from connector.store.launches import Launch
from connector.store.store import Store

log = get_logger()


def read_order(*, tenant: Tenant, launch: Launch, store: Store, salesforce: SalesforceClient, now: datetime) -> Order:
    """Read the launch's order again, keep it, and note that access was checked.

    Raises:
        LaunchRefused: the agent may no longer see this order; SalesforceUnavailable; SalesforceRefused.
    """
    order = _read(tenant, launch, salesforce, now)
    if order is None:
        raise LaunchRefused(
            "no_access", reason="no_access", values={"admin": tenant.admin_contact},
            facts={"tenant": tenant.tenant_id, "order": launch.order_id, "user": launch.user_id},
        )  # fmt: skip
    keep_order(order=order, store=store, now=now)
    store.launches.checked(launch.launch_id, now=now)
    return order


def _read(tenant: Tenant, launch: Launch, salesforce: SalesforceClient, now: datetime) -> Order | None:
    try:
        return salesforce.read_order(tenant, launch.order_id, agent_token=launch.agent_token, now=now)
    except OrgSessionExpired:
        log.info("agent_session_over", tenant=tenant.tenant_id, launch=launch.launch_id)
    if not salesforce.may_edit(tenant, user_id=launch.user_id, order_id=launch.order_id):
        return None
    return salesforce.read_order_as_ourselves(tenant, launch.order_id, now=now)
