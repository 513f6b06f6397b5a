"""Connections that are lent again and again.

To take one out of SQLAlchemy's pool, to set it up and to put it back takes a processor longer than
an order's statement, and two fifths of the time of a read. So what was taken out once stays out,
and is lent to who comes next. The pool still makes them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy.event import listens_for
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from market_maker.model.errors import StoreUnavailableError
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.storage.failures import is_refusal, translated, why_given_up

ASKED_AFTER_S = 1.0
"""Whether a connection lives is asked where it was not used for so long: the question is a round
trip, and would go before every order. One whose end is known is not asked."""
ASKED = "SELECT 1"
"""The driver cannot read the answer to an empty statement, and each connection seemed dead."""
FREE_WITHIN_S = 5.0
"""How long one is waited for where all are lent."""
BUSY = "the database is busy: no connection became free"
NOTHING: Mapping[str, Any] = MappingProxyType({})
DATABASE = "database"
"""What is at the other end, where connections are counted."""


class RawConnection(Protocol):
    """A connection as the driver has it, outside of any transaction."""

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first column of the first row of the answer."""

    async def execute(self, query: str) -> Any:
        """One round trip."""

    def is_closed(self) -> bool:
        """Whether its end is known."""


class Kept(Struct):
    """One of them. options: how it was set up last."""

    connection: AsyncConnection
    raw: Any
    options: Mapping[str, Any]
    used_at: float


class KeptConnections:
    """Those of an engine. at_most: so many are lent at a time, and kept; 0 keeps none, and the pool
    bounds how many are lent. watch: notified of each that is made, and given up before its owner's
    end. idle: those that are not lent, the one used last at the end."""

    def __init__(
        self, engine: AsyncEngine, at_most: int = 0, watch: ConnectionWatch = UNCOUNTED
    ) -> None:
        self.engine = engine
        _count(engine, watch)
        self._at_most = at_most
        self._places = asyncio.Semaphore(at_most) if at_most else None
        self.idle: list[Kept] = []

    async def take(self, options: Mapping[str, Any]) -> Kept:
        """One that is set up like this, to be given back. Raises what the driver does."""
        await self._place()
        kept = None
        try:
            kept = await self._known_to_live(options) or await self._new()
            if kept.options != options:
                await kept.connection.execution_options(**options)
                kept.options = options
        except BaseException as error:
            self._leave()
            if kept is not None:
                await _give_up(kept, error)
            raise
        return kept

    async def give_back(self, kept: Kept) -> None:
        """What was not committed is undone. One that breaks then is given up: its place must be
        free for another."""
        try:
            connection = kept.connection
            if connection.in_transaction():
                await connection.rollback()
            if connection.invalidated or not self._at_most:
                await _hang_up(kept)
            else:
                kept.used_at = asyncio.get_running_loop().time()
                self.idle.append(kept)
        except BaseException as error:
            await _give_up(kept, error)
            raise
        finally:
            self._leave()

    @asynccontextmanager
    async def lent(self, options: Mapping[str, Any] = NOTHING) -> AsyncIterator[RawConnection]:
        """The driver's own, for a statement by itself; options: how its other users set it up.
        Where that fails, and the server did not
        refuse it, the connection is given up."""
        kept = await self.take(options)
        try:
            yield kept.raw
        except BaseException as error:
            if not is_refusal(error):
                await kept.connection.invalidate(error)
            raise
        finally:
            await self.give_back(kept)

    async def close(self) -> None:
        """Hang up."""
        idle, self.idle = self.idle, []
        for kept in idle:
            await _hang_up(kept)
        await self.engine.dispose()

    async def _place(self) -> None:
        if self._places is None:
            return
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(FREE_WITHIN_S):
                await self._places.acquire()
        except TimeoutError:
            raise StoreUnavailableError(BUSY) from None

    def _leave(self) -> None:
        if self._places is not None:
            self._places.release()

    async def _known_to_live(self, options: Mapping[str, Any]) -> Kept | None:
        now = asyncio.get_running_loop().time()
        while self.idle:
            alike = (n for n in reversed(range(len(self.idle))) if self.idle[n].options == options)
            kept = self.idle.pop(next(alike, -1))
            if kept.raw.is_closed():
                await _give_up(kept, ConnectionResetError("it ended while it was not used"))
            elif now - kept.used_at < ASKED_AFTER_S or await _answers(kept):
                return kept
        return None

    async def _new(self) -> Kept:
        connection = await self.engine.connect()
        raw = None
        if self._at_most:
            raw = (await connection.get_raw_connection()).driver_connection
        return Kept(connection, raw, {}, 0.0)


async def _answers(kept: Kept) -> bool:
    try:
        with translated():
            await kept.raw.execute(ASKED)
    except StoreUnavailableError as error:
        await _give_up(kept, error)
        return False
    except BaseException as error:
        await _give_up(kept, error)
        raise
    return True


async def _give_up(kept: Kept, error: BaseException) -> None:
    if not kept.connection.closed:
        await kept.connection.invalidate(error)
    await _hang_up(kept)


def _count(engine: AsyncEngine, watch: ConnectionWatch) -> None:
    """Also those that the pool itself makes and ends."""
    pool = engine.sync_engine.pool

    @listens_for(pool, "connect")
    def on_connect(*_: Any) -> None:
        watch.made(DATABASE)

    @listens_for(pool, "invalidate")
    def on_invalidate(_connection: Any, _record: Any, error: BaseException | None) -> None:
        # Without a reason it is the owner's own end.
        if error is not None:
            watch.given_up(DATABASE, *why_given_up(error))


async def _hang_up(kept: Kept) -> None:
    await kept.connection.close()
