"""All tables there are. METADATA of columns.py knows those whose modules this process has read: who
asks for every one of them takes it from here."""

from sqlalchemy import MetaData

from market_maker.storage import money_tables, panel_tables, tables
from market_maker.storage.columns import METADATA

EVERY_TABLE: MetaData = METADATA

assert money_tables.ledger.metadata is tables.fills.metadata is EVERY_TABLE
assert panel_tables.alerts.metadata is EVERY_TABLE
