"""The tables of findings, of checks that are due, and of rates."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from foundation.database.columns import UtcDateTime, metadata

looks_due = Table(
    "looks_due", metadata,
    # A look at a tenant (empty: at the deployment) that an event asks for, or that an open finding awaits.
    Column("tenant_id", String(40), primary_key=True),
    Column("check", String(64), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Index("looks_due_at", "due_at"),
)  # fmt: skip

callbacks_heard = Table(
    "callbacks_heard", metadata,
    # When a notification last came to an address; exact to a minute, so that a storm of them is not a storm of writes.
    Column("tenant_id", String(40), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False),
)  # fmt: skip

call_rates = Table(
    "call_rates", metadata,
    # How many calls the whole fleet has taken of which minute's allowance.
    Column("name", String(64), primary_key=True),
    Column("minute", UtcDateTime, nullable=False),
    Column("taken", Integer, nullable=False),
)  # fmt: skip
