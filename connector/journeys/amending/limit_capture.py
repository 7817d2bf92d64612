"""Limit a capture to what is held and due, of an order that is payable as Salesforce shows it now."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from connector.domain.payments.balance import balance_of
from connector.domain.payments.operation import (
    AMOUNT_TOO_HIGH,
    NOT_PAYABLE,
    ORDER_GONE,
    Operation,
    most_to_capture,
)
from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.errors import NotFound, UpstreamError
from connector.journeys.access.read_order_as_tenant import read_order_as_tenant
from connector.journeys.context import Context
from connector.journeys.recording.record_missing import record_missing
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from connector.store.requests import operations, request_rows
from foundation.database.unit_of_work import UnitOfWork
from foundation.money import ZERO

# Sentences that say what an agent lacks in Salesforce, and who can grant it.
_OF_THE_AGENT = frozenset({"fields_hidden", "api_off"})


def read_before_capture(read_order: Callable[[], Order | None]) -> bool:
    """Read the order anew; return whether Salesforce shows it. No older total lets money be taken (ADR 17).

    Raises:
        UpstreamError: Salesforce did not say; the sentence is one about held money.
    """
    try:
        return read_order() is not None
    except UpstreamError as error:
        if error.sentence not in _OF_THE_AGENT:
            error.with_sentence("capture_order_unread")
        raise


def read_for_key(context: Context, order_id: str) -> Order | None:
    """Read an order as the integration user, before a capture by a key; None where the org does not show it."""
    now = context.now()
    try:
        return read_order_as_tenant(
            tenant=context.tenant,
            order_id=order_id,
            store=context.store,
            salesforce=context.salesforce,
            now=now,
        )
    except NotFound:
        record_missing(tenant_id=context.tenant.tenant_id, order_ids=[order_id], store=context.store, at=now)
        return None


def capture_refusal(work: UnitOfWork, request: PaymentRequest, asked: Decimal) -> str | None:
    """Return why ``asked`` may not be taken for its order, as an outcome; under the order's lock it stays so."""
    stored = stored_order(work, request)
    if stored.unread_because == NOT_IN_ORG:
        return ORDER_GONE
    if stored.order.bars_capture is not None:
        return NOT_PAYABLE
    return AMOUNT_TOO_HIGH if asked > limit_capture(work, request, stored.order) else None


def limit_capture(work: UnitOfWork, request: PaymentRequest, order: Order) -> Decimal:
    """Return the most of a request's held money that may be taken now for its order; under the order's lock it stays so."""
    requests = request_rows.find_by_order(work, request.tenant_id, request.order_id)
    return most_to_capture(request, balance_of(order, requests), order, _under_way(work, request, requests))


def stored_order(work: UnitOfWork, request: PaymentRequest) -> StoredOrder:
    """Return a request's order as last read: it was stored before the request, and orders are never deleted."""
    return orders.find_many(work, request.tenant_id, [request.order_id])[request.order_id]


def _under_way(work: UnitOfWork, request: PaymentRequest, requests: list[PaymentRequest]) -> Decimal:
    """Return what is being taken, or was, from the order's other holds and is not on their records yet."""
    others = [
        one.reference
        for one in requests
        if one.reference != request.reference and one.held > 0 and one.currency == request.currency
    ]
    calls = operations.calls_of(work, request.tenant_id, others, Operation.CAPTURE) if others else []
    return sum((one.amount or ZERO for one in calls if one.open or one.outcome == "captured"), ZERO)
