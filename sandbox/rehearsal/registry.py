"""What the rehearsal itself did and how it was answered."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Order:
    """An order that the rehearsal made in the org, and the phone of its customer."""

    order_id: str
    number: str
    total: Decimal
    currency: str
    phone: str


@dataclass
class Registry:
    """Shared by all threads of a rehearsal."""

    orders: list[Order] = field(default_factory=list)
    # order id -> our references in the order in which they were asked for
    references: dict[str, list[str]] = field(default_factory=dict)
    # order id -> link -> amount, recorded before a customer presses Pay
    payable: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    # (link, status word) -> how many of our true notifications of it were answered by 200
    acknowledged: Counter[tuple[str, str]] = field(default_factory=Counter)
    # hashes, not bodies: a rehearsal of a million callbacks must fit in memory
    distinct_bodies: set[int] = field(default_factory=set)
    forged: int = 0
    forged_links: set[str] = field(default_factory=set)
    unauthenticated_accepted: int = 0
    # orders that showed more money than their customers can have paid
    shown_too_early: set[str] = field(default_factory=set)
    # orders that were open for a second link while the core held the first one as live
    released_too_early: set[str] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record_sent(self, order: Order, reference: str) -> None:
        """Record a payment request that the connector reported as sent, or as possibly sent."""
        with self.lock:
            known = self.references.setdefault(order.order_id, [])
            # a send that was repeated with its idempotency key answers the same reference
            if reference not in known:
                known.append(reference)

    def record_payable(self, order: Order, link: str, amount: Decimal) -> None:
        """Record the amount of a link, before a customer pays it."""
        with self.lock:
            # By link: one link can be paid once, however often the customer presses the button.
            self.payable.setdefault(order.order_id, {})[link] = amount

    def max_paid(self, order_id: str) -> Decimal:
        """Return the most that customers can have paid for an order up to now."""
        with self.lock:
            return sum(self.payable.get(order_id, {}).values(), Decimal(0))

    def record_acknowledged(self, link: str, word: str, *, body: bytes) -> None:
        """Record a true notification that was answered by 200."""
        with self.lock:
            self.acknowledged[link, word] += 1
            self.distinct_bodies.add(hash(body))

    def record_forged(self, *, body: bytes, unknown_link: str | None) -> None:
        """Record a forgery that was answered by 200, with the link that exists nowhere."""
        with self.lock:
            self.forged += 1
            self.distinct_bodies.add(hash(body))
            if unknown_link:
                self.forged_links.add(unknown_link)

    def record_refusal(self, where: str) -> None:
        """Count a refusal of the connector, by where it happened."""
        with self.lock:
            self.refusals[where] += 1

    @property
    def posted(self) -> int:
        """How many of our notifications were answered by 200."""
        with self.lock:
            return sum(self.acknowledged.values()) + self.forged
