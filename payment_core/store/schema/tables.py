"""All tables of the payment core."""

from __future__ import annotations

from payment_core.store.schema.link_tables import attempts, links, money_moves, saved_cards
from payment_core.store.schema.merchant_tables import api_keys, applications, changes, merchants
from payment_core.store.schema.metadata import metadata
from payment_core.store.schema.queue_tables import (
    deliveries,
    delivery_attempts,
    messages,
    opt_outs,
    portal_sessions,
    searches,
    send_counts,
    webhooks,
    workers,
    write_checks,
)

__all__ = [
    "api_keys",
    "applications",
    "attempts",
    "changes",
    "deliveries",
    "delivery_attempts",
    "links",
    "merchants",
    "messages",
    "metadata",
    "money_moves",
    "opt_outs",
    "portal_sessions",
    "saved_cards",
    "searches",
    "send_counts",
    "webhooks",
    "workers",
    "write_checks",
]
