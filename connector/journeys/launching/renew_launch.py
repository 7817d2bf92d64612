"""Renew an open page's launch token: same user and order, up to a longest time, with access checked again."""

from __future__ import annotations

from datetime import datetime, timedelta

import manifests
from connector.domain.tenants.rights import Rights
from connector.domain.tenants.tenant import Tenant
from connector.errors import ErrorCode, LaunchRefused, OrderDeleted, SalesforceUnavailable, Unauthenticated
from connector.journeys.access.find_rights import find_rights
from connector.journeys.access.read_order import read_order
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store
from connector.store.tenants.launches import Launch
from foundation.log import get_logger

log = get_logger()
_OVER = "Reload this browser tab to continue."
_RULES = manifests.load("connector.json")["launch"]


def renew_launch(
    *, tenant: Tenant, launch: Launch, rights: Rights, store: Store, salesforce: SalesforceClient, now: datetime
) -> Rights:
    """Return the rights for the page's new token; they are read again whenever access is due to be checked.

    Raises:
        Unauthenticated: the launch is too old, the tenant is disabled, or the agent has lost access.
    """
    if tenant.disabled:
        raise Unauthenticated(_OVER, code=ErrorCode.LAUNCH_EXPIRED).with_sentence("tenant_disabled")
    if now >= launch.launched_at + timedelta(hours=_RULES["longest_hours"]):
        raise Unauthenticated(_OVER, code=ErrorCode.LAUNCH_EXPIRED)
    checked = now < launch.checked_at + timedelta(minutes=_RULES["access_check_minutes"])
    if checked and not rights.unread:
        return rights
    try:
        read_order(tenant=tenant, launch=launch, store=store, salesforce=salesforce, now=now)
    except OrderDeleted:
        pass  # not taken from this agent: the page stays, and says so
    except LaunchRefused as error:
        raise Unauthenticated(_OVER, code=ErrorCode.LAUNCH_EXPIRED).with_sentence(error.sentence) from error
    except SalesforceUnavailable:
        # A renewal shows no new data, so an outage does not end the page; the next renewal checks again.
        log.warning("access_not_checked", tenant=tenant.tenant_id, launch=launch.launch_id)
        return rights
    # With an agent's token Salesforce itself decided at launch what they see. Without one, edit access is ours to check.
    return find_rights(
        tenant=tenant,
        user_id=launch.user_id,
        salesforce=salesforce,
        order_id=launch.order_id,
        needs_edit=launch.agent_token is None,
    )
