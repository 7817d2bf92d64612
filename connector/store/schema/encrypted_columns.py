"""All encrypted columns of the connector's database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from connector.store.schema.note_tables import order_notes
from connector.store.schema.tables import inbox, launches, orders, outbox, payment_requests, tenants, tokens
from foundation.database.schema.reencrypt import EncryptedColumns
from foundation.database.unit_of_work import Transactions

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


def encrypted_columns(transactions: Transactions) -> EncryptedColumns:
    """Return them with the database and the vault of the connector."""
    return EncryptedColumns(transactions.database, transactions.vault, SEALED)
