"""What Alembic runs for every command; storage/schema.py hands it the connection."""

from alembic import context

from market_maker.storage.every_table import EVERY_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=EVERY_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
