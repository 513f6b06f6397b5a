"""The store: transactions on SQLite or PostgreSQL."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from market_maker import ports
from market_maker.model.errors import StoreUnavailableError
from market_maker.ports import PutDown, Renewal
from market_maker.storage.alerts import StoredAlerts
from market_maker.storage.attribution import (
    StoredActivity,
    StoredFillMarking,
    StoredFunding,
    StoredMarks,
)
from market_maker.storage.audit import StoredAudit
from market_maker.storage.database import Database, in_memory
from market_maker.storage.direct_reads import direct_reads
from market_maker.storage.failures import is_refusal, translated
from market_maker.storage.fills import StoredFills
from market_maker.storage.history import StoredHistory
from market_maker.storage.intents import in_one_statement, put_down
from market_maker.storage.kept_connections import KeptConnections
from market_maker.storage.keys import StoredKeys
from market_maker.storage.ledger import StoredLedger
from market_maker.storage.orders import StoredOrders
from market_maker.storage.outbox import StoredOutbox
from market_maker.storage.owners import StoredOwners, renewed
from market_maker.storage.participants import StoredParticipants
from market_maker.storage.performance import StoredPerformance, StoredPromises
from market_maker.storage.pools import StoredMembers, StoredPools
from market_maker.storage.session import AtHand, StoreSession
from market_maker.storage.settlements import StoredSettlements, StoredTransfers
from market_maker.storage.sqlite_writer import SqliteWriter
from market_maker.storage.states import StoredStates
from market_maker.storage.types import SQLITE

Given = TypeVar("Given")

_USUAL = {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}


class StoredUnit:
    """ports.Unit."""

    def __init__(self, session: StoreSession) -> None:
        pools = StoredPools(session)
        self.pools: ports.Pools = pools
        self.participants: ports.Participants = StoredParticipants(session)
        self.members: ports.Members = StoredMembers(session, pools)
        self.orders: ports.OrderRecords = StoredOrders(session)
        self.fills: ports.Fills = StoredFills(session)
        self.states: ports.States = StoredStates(session)
        self.audit: ports.Audit = StoredAudit(session)
        self.outbox: ports.Outbox = StoredOutbox(session)
        self.keys: ports.Keys = StoredKeys(session)
        self.owners: ports.SymbolOwners = StoredOwners(session)
        self.ledger: ports.Ledger = StoredLedger(session)
        self.funding: ports.Funding = StoredFunding(session)
        self.marks: ports.Marks = StoredMarks(session)
        self.fill_marks: ports.FillMarking = StoredFillMarking(session)
        self.activity: ports.Activity = StoredActivity(session)
        self.performance: ports.Performance = StoredPerformance(session)
        self.obligations: ports.Promises = StoredPromises(session)
        self.settlements: ports.Settlements = StoredSettlements(session)
        self.transfers: ports.Transfers = StoredTransfers(session)
        self.alerts: ports.AlertRecords = StoredAlerts(session)
        self.history: ports.HistoryBlocks = StoredHistory(session)


class DatabaseStore:
    """ports.Store on an open database whose schema was checked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._embedded = database.writer.dialect.name == SQLITE
        self._writing: dict[str, Any] = {} if self._embedded else _USUAL
        url = database.writer.url
        self._file = Path(url.database or "") if self._embedded and not in_memory(url) else None
        self._opened: os.stat_result | None = None

    def _check_file(self) -> None:
        """SQLite goes on in a file that was removed or replaced, and what is written there is gone
        with the process. Raises StoreUnavailableError, until it is moved back."""
        if self._file is None:
            return
        try:
            found = self._file.stat()
        except OSError:
            found = None
        if self._opened is None:
            self._opened = found
        elif found is None or not os.path.samestat(found, self._opened):
            raise StoreUnavailableError(f"{self._file} was removed or replaced: move it back")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[ports.Unit]:
        self._check_file()
        async with _connected(self._database.writing, self._writing) as (unit, connection):
            yield unit
            with translated():
                await connection.commit()

    async def commit(self, work: Callable[[ports.Unit], Awaitable[Given]]) -> Given:
        if not self._embedded:
            if isinstance(work, PutDown) and await self._put_down(work):
                return cast("Given", None)
            if isinstance(work, Renewal):
                return cast("Given", await self._renewed(work))
            async with _connected(self._database.committing, self._writing) as (unit, connection):
                given = await work(unit)
                with translated():
                    await connection.commit()
                return given
        self._check_file()
        with translated():
            async with self._database.committer.connect() as connection:
                lane = (await connection.get_raw_connection()).driver_connection
                assert isinstance(lane, SqliteWriter), lane
                return await lane.transaction(partial(_in_one_go, work))

    async def _put_down(self, what: PutDown) -> bool:
        """Whether it is on record, by one statement. A refusal by the server has left nothing
        behind, and is found out in the usual way; what breaks the connection leaves it open whether
        it is."""
        shorter = in_one_statement(what)
        if shorter is None:
            return False
        connections = self._database.intents if what.forced else self._database.news
        with translated():
            try:
                async with connections.lent() as connection:
                    return await put_down(connection, shorter)
            except BaseException as error:
                if is_refusal(error):
                    return False
                raise

    async def _renewed(self, what: Renewal) -> bool:
        with translated():
            async with self._database.committing.lent(self._writing) as connection:
                return await renewed(connection, what.worker, what.lease)

    def reading(self) -> AbstractAsyncContextManager[ports.Unit]:
        return self._read_only(once=False)

    def glimpse(self) -> AbstractAsyncContextManager[ports.Unit]:
        return self._read_only(once=True)

    @asynccontextmanager
    async def _read_only(self, *, once: bool) -> AsyncIterator[ports.Unit]:
        if not self._embedded:
            async with direct_reads(self._database.reading, self._writing, once=once) as session:
                yield StoredUnit(session)
            return
        self._check_file()
        async with _connected(self._database.reading, {}, once=once) as (unit, _):
            yield unit

    async def close(self) -> None:
        """Hang up."""
        await self._database.close()


@asynccontextmanager
async def _connected(
    connections: KeptConnections, options: Mapping[str, Any], *, once: bool = False
) -> AsyncIterator[tuple[ports.Unit, AsyncConnection]]:
    """A connection, given back at the end with what was not committed undone."""
    with translated():
        kept = await connections.take(options)
    try:
        yield StoredUnit(StoreSession(kept.connection, once=once)), kept.connection
    finally:
        with translated():
            await connections.give_back(kept)


def _in_one_go(work: Callable[[ports.Unit], Awaitable[Given]], connection: Connection) -> Given:
    """The result of `work` on a connection of the thread that one is in."""
    steps = work(StoredUnit(StoreSession(AtHand(connection)))).__await__()
    try:
        next(steps)
    except StopIteration as end:
        given: Given = end.value
        return given
    raise AssertionError("a transaction in one go waits for nothing but its unit")
