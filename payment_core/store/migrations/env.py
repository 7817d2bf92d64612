"""Alembic's entry point, run inside the transaction that ``foundation.database.schema.migrate`` opened."""

from alembic import context

from payment_core.store.schema.migrate import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SCHEMA.metadata,
    version_table=SCHEMA.version_table,
)
context.run_migrations()
