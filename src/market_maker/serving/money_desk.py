"""The part of the desk that is about money, for commands that run beside the service on the same
database. Everything that it does is one short transaction after another, so neither waits long for
the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.service.audit import AuditTrail
from market_maker.service.backroom import Backroom
from market_maker.service.clocks import WallClock
from market_maker.service.floor import Floor
from market_maker.service.order_log import OrderLog
from market_maker.service.recorder import Recorder
from market_maker.service.settling import Settling
from market_maker.service.statements import Statements
from market_maker.serving.quiet import Unwatched, stuck, unconnected
from market_maker.settings import Settings
from market_maker.storage.database import database_url, open_database
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore
from market_maker.venues.instruments import SandboxInstruments


class MoneyDesk(Struct, frozen=True):
    """settlements: closed and shown. statements: written."""

    settlements: Settling
    statements: Statements


@asynccontextmanager
async def money_desk(settings: Settings) -> AsyncIterator[MoneyDesk]:
    """On the database of the settings, which is closed at the end. Raises SchemaError,
    StoreUnavailableError."""
    database = open_database(database_url(settings.postgres_url, settings.data_dir))
    try:
        await check_schema(database)
        store = DatabaseStore(database)
        back = _backroom(store)
        yield MoneyDesk(Settling(back, settings.money_flow), Statements(store))
    finally:
        await database.close()


def _backroom(store: DatabaseStore) -> Backroom:
    """With an empty floor: nothing trades in this process."""
    clock = WallClock()
    trail = AuditTrail(store, clock)
    recorder = Recorder(store, trail, clock, OrderLog(store, clock, stuck))
    floor = Floor(clock, recorder, unconnected, Unwatched(), shadow=True)
    return Backroom(store, trail, floor, SandboxInstruments(), clock, require_halt_review=False)
