"""The part of the application that is about money, for commands that run beside the service on
the same database. All that it does is one short transaction after another, so neither waits long
for the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.accounting.settling import Settling
from market_maker.accounting.statements import Statements
from market_maker.clocks import WallClock
from market_maker.journaling.audit import AuditTrail
from market_maker.settings import Settings
from market_maker.storage.database import database_to_read, database_url, open_database
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore


class SettlementDesk(Struct, frozen=True):
    """settlements: closed and shown. statements: written."""

    settlements: Settling
    statements: Statements


@asynccontextmanager
async def money_desk(
    settings: Settings, *, reads_only: bool = False
) -> AsyncIterator[SettlementDesk]:
    """On the database of the settings, which is closed at the end. Raises SchemaError,
    StoreUnavailableError."""
    opened = database_to_read if reads_only else open_database
    database = opened(database_url(settings.postgres_url, settings.data_dir))
    try:
        await check_schema(database)
        store = DatabaseStore(database)
        clock = WallClock()
        settling = Settling(store, AuditTrail(store, clock), clock, settings.money_flow)
        yield SettlementDesk(settling, Statements(store))
    finally:
        await database.close()
