"""Decides what a tenant's own key may send: to the number that Salesforce has, for what Salesforce says is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from connector.core.client import CoreClient
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.rights import Right
from connector.domain.tenants.tenant import Tenant
from connector.errors import Invalid
from connector.journeys.access.read_order_as_tenant import read_order_as_tenant, user_id_of
from connector.journeys.access.resolve_actor import resolve_actor
from connector.journeys.requesting.send_payment_request import SendCommand, send_payment_request, sent_before
from connector.salesforce.client import SalesforceClient
from connector.store.store import Store


def send_for_tenant(
    *,
    tenant: Tenant,
    order_id: str,
    user_id: str | None,
    wish: SendCommand,
    caller: Person,
    key: str | None,
    store: Store,
    salesforce: SalesforceClient,
    core: CoreClient,
    now: Callable[[], datetime],
    call_limit: timedelta,
) -> PaymentRequest:
    """Send one payment link for a key; the order is read as the integration user.

    Raises:
        Invalid: a number where the tenant allows none, and whatever ``send_payment_request`` and ``act_for`` raise.
    """
    if wish.phone is not None and not tenant.policy.flow_may_give_phone:
        raise Invalid({"phone": ["Leave the number out: the one in Salesforce is used. An admin can allow others."]})
    wish = replace(wish, for_user=user_id_of(user_id) if user_id else None)
    sent = sent_before(tenant=tenant, order_id=order_id, wish=wish, key=key, store=store)
    if sent is not None:  # before Salesforce is asked about the user: it may be away when a flow repeats
        return sent
    by = resolve_actor(
        tenant=tenant, user_id=user_id, order_id=order_id, right=Right.SEND, key=caller, salesforce=salesforce
    )
    return send_payment_request(
        tenant=tenant,
        order_id=order_id,
        read_order=lambda: read_order_as_tenant(
            tenant=tenant, order_id=order_id, store=store, salesforce=salesforce, now=now()
        ),
        wish=wish,
        by=by,
        key=key,
        store=store,
        salesforce=salesforce,
        core=core,
        now=now,
        call_limit=call_limit,
    )
