"""Send on behalf of an API key: to the number in Salesforce, for the amount due in Salesforce."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.tenants.rights import Right
from connector.errors import Invalid
from connector.journeys.access.read_order_as_tenant import read_order_as_tenant, user_id_of
from connector.journeys.access.resolve_actor import resolve_actor
from connector.journeys.context import Context
from connector.journeys.requesting.send_payment_request import SendCommand, send_payment_request, sent_before


def send_for_tenant(
    context: Context,
    *,
    order_id: str,
    user_id: str | None,
    command: SendCommand,
    caller: Person,
    key: str | None,
) -> PaymentRequest:
    """Send one payment link for a key; the order is read as the integration user.

    Raises:
        Invalid: a number where the tenant allows none; and whatever ``send_payment_request`` and ``resolve_actor`` raise.
    """
    # Whoever holds a key could otherwise have links sent to any number, in the name of the tenant.
    if command.phone is not None and not context.tenant.policy.flow_may_give_phone:
        raise Invalid({"phone": ["Leave the number out: the one in Salesforce is used. An admin can allow others."]})
    command = replace(command, for_user=user_id_of(user_id) if user_id else None)
    sent = sent_before(tenant=context.tenant, order_id=order_id, command=command, key=key, store=context.store)
    if sent is not None:  # before the user is resolved: Salesforce may be away when a flow repeats
        return sent
    by = resolve_actor(
        tenant=context.tenant,
        user_id=user_id,
        order_id=order_id,
        right=Right.SEND,
        key=caller,
        salesforce=context.salesforce,
    )
    return send_payment_request(
        context,
        order_id=order_id,
        read_order=lambda: read_order_as_tenant(
            tenant=context.tenant,
            order_id=order_id,
            store=context.store,
            salesforce=context.salesforce,
            now=context.now(),
        ),
        command=command,
        by=by,
        key=key,
    )
