"""Read an order as the integration user, for callers without a Salesforce session of their own."""

from __future__ import annotations

from datetime import datetime

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import KEY_PREFIXES, Tenant, read_id
from connector.errors import Invalid, NotFound
from connector.journeys.recording.save_order import save_order
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store


def read_order_as_tenant(
    *, tenant: Tenant, order_id: str, store: Store, salesforce: SalesforceClient, now: datetime
) -> Order:
    """Read an order as the integration user and save it.

    Raises:
        NotFound: this org has no such order; SalesforceUnavailable; SalesforceRefused.
    """
    order = salesforce.read_order_as_ourselves(tenant, order_id, now=now)
    if order is None:
        raise NotFound(facts={"tenant": tenant.tenant_id, "order": order_id, "reason": "no_such_order"})
    save_order(order=order, store=store, now=now)
    return order


def order_id_of(tenant: Tenant, given: str) -> str:
    """Return an order id in its long form.

    Raises:
        Invalid: it is not the id of an order.
    """
    order_id = read_id(given, prefix=KEY_PREFIXES.get(tenant.mapping.order_object, ""))
    if order_id is None:
        raise Invalid({"order_id": ["Send the Salesforce id of an order."]})
    return order_id


def user_id_of(given: str) -> str:
    """Return a user id in its long form.

    Raises:
        Invalid: it is not the id of a user.
    """
    user_id = read_id(given, prefix="005")
    if user_id is None:
        raise Invalid({"user_id": ["Send the Salesforce id of a user."]})
    return user_id
