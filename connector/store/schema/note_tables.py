"""The table of notes on orders."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from foundation.database.columns import UtcDateTime, metadata

order_notes = Table(
    "order_notes", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("order_id", String(18), primary_key=True),
    # Encrypted; NULL once it was taken away: the version goes on, so that an old page cannot write over a new note.
    Column("text", LargeBinary),
    Column("author_id", String(64), nullable=False),
    Column("author_name", String(200), nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
)  # fmt: skip
