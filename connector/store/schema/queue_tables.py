"""The tables of queues: inbox, outbox, news, singleton leases."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, true

from foundation.database.columns import UtcDateTime, metadata, only_where

inbox = Table(
    "inbox", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("verdict", String(32)),
    Column("reason", String(160)),
    Column("attempts", Integer, nullable=False),
    # Claims that ended without a verdict, so that an entry which kills the process is buried in the end.
    Column("open_claims", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("link_reference", String(80)),
    Column("reference", String(40)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("lease", String(40)),
    Column("finished_at", UtcDateTime),
    # Arrived with a valid proof. Without one it is only a reason to read the core's record, whatever is configured later.
    Column("proven", Boolean, nullable=False, server_default=true()),
    Index("inbox_due", "due_at", info=only_where("due_at IS NOT NULL")),
    # Few rows, and none when a notification is stored, so recording pays nothing for it.
    Index("inbox_buried", "verdict", info=only_where("state = 'buried'")),
)  # fmt: skip

outbox = Table(
    "outbox", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("order_id", String(18), primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pushed_version", Integer, nullable=False),
    Column("requests_version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    # A change that people wait for: pushed first, and with the reserve when API calls are scarce.
    Column("final", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(160)),
    Column("due_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("lease", String(40)),
    Column("pushed_at", UtcDateTime),
    # The order payment state whose Status Salesforce has. Named in Python alone: a column renamed under a running fleet
    # would stop the processes of the version before, which work beside an upgraded schema.
    Column("told_state", String(16), key="written_state"),
    # Of rows that Salesforce refuses until something is fixed there: the shared cause, the encrypted answer, since when
    # something of the order is missing in Salesforce, when it was last tried, and when last tried as a probe.
    Column("blocked_by", String(40)),
    Column("refusal", LargeBinary),
    Column("failing_since", UtcDateTime),
    Column("tried_at", UtcDateTime),
    Column("probed_at", UtcDateTime),
    Index("outbox_due", "due_at", info=only_where("due_at IS NOT NULL")),
    Index("outbox_leased", "tenant_id", "partition", "lease_until",
          info=only_where("lease_until IS NOT NULL")),
    Index("outbox_refused", "tenant_id", "order_id",
          info=only_where("state = 'refused'")),
    Index("outbox_buried", "tenant_id", "order_id",
          info=only_where("state = 'buried'")),
    Index("outbox_blocked", "tenant_id", "blocked_by", "tried_at",
          info=only_where("blocked_by IS NOT NULL")),
)  # fmt: skip

payment_news = Table(
    "payment_news", metadata,
    # Bells and events that follow a written record: due until delivered, then the account of what was delivered.
    Column("tenant_id", String(40), primary_key=True),
    Column("medium", String(16), primary_key=True),
    Column("news_key", String(120), primary_key=True),
    Column("order_id", String(18), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("fact", String(60), nullable=False),
    Column("record_id", String(18)),
    Column("recipient", String(18)),
    Column("state", String(16), nullable=False),
    Column("reason", String(80)),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime),
    Column("lease", String(40)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("payment_news_due", "due_at", info=only_where("due_at IS NOT NULL")),
    Index("payment_news_of_order", "tenant_id", "order_id"),
    Index("payment_news_by_reference", "tenant_id", "reference"),
)  # fmt: skip

write_checks = Table(
    "write_checks", metadata,
    # Written only to find out whether writing is possible; a few rows for all processes of a fleet.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
)  # fmt: skip

turns = Table(
    "turns", metadata,
    # Work that one worker of a fleet does at a time, and which worker does it now.
    Column("name", String(20), primary_key=True),
    Column("lease", String(40), nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
)  # fmt: skip
