"""Read an order for an open page: with the agent's own token while it is valid, afterwards as the integration user."""

from __future__ import annotations

from datetime import datetime

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import Tenant
from connector.errors import (
    LaunchNames,
    LaunchRefused,
    NotFound,
    OrderDeleted,
    OrgSessionExpired,
    SalesforceRefused,
    UpstreamError,
)
from connector.journeys.access.explain_agent_refusal import explain_agent_refusal
from connector.journeys.access.find_person import find_person
from connector.journeys.recording.record_missing import record_missing
from connector.journeys.recording.save_order import save_order
from connector.salesforce.client import SalesforceClient
from connector.salesforce.queries.changed_orders import read_deleted_orders
from connector.store.requests import request_rows
from connector.store.store import Store
from connector.store.tenants.launches import Launch
from foundation.log import get_logger

log = get_logger()


def read_order(*, tenant: Tenant, launch: Launch, store: Store, salesforce: SalesforceClient, now: datetime) -> Order:
    """Read the launch's order again, save it, and record that access was checked.

    Raises:
        LaunchRefused: the agent may no longer see this order, which ends the launch; OrderDeleted: nobody may, and the launch
        stays for what became of its payments; SalesforceUnavailable; SalesforceRefused.
    """
    order = _read(tenant, launch, salesforce, now)
    if order is None:
        names = LaunchNames(tenant.tenant_id, launch.user_id, launch.order_id)
        is_deleted = _is_deleted(tenant, launch, salesforce)
        if is_deleted and _has_payments(tenant, launch, store):
            record_missing(tenant_id=tenant.tenant_id, order_ids=[launch.order_id], store=store, at=now)
            # Until the order changes again, as by its restoration, its page need not ask the org once more.
            store.launches.checked(launch.launch_id, now=now)
            raise OrderDeleted("order_deleted", reason="order_deleted", names=names)
        # Another agent's reading may be stored next: this page must not get it.
        store.launches.end(launch.launch_id)
        sentence = "order_deleted" if is_deleted else "no_access"
        raise LaunchRefused(sentence, reason=sentence, names=names)
    save_order(order=order, store=store, now=now)
    store.launches.checked(launch.launch_id, now=now)
    return order


def _has_payments(tenant: Tenant, launch: Launch, store: Store) -> bool:
    """Return whether something was ever sent for it: its page says what became of that, and gives back or cancels."""
    with store.read() as work:
        return bool(request_rows.find_by_order(work, tenant.tenant_id, launch.order_id))


def _is_deleted(tenant: Tenant, launch: Launch, salesforce: SalesforceClient) -> bool:
    try:
        return launch.order_id in read_deleted_orders(salesforce, tenant, [launch.order_id])
    except UpstreamError:
        return False  # what is not known to be deleted may be hidden from this agent alone


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
