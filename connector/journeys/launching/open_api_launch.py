"""Open the extension on an order for a user that the tenant's own code (Apex) names."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import manifests
from connector.domain.tenants.rights import Rights
from connector.domain.tenants.tenant import Tenant
from connector.errors import NotFound, TenantProblem
from connector.journeys.access.find_person import FoundPerson, find_person
from connector.journeys.access.find_rights import find_rights
from connector.journeys.access.read_order_as_tenant import order_id_of, read_order_as_tenant, user_id_of
from connector.journeys.requesting.check_consent import ConsentCheck, save_consents
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store
from connector.store.tenants.launches import BY_KEY, Launch

_RULES = manifests.load("connector.json")["launch"]


@dataclass(frozen=True)
class OpenedApiLaunch:
    """A launch without an agent's token; its user's access is read as the integration user, here and at each renewal."""

    found: FoundPerson
    launch: Launch
    rights: Rights


def open_api_launch(
    *, tenant: Tenant, order_id: str, user_id: str, store: Store, salesforce: SalesforceClient, now: datetime
) -> OpenedApiLaunch:
    """Open an order for a user with read access to it; sending needs edit access too.

    Raises:
        Invalid: an id of the wrong kind; NotFound: no such user or order, or the user may not read it (alike on purpose);
        TenantProblem: the tenant is disabled; SalesforceUnavailable; SalesforceRefused.
    """
    order_id, user_id = order_id_of(tenant, order_id), user_id_of(user_id)
    if tenant.disabled:
        raise TenantProblem("Launches are switched off for this Salesforce org.")
    # Apex names the user, and has no token of theirs: the org itself is asked whether they may read this order.
    found = find_person(tenant=tenant, user_id=user_id, order_id=order_id, salesforce=salesforce)
    if not found.reads:
        raise NotFound(facts={"tenant": tenant.tenant_id, "user": user_id, "order": order_id, "reason": "no_access"})
    order = read_order_as_tenant(tenant=tenant, order_id=order_id, store=store, salesforce=salesforce, now=now)
    save_consents(ConsentCheck(tenant, store, salesforce, now), order)
    rights = find_rights(tenant=tenant, user_id=user_id, salesforce=salesforce, order_id=order_id, needs_edit=True)
    launch = Launch(
        launch_id=f"{BY_KEY}{secrets.token_urlsafe(16)}",
        tenant_id=tenant.tenant_id,
        user_id=user_id,
        order_id=order_id,
        given_token=None,
        checked_at=now,
        launched_at=now,
    )
    # Nothing was signed, so nothing can be replayed: the launch's own id takes the place of a signed request's digest.
    digest = hashlib.sha256(f"api:{launch.launch_id}".encode()).digest()
    store.launches.consume(digest, launch, forget_at=now + timedelta(hours=_RULES["longest_hours"]))
    return OpenedApiLaunch(found, launch, rights)
