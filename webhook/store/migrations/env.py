"""What alembic runs to migrate; the connection comes from the caller, in a transaction that the caller commits."""

from __future__ import annotations

from alembic import context

from webhook.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
