"""The tables of orders whose changes in Salesforce are followed, and of those on visible pages, which are watched."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from foundation.database.columns import UtcDateTime, metadata

order_looks = Table(
    "order_looks", metadata,
    # Up to when an org's changed orders were read, by its clock (SystemModstamp), and when we last read, by ours.
    Column("tenant_id", String(40), primary_key=True),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("seen_until", UtcDateTime, nullable=False),
)  # fmt: skip

watched_orders = Table(
    "watched_orders", metadata,
    # An order that a page shows, or showed a moment ago.
    Column("tenant_id", String(40), primary_key=True),
    Column("order_id", String(18), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    # Keyed digest of what the org showed of it last; NULL before the first reading.
    Column("digest", LargeBinary(32)),
    Index("watched_orders_seen", "seen_at"),
)  # fmt: skip

order_watches = Table(
    "order_watches", metadata,
    # When an org is asked next about the orders on visible pages, when it last answered, and how often it did not since.
    Column("tenant_id", String(40), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
    Column("failures", Integer, nullable=False, default=0),
)  # fmt: skip
