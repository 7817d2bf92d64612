"""All encrypted columns of the payment core's database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from foundation.database.schema.reencrypt import EncryptedColumns
from foundation.database.unit_of_work import Transactions
from payment_core.store.schema.tables import (
    applications,
    attempts,
    deliveries,
    links,
    merchants,
    messages,
    saved_cards,
    webhooks,
)

SEALED: tuple[Column[Any], ...] = (
    merchants.c.secrets,
    applications.c.proof,
    links.c.token,
    links.c.phone,
    links.c.receipt_token,
    attempts.c.body,
    attempts.c.page_url,
    saved_cards.c.token,
    messages.c.phone,
    messages.c.content,
    deliveries.c.body,
    webhooks.c.body,
)


def encrypted_columns(transactions: Transactions) -> EncryptedColumns:
    """Return them with the database and the vault of the core."""
    return EncryptedColumns(transactions.database, transactions.vault, SEALED)
