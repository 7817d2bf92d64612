"""Read the lines that the customer sees above the amount: a courtesy, for which no link fails."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Decimal

from connector.core.order_lines import OrderLines, lines_to_show
from connector.domain.payments.order import Order
from connector.errors import TenantProblem, UpstreamError
from connector.journeys.context import Context
from foundation.log import get_logger
from manifests.core_hosts import is_vendors_core

log = get_logger()


def order_lines_together(context: Context, order_ids: Sequence[str]) -> AbstractContextManager[None]:
    """Let sends of several orders, one after the other in this thread, share one query for their lines."""
    return context.salesforce.lines.together(context.tenant, order_ids)


def read_order_lines(context: Context, order: Order, amount: Decimal) -> OrderLines | None:
    """Return the lines of an order to be shown with a link for ``amount``; None where there are none, or none can be read."""
    tenant = context.tenant
    # The vendor's core documents no lines. Which of them a part of the total pays for is stated nowhere.
    if is_vendors_core(tenant.core.base_url) or amount != order.total:
        return None
    try:
        found = context.salesforce.lines.of(tenant, order.order_id)
    except (UpstreamError, TenantProblem) as error:
        log.warning("order_lines_not_read", tenant=tenant.tenant_id, order=order.order_id, code=error.code.value)
        return None
    return lines_to_show(found.values, count=found.count, digits=order.digits)
