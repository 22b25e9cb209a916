"""Alembic's entry: runs migrations on the connection it was given."""

from alembic import context

from curiouser.storage.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
