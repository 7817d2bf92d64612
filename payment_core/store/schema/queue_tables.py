"""The tables of messages, opt-outs, webhooks and callback deliveries: what waits to be sent, and what arrived."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from foundation.database.columns import UtcDateTime, only_where
from payment_core.store.schema.metadata import ROW, metadata

messages = Table(
    "messages", metadata,
    Column("message_id", String(40), primary_key=True),
    Column("merchant_id", String(40), nullable=False),
    # "out" to the customer, "in" from the customer.
    Column("direction", String(3), nullable=False),
    Column("channel", String(12), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("phone_key", LargeBinary(32), nullable=False),
    # payment_request, receipt, cancelled, declined, reversed, ... ; empty for what the customer wrote.
    Column("purpose", String(32), nullable=False),
    Column("reference", String(36)),
    # Sealed JSON: text, link, template, variables, buttons, free; forgotten after the message's end and retention.
    Column("content", LargeBinary, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("failure", String(40)),
    Column("reason", String(40)),
    Column("provider_id", String(80)),
    Column("created_at", UtcDateTime, nullable=False),
    # Until when it makes sense to send it: never longer than the link's own life.
    Column("valid_until", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("lease", String(60)),
    Column("lease_until", UtcDateTime),
    # When the provider is asked what became of it, where no report says so; None once it has an end, or was asked often enough.
    Column("fate_due_at", UtcDateTime),
    Index("messages_due", "due_at", info=only_where("due_at IS NOT NULL")),
    Index("messages_without_end", "fate_due_at", info=only_where("fate_due_at IS NOT NULL")),
    Index("messages_by_phone", "merchant_id", "phone_key", "created_at"),
    Index("messages_by_link", "reference"),
    Index("messages_by_provider", "provider_id"),
)  # fmt: skip

searches = Table(
    "searches", metadata,
    # Until when a merchant's provider was asked for what no webhook brought: customers' replies, reports of payments.
    Column("merchant_id", String(40), primary_key=True),
    Column("what", String(12), primary_key=True),
    Column("searched_until", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
)  # fmt: skip

opt_outs = Table(
    "opt_outs", metadata,
    Column("merchant_id", String(40), primary_key=True),
    Column("phone_key", LargeBinary(32), primary_key=True),
    Column("channel", String(12), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # Which digest key made this: a STOP outlives its number, by which the digest could be made anew.
    Column("key_mark", String(16), nullable=False),
)  # fmt: skip

webhooks = Table(
    "webhooks", metadata,
    # What a provider sent, stored before it is answered 200; it only says where to look.
    Column("webhook_id", ROW, primary_key=True, autoincrement=True),
    Column("merchant_id", String(40), nullable=False),
    Column("provider", String(16), nullable=False),
    Column("event_id", String(120), nullable=False),
    Column("body", LargeBinary, nullable=False),
    # The sender's, if a person wrote: their words are erased by it.
    Column("phone_key", LargeBinary(32)),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("verdict", String(40)),
    Column("lease", String(60)),
    Column("lease_until", UtcDateTime),
    UniqueConstraint("merchant_id", "provider", "event_id", name="webhooks_once"),
    Index("webhooks_by_phone", "merchant_id", "phone_key", info=only_where("phone_key IS NOT NULL")),
    Index("webhooks_due", "due_at", info=only_where("due_at IS NOT NULL")),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata,
    # Callback notifications to applications, written in the transaction in which it happened.
    Column("delivery_id", ROW, primary_key=True, autoincrement=True),
    Column("merchant_id", String(40), nullable=False),
    Column("application_id", String(36), nullable=False),
    # Deliveries of one lane go out in order: a link's money, a link's messages, a number's opt-outs, the settings.
    Column("lane", String(120), nullable=False),
    Column("reference", String(36)),
    Column("kind", String(24), nullable=False),
    Column("event", String(40), nullable=False),
    # The same in every attempt (Standard Webhooks' webhook-id).
    Column("message_id", String(40), nullable=False, unique=True),
    # Sealed: it holds a phone number.
    Column("body", LargeBinary, nullable=False),
    # Of a number that stopped or started: such news is about no link.
    Column("phone_key", LargeBinary(32)),
    # pending, delivered, parked (three days without 200), abandoned (its application or URL is gone).
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # From when its three days are counted: its making, or its last replay.
    Column("queued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("replays", Integer, nullable=False),
    Column("lease", String(60)),
    Column("lease_until", UtcDateTime),
    Index("deliveries_due", "application_id", "due_at", info=only_where("due_at IS NOT NULL")),
    Index("deliveries_parked", "merchant_id", "delivery_id", info=only_where("state = 'parked'")),
    Index("deliveries_by_lane", "lane", "delivery_id", info=only_where("due_at IS NOT NULL")),
    Index("deliveries_by_link", "reference"),
    Index("deliveries_by_phone", "merchant_id", "phone_key", info=only_where("phone_key IS NOT NULL")),
    Index("deliveries_by_merchant", "merchant_id", "delivery_id"),
)  # fmt: skip

delivery_attempts = Table(
    "delivery_attempts", metadata,
    Column("delivery_id", ROW, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", Integer),
    Column("answer", String(300)),
    Column("error", String(80)),
    Column("milliseconds", Integer, nullable=False),
)  # fmt: skip

portal_sessions = Table(
    "portal_sessions", metadata,
    # A one-time sign-in link, and the session it becomes; only digests are stored.
    Column("token_digest", LargeBinary(32), primary_key=True),
    Column("merchant_id", String(40)),
    Column("person", String(80), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)  # fmt: skip

send_counts = Table(
    "send_counts", metadata,
    # Guards against pumping: how many messages went out per number, country and merchant in a day.
    Column("scope", String(120), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("note", Text),
)  # fmt: skip

write_checks = Table(
    "write_checks", metadata,
    # Written only to find out whether writing is possible; a few rows for all processes of a fleet.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
)  # fmt: skip

workers = Table(
    "workers", metadata,
    # A sign of life of each process that does background work.
    Column("owner", String(40), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)  # fmt: skip
