"""Alembic's door: it runs inside the transaction that ``connector.store.migrate`` opened."""

from alembic import context

from connector.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
