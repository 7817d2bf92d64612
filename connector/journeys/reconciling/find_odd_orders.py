"""Find orders with money that need a person: not shown by Salesforce, or paid in a currency that they no longer have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.payments.balance import MoneyMoved, balance_of
from connector.domain.payments.order import Order
from connector.journeys.reconciling.follow_changed_orders import FOLLOWED_FOR
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import followed_orders, orders
from connector.store.orders.followed_orders import MissingOrder
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.money import to_text


@dataclass(frozen=True)
class MoneyInOtherCurrency:
    """An order, and money kept for it in a currency other than its present one."""

    order: Order
    moved: MoneyMoved

    @property
    def description(self) -> str:
        """Return a sentence about it, without a full stop."""
        amount = f"{self.moved.currency} {to_text(self.moved.kept, self.moved.currency)}"
        return f"{amount} was paid or is held for order {self.order.number}, which is in {self.order.currency} now"


@dataclass(frozen=True)
class OddOrders:
    """The orders of one tenant that need a person."""

    missing: tuple[MissingOrder, ...]
    other_money: tuple[MoneyInOtherCurrency, ...]


def find_odd_orders(*, tenant_id: str, store: Store, now: datetime) -> OddOrders:
    """Return the odd orders by our own tables; no call is made, since ``follow_changed_orders`` keeps them up to date."""
    with store.read() as work:
        missing = followed_orders.missing(work, tenant_id, because=NOT_IN_ORG, since=now - FOLLOWED_FOR)
        named = followed_orders.with_other_currency(work, tenant_id)
        known = orders.find_many(work, tenant_id, named)
        # In the same transaction, so that order and requests are of one moment.
        every = request_rows.find_by_orders(work, tenant_id, list(known))
    found = [
        MoneyInOtherCurrency(stored.order, moved)
        for order_id, stored in sorted(known.items())
        for moved in balance_of(stored.order, every[order_id]).other
        if moved.kept > 0
    ]
    return OddOrders(tuple(missing), tuple(found))
