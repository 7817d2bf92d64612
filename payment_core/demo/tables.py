"""The demo's own tables, in the core's database: the payments of its gateway, and its clock."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, String, Table, Text

from foundation.database.columns import Amount, UtcDateTime

metadata = MetaData()

demo_payments = Table(
    "demo_payments", metadata,
    Column("payment_id", String(60), primary_key=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("reference", String(36), nullable=False),
    Column("state", String(16), nullable=False),
    Column("amount", Amount, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("is_sale", Boolean, nullable=False),
    Column("auto_reversal", Boolean, nullable=False),
    Column("authorized", Amount, nullable=False),
    Column("captured", Amount, nullable=False),
    Column("reversed", Amount, nullable=False),
    Column("settled", Boolean, nullable=False),
    # What testers let a bank or a card network do.
    Column("disputed", Boolean, nullable=False),
    Column("warned", Boolean, nullable=False),
    Column("refund_failed", Boolean, nullable=False),
    Column("was_reviewed", Boolean, nullable=False),
    Column("saves_card", Boolean, nullable=False),
    Column("brand", String(24)),
    Column("last4", String(4)),
    Column("expires", String(7)),
    Column("outcome", String(24)),
    # An open 3-D Secure challenge: its token, and the card that it is about in the columns above.
    Column("challenge", String(40)),
    Column("return_url", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("tries", Integer, nullable=False),
)  # fmt: skip

demo_disputes = Table(
    "demo_disputes", metadata,
    Column("number", Integer, primary_key=True),
    Column("payment_id", String(60), nullable=False),
    # Empty while it goes on.
    Column("ended_as", String(8)),
)  # fmt: skip

demo_moves = Table(
    "demo_moves", metadata,
    # The keys of captures and reversals that were carried out: a repeated one changes nothing.
    Column("key", String(80), primary_key=True),
    Column("payment_id", String(60), nullable=False),
)  # fmt: skip

demo_clock = Table(
    "demo_clock", metadata,
    Column("name", String(8), primary_key=True),
    Column("offset_seconds", Float, nullable=False),
)  # fmt: skip

demo_facts = Table(
    "demo_facts", metadata,
    # Sealed: the API key, which the demo shows to whoever sets up a connector.
    Column("name", String(20), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)  # fmt: skip
