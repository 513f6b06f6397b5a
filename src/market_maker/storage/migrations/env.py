"""What Alembic runs for every command; storage/schema.py hands it the connection."""

from alembic import context

from market_maker.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
