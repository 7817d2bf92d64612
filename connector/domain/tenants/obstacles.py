"""What prevents a payment request for an order: its own problems, and a currency that the core lacks."""

from __future__ import annotations

from connector.domain.payments.order import Order, OrderProblem
from connector.domain.tenants.tenant import Tenant


def obstacles_of(order: Order, tenant: Tenant) -> tuple[OrderProblem, ...]:
    """Return the order's own problems, and one about its currency where the core does not take it."""
    unreadable = any(one.sentence == "currency_unreadable" for one in order.problems)
    if unreadable or order.currency in tenant.configuration.currencies:
        return order.problems
    named = next((one.currency for one in tenant.mapping.profiles if one.currency), tenant.mapping.currency)
    lacking = OrderProblem(named or "currency", "currency_not_offered", {"currency": order.currency})
    return (*order.problems, lacking)
