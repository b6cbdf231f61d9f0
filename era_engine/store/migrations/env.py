"""Alembic's entry: migrations run inside the transaction the caller opened."""

from alembic import context

from era_engine.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
