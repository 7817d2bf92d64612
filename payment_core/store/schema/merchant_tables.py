"""The tables of merchants, their keys, applications, and what was changed by whom."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from foundation.database.columns import UtcDateTime
from payment_core.store.schema.metadata import ROW, metadata

merchants = Table(
    "merchants", metadata,
    Column("merchant_id", String(40), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("mode", String(12), nullable=False),
    # A public random text: where the gateway's and the messenger's webhooks of this merchant arrive.
    Column("hook", String(40), nullable=False, unique=True),
    # JSON: channels, currencies and digits, transaction type, review and reply rules, texts, looks, gateway, messenger.
    Column("config", Text, nullable=False),
    # Sealed JSON: keys of the gateway and the messenger, and their webhooks' secrets (several during a rotation).
    Column("secrets", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)  # fmt: skip

api_keys = Table(
    "api_keys", metadata,
    # Only digests: a copy of the database opens nothing.
    Column("key_digest", LargeBinary(32), primary_key=True),
    Column("key_id", String(20), nullable=False, unique=True),
    Column("merchant_id", String(40), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)  # fmt: skip

applications = Table(
    "applications", metadata,
    Column("application_id", String(36), primary_key=True),
    Column("merchant_id", String(40), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("payment_status_url", Text, nullable=False),
    Column("transaction_status_url", Text, nullable=False),
    Column("settings_url", Text, nullable=False),
    # Whether it asks for MESSAGE_... notifications.
    Column("wants_messages", Boolean, nullable=False),
    # Sealed JSON: what proves our callbacks to it (Basic user and password, HMAC key); empty for none.
    Column("proof", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

changes = Table(
    "changes", metadata,
    # Every change of a merchant's configuration: who, what, when; never a secret.
    Column("change_id", ROW, primary_key=True, autoincrement=True),
    Column("merchant_id", String(40), nullable=False),
    Column("changed_by", String(80), nullable=False),
    Column("what", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("changes_by_merchant", "merchant_id", "change_id"),
)  # fmt: skip
