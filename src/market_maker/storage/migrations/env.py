"""What Alembic runs for every command; storage/schema.py hands it the connection."""

from alembic import context

from market_maker.storage import money_tables, panel_tables, tables
from market_maker.storage.columns import METADATA

assert money_tables.ledger.metadata is tables.fills.metadata is METADATA
assert panel_tables.alerts.metadata is METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
