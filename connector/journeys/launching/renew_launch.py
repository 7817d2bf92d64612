"""Renew an open page's token: same user, same order, not for ever, access checked again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

import manifests
from connector.domain.tenants.rights import Rights
from connector.domain.tenants.tenant import Tenant
from connector.errors import ErrorCode, LaunchRefused, SalesforceUnavailable, Unauthenticated
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
    """Return the rights of the page's new token: read again together with access, or sooner where they are not known.

    Rights that cannot be read are none, here too, until the next renewal reads them.

    Raises:
        Unauthenticated: the launch is too old, the tenant is disabled, or the agent lost access.
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
    except LaunchRefused as error:
        raise Unauthenticated(_OVER, code=ErrorCode.LAUNCH_EXPIRED).with_sentence(
            error.sentence or "no_access"
        ) from error
    except SalesforceUnavailable:
        # Nothing new is shown by renewing; the next renewal asks again.
        log.warning("access_not_checked", tenant=tenant.tenant_id, launch=launch.launch_id)
        return rights
    edits_order = launch.order_id if launch.agent_token is None else None
    return find_rights(tenant=tenant, user_id=launch.user_id, salesforce=salesforce, edits_order=edits_order)
