"""Resolve who is recorded as acting for an API key's call: the key itself, or the org's user that it names."""

from __future__ import annotations

from connector.domain.payments.payment import Person
from connector.domain.tenants.rights import Right
from connector.domain.tenants.tenant import Tenant
from connector.errors import ErrorCode, Forbidden, Invalid, NotFound, TryLater
from connector.journeys.access.find_person import find_person
from connector.journeys.access.find_rights import find_rights
from connector.journeys.access.read_order_as_tenant import user_id_of
from connector.salesforce.client import SalesforceClient


def resolve_actor(
    *, tenant: Tenant, user_id: str | None, order_id: str, right: Right, key: Person, salesforce: SalesforceClient
) -> Person:
    """Return the person who acts on an order; a named user needs the right and edit access, as on the page.

    Raises:
        Invalid: not a user's id, or a user where the tenant allows none; Forbidden: no such active user, or one who may not do
        this (alike on purpose);
        TryLater: their rights cannot be read now; SalesforceUnavailable.
    """
    if user_id is None:
        return key
    # Whoever builds flows could otherwise act in the name of any colleague; keys that take money are in nobody's flow.
    if right is Right.SEND and not tenant.policy.flow_may_name_user:
        raise Invalid({"user_id": ["Leave the user out: the key acts by its own name. An admin can allow others."]})
    user_id = user_id_of(user_id)
    refused = Forbidden(
        "This user may not do this for this order.",
        code=ErrorCode.NO_RIGHT,
        facts={"tenant": tenant.tenant_id, "user": user_id, "order": order_id},
    )
    try:
        found = find_person(tenant=tenant, user_id=user_id, order_id=order_id, salesforce=salesforce)
    except NotFound as error:
        raise refused from error
    rights = find_rights(tenant=tenant, user_id=user_id, salesforce=salesforce, order_id=order_id, needs_edit=True)
    if rights.unread:
        raise TryLater("The user's rights cannot be read from Salesforce now.")
    # A supervisor only needs to see the order.
    edits = found.edits or right is Right.SUPERVISE
    if not edits or right not in rights:
        raise refused
    return found.person
