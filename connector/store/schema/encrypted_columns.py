"""All encrypted columns of the connector's database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from connector.store.schema.note_tables import order_notes
from connector.store.schema.tables import inbox, launches, orders, outbox, payment_requests, tenants, tokens
from connector.store.store import Store
from foundation.database.schema.reencrypt import EncryptedColumns

SEALED: tuple[Column[Any], ...] = (
    tenants.c.secrets,
    tokens.c.access_token,
    launches.c.agent_token,
    orders.c.phone,
    orders.c.phone_notes,
    payment_requests.c.phone,
    inbox.c.body,
    outbox.c.refusal,
    order_notes.c.text,
)


def encrypted_columns(store: Store) -> EncryptedColumns:
    """Return them with the store's database and vault."""
    return EncryptedColumns(store.database, store.vault, SEALED)
