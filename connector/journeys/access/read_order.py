"""Read an order for an open page: with the agent's own token while it is valid, afterwards as the integration user."""

from __future__ import annotations

from datetime import datetime

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import Tenant
from connector.errors import LaunchNames, LaunchRefused, NotFound, OrgSessionExpired, SalesforceRefused
from connector.journeys.access.explain_agent_refusal import explain_agent_refusal
from connector.journeys.access.find_person import find_person
from connector.journeys.recording.save_order import save_order
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store
from connector.store.tenants.launches import Launch
from foundation.log import get_logger

log = get_logger()


def read_order(*, tenant: Tenant, launch: Launch, store: Store, salesforce: SalesforceClient, now: datetime) -> Order:
    """Read the launch's order again, save it, and record that access was checked.

    Raises:
        LaunchRefused: the agent may no longer see this order, which ends the launch; SalesforceUnavailable; SalesforceRefused.
    """
    order = _read(tenant, launch, salesforce, now)
    if order is None:
        # Another agent's reading may be stored next: this page must not get it.
        store.launches.end(launch.launch_id)
        names = LaunchNames(tenant.tenant_id, launch.user_id, launch.order_id)
        raise LaunchRefused("no_access", reason="no_access", names=names)
    save_order(order=order, store=store, now=now)
    store.launches.checked(launch.launch_id, now=now)
    return order


def _read(tenant: Tenant, launch: Launch, salesforce: SalesforceClient, now: datetime) -> Order | None:
    if launch.agent_token is None:
        # Apex opened this launch without a session, for a user who may read the order.
        may_see = _reads(tenant, launch, salesforce)
    else:
        try:
            return salesforce.read_order(
                tenant, launch.order_id, agent_token=launch.agent_token, user_id=launch.user_id, now=now
            )
        except OrgSessionExpired:
            log.info("agent_session_over", tenant=tenant.tenant_id, launch=launch.launch_id)
        except SalesforceRefused as error:
            error.with_sentence(explain_agent_refusal(error))
            raise
        # UserRecordAccess ignores restriction rules (ADR 2), so once the agent's own session is over we require edit access.
        may_see = salesforce.may_edit(tenant, user_id=launch.user_id, order_id=launch.order_id)
    return salesforce.read_order_as_ourselves(tenant, launch.order_id, now=now) if may_see else None


def _reads(tenant: Tenant, launch: Launch, salesforce: SalesforceClient) -> bool:
    try:
        found = find_person(tenant=tenant, user_id=launch.user_id, order_id=launch.order_id, salesforce=salesforce)
    except NotFound:
        return False
    return found.reads
