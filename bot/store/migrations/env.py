"""Alembic's side of a migration: it runs on the connection `schema.migrate` opened, in that one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
