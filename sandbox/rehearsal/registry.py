"""Knows what the rehearsal itself did and was answered; refuses to know what it should have led to."""

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
    # order id -> link -> amount, noted before a customer presses Pay
    may_be_paid: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    # (link, status word) -> how many true notifications of it our storm had answered by 200
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    distinct: set[int] = field(default_factory=set)
    forged: int = 0
    forged_links: set[str] = field(default_factory=set)
    strangers_let_in: int = 0
    too_early: set[str] = field(default_factory=set)
    # Orders that were open for a second link while the core held the first one as live.
    freed_too_early: set[str] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_sent(self, order: Order, reference: str) -> None:
        with self.lock:
            known = self.references.setdefault(order.order_id, [])
            if reference not in known:
                known.append(reference)

    def note_may_be_paid(self, order: Order, link: str, amount: Decimal) -> None:
        with self.lock:
            self.may_be_paid.setdefault(order.order_id, {})[link] = amount

    def most_paid(self, order_id: str) -> Decimal:
        """Return the most that customers can have paid for an order up to now."""
        with self.lock:
            return sum(self.may_be_paid.get(order_id, {}).values(), Decimal(0))

    def note_taken(self, link: str, word: str, *, body: bytes) -> None:
        with self.lock:
            self.taken[link, word] += 1
            self.distinct.add(hash(body))

    def note_forged(self, *, body: bytes, unknown_link: str | None) -> None:
        with self.lock:
            self.forged += 1
            self.distinct.add(hash(body))
            if unknown_link:
                self.forged_links.add(unknown_link)

    def note_refusal(self, where: str) -> None:
        with self.lock:
            self.refusals[where] += 1

    @property
    def posted(self) -> int:
        """How many notifications of our own were answered by 200."""
        with self.lock:
            return sum(self.taken.values()) + self.forged
