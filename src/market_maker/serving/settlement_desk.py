"""The part of the application that is about money, for commands that run beside the service on
the same database. All that it does is one short transaction after another, so neither waits long
for the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.accounting.settling import Settling
from market_maker.accounting.statements import Statements
from market_maker.clocks import WallClock
from market_maker.execution.backroom import Backroom
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.recorder import Recorder
from market_maker.serving.no_engines import NoObserver, stuck, unconnected
from market_maker.settings import Settings
from market_maker.storage.database import database_url, open_database
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore
from market_maker.venues.instruments import SandboxInstruments


class SettlementDesk(Struct, frozen=True):
    """settlements: closed and shown. statements: written."""

    settlements: Settling
    statements: Statements


@asynccontextmanager
async def money_desk(settings: Settings) -> AsyncIterator[SettlementDesk]:
    """On the database of the settings, which is closed at the end. Raises SchemaError,
    StoreUnavailableError."""
    database = open_database(database_url(settings.postgres_url, settings.data_dir))
    try:
        await check_schema(database)
        store = DatabaseStore(database)
        back = _backroom(store)
        yield SettlementDesk(Settling(back, settings.money_flow), Statements(store))
    finally:
        await database.close()


def _backroom(store: DatabaseStore) -> Backroom:
    """With an empty engine_host: nothing trades in this process."""
    clock = WallClock()
    trail = AuditTrail(store, clock)
    recorder = Recorder(store, trail, clock, IntentLog(store, clock, stuck))
    engine_host = EngineHost(clock, recorder, unconnected, NoObserver(), shadow=True)
    return Backroom(
        store, trail, engine_host, SandboxInstruments(), clock, require_halt_review=False
    )
