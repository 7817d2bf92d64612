"""Limit a capture to what is held and due: by the order's total, and by captures that no record shows yet."""

from __future__ import annotations

from decimal import Decimal

from connector.domain.payments.balance import balance_of
from connector.domain.payments.operation import Operation, most_to_capture
from connector.domain.payments.payment import PaymentRequest
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from connector.journeys.recording.record_missing import record_missing
from connector.journeys.recording.save_order import save_order
from connector.salesforce.calls.api_allowance import Allowance
from connector.store.orders import orders
from connector.store.orders.stale_totals import OLD_AFTER
from connector.store.requests import operations, request_rows
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from foundation.money import ZERO

log = get_logger()


def read_old_total(context: Context, request: PaymentRequest) -> None:
    """Read a request's order again unless that was done a moment ago; the stored total stays where Salesforce cannot say."""
    tenant, now = context.tenant, context.now()
    with context.store.read() as work:
        stored = orders.find(work, tenant.tenant_id, request.order_id)
    if stored is None or stored.order.read_at >= now - OLD_AFTER:
        return
    if context.salesforce.limits.allowance(tenant.tenant_id, now=now) is Allowance.NOTHING:
        return
    try:
        found = context.salesforce.orders_in_org(tenant, [request.order_id], now=now).get(request.order_id)
    except (UpstreamError, TenantProblem) as error:
        reason = error.reason_or_code
        log.warning("totals_not_read", tenant=tenant.tenant_id, code=str(error.code), reason=reason, count=1)
        return
    if found is None:
        record_missing(tenant_id=tenant.tenant_id, order_ids=[request.order_id], store=context.store, at=now)
    else:
        save_order(order=found.order, store=context.store, now=context.now())


def limit_capture(work: UnitOfWork, request: PaymentRequest) -> Decimal:
    """Return the most of a request's held money that may be taken now; under the order's lock it stays so."""
    stored = orders.find(work, request.tenant_id, request.order_id)
    if stored is None:
        return request.held
    requests = request_rows.find_by_order(work, request.tenant_id, request.order_id)
    return most_to_capture(
        request, balance_of(stored.order, requests), stored.order, _under_way(work, request, requests)
    )


def _under_way(work: UnitOfWork, request: PaymentRequest, requests: list[PaymentRequest]) -> Decimal:
    """Return what is being taken, or was, from the order's other holds and is not on their records yet."""
    others = [
        one.reference
        for one in requests
        if one.reference != request.reference and one.held > 0 and one.currency == request.currency
    ]
    calls = operations.calls_of(work, request.tenant_id, others, Operation.CAPTURE) if others else []
    return sum((one.amount or ZERO for one in calls if one.open or one.outcome == "captured"), ZERO)
