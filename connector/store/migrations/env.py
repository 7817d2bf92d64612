"""Alembic's entry point, run inside the transaction that ``connector.store.schema.migrate`` opened."""

from alembic import context

from connector.store.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
