"""The tables of due checks, of callback times, and of call rates."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from foundation.database.columns import UtcDateTime, metadata

looks_due = Table(
    "looks_due", metadata,
    # A check of a tenant (empty: of the deployment) that an event requested, or that an open finding has scheduled.
    Column("tenant_id", String(40), primary_key=True),
    Column("check", String(64), primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Index("looks_due_at", "due_at"),
)  # fmt: skip

callback_times = Table(
    "callbacks_heard", metadata,
    # When a notification last arrived at an address; exact to a minute, so that a burst of them is not a burst of writes.
    Column("tenant_id", String(40), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False),
)  # fmt: skip

call_rates = Table(
    "call_rates", metadata,
    # How many calls the whole fleet has taken from the allowance of a minute.
    Column("name", String(64), primary_key=True),
    Column("minute", UtcDateTime, nullable=False),
    Column("taken", Integer, nullable=False),
)  # fmt: skip
