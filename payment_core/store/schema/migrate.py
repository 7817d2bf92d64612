"""The core's schema: its tables, and the migrations that make them."""

from __future__ import annotations

from pathlib import Path

from foundation.database.schema.service_schema import Schema
from payment_core.store.schema.tables import metadata

SCHEMA = Schema(
    metadata=metadata,
    migrations=Path(__file__).parents[1] / "migrations",
    service="the payment core",
    upgrade="chat2pay-core db upgrade",
    setting="PAYMENT_CORE_DATABASE_URL",
    version_table="payment_core_revision",
    guests="demo_",
)
