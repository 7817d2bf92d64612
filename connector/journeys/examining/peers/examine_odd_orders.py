"""Check for orders with money that Salesforce no longer shows, or whose currency was changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level, name_first
from connector.domain.tenants.tenant import Tenant
from connector.journeys.reconciling.find_odd_orders import MoneyInOtherCurrency, find_odd_orders
from connector.store.orders.followed_orders import MissingOrder
from connector.store.store import Store

_MOST_NAMED = 3


def examine_odd_orders(*, tenant: Tenant, store: Store, now: Callable[[], datetime]) -> list[Check]:
    """Return the checks for orders about which a person must decide."""
    return [
        Check("orders_missing", lambda: _missing(tenant, store, now())),
        Check("other_currency", lambda: _other_currency(tenant, store, now())),
    ]


def _missing(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    """Find orders that Salesforce no longer shows; those that block the outbox are named by its own check."""
    missing = find_odd_orders(tenant_id=tenant.tenant_id, store=store, now=now).missing
    unblocked = [one for one in missing if not one.is_blocked]
    return [_gone(tenant, unblocked)] if unblocked else []


def _gone(tenant: Tenant, missing: list[MissingOrder]) -> Finding:
    lead = f"Salesforce no longer shows us {'order' if len(missing) == 1 else 'orders'} "
    return Finding(
        check="orders_missing",
        level=Level.WRONG,
        **name_first(
            [one.number for one in missing],
            most=_MOST_NAMED,
            say=lambda names: f"{lead}{names}, with payment requests that are live or had money within 90 days.",
        ),
        remedy=f"`chat2pay reconcile --tenant {tenant.tenant_id}` says which were deleted. Take an order out of Salesforce's "
        "recycle bin, or give the integration user View All on orders; it is then written by itself.",
        impact="What becomes of their money is written to the payment request records only.",
    )


def _other_currency(tenant: Tenant, store: Store, now: datetime) -> list[Finding]:
    odd = find_odd_orders(tenant_id=tenant.tenant_id, store=store, now=now).other_money
    return [_counted_for_nothing(one) for one in odd]


def _counted_for_nothing(one: MoneyInOtherCurrency) -> Finding:
    return Finding(
        check="other_currency",
        level=Level.WRONG,
        subject=one.order.number,
        problem=f"{one.description}.",
        remedy="A supervisor decides: put the order's old currency back in Salesforce, or give the money back (Reverse, or at "
        "the gateway) and send a new link.",
        impact="The money counts for nothing, the order shows as due in full, and no link can be sent for it.",
    )
