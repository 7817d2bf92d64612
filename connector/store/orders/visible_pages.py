"""The pages that are visible now, gathered in one process and written for the whole fleet at short intervals."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from connector.store.orders import visible_orders
from connector.store.orders.orders import StoredOrder
from connector.store.orders.visible_orders import VISIBLE_FOR, Watch
from foundation.database.unit_of_work import Transactions
from foundation.log import get_logger

log = get_logger()
# One write for all pages of the process, whatever their number.
_WRITE_EVERY = timedelta(seconds=2.5)
# Three turns of asking an org: a page that shows more is not up to date.
_STALE_AFTER = timedelta(seconds=30)
_Key = tuple[str, str]


@dataclass
class _Shown:
    """Since when a page on an order has been polling, and when it last did."""

    since: datetime
    seen_at: datetime


class VisiblePages:
    """Records each poll of a visible page, and how current the orders of its tenant are."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._lock = threading.Lock()
        self._shown: dict[_Key, _Shown] = {}
        self._unwritten: set[_Key] = set()
        self._written_at: datetime | None = None
        self._watches: dict[str, Watch] = {}

    def see(self, tenant_id: str, order_id: str, *, now: datetime) -> None:
        """Note a poll; call it outside a transaction, because it may write."""
        key = (tenant_id, order_id)
        with self._lock:
            known = self._shown.get(key)
            since = known.since if known is not None and now - known.seen_at <= VISIBLE_FOR else now
            self._shown[key] = _Shown(since, now)
            self._unwritten.add(key)
            # A clock that was set back must not stop the writing.
            if self._written_at is not None and timedelta(0) <= now - self._written_at < _WRITE_EVERY:
                return
            self._written_at = now
            seen = {one: self._shown[one].seen_at for one in self._unwritten}
            self._unwritten = set()
            self._shown = {one: shown for one, shown in self._shown.items() if now - shown.seen_at <= VISIBLE_FOR}
        self._write(seen)

    def is_any_visible(self, *, now: datetime) -> bool:
        """Return whether a page of this process was visible a moment ago."""
        with self._lock:
            return any(now - shown.seen_at <= VISIBLE_FOR for shown in self._shown.values())

    def current_until(self, stored: StoredOrder, *, now: datetime) -> datetime | None:
        """Return up to when an order is known to be as Salesforce has it, where that is too long ago; None: it is current."""
        order, changed_at = stored.order, stored.changed_at
        with self._lock:
            shown, watch = self._shown.get((order.tenant_id, order.order_id)), self._watches.get(order.tenant_id)
        # Nobody was asked while a page was hidden or its machine asleep: its first poll must not blame Salesforce.
        if shown is None or now - shown.seen_at > VISIBLE_FOR:
            return None
        known = order.read_at
        if watch is not None and watch.read_at is not None and (changed_at is None or changed_at <= order.read_at):
            known = max(known, watch.read_at)
        # A page that was hidden a moment ago is read within the next turn.
        return known if now - max(known, shown.since) > _STALE_AFTER else None

    def _write(self, seen: dict[_Key, datetime]) -> None:
        tenants = {tenant_id for tenant_id, _ in seen}
        try:
            with self._transactions.write() as work:
                visible_orders.see(work, seen)
                found = visible_orders.find(work, tenants)
        except SQLAlchemyError as error:
            # The poll itself has been answered; the next one writes again.
            log.warning("visible_pages_not_written", error=type(error).__name__)
            return
        with self._lock:
            self._watches |= found
