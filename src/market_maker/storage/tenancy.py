"""One service to a database: a lock that lives as long as the session which holds it.

PostgreSQL frees a session's advisory lock by itself when the session ends, however its owner died.
The embedded database needs none: the process that uses it has locked its folder.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.storage.database import Database
from market_maker.storage.failures import translated
from market_maker.storage.types import SQLITE

SERVICE_LOCK = 0x6D6D_0004
"""PostgreSQL advisory lock: its holder is the one service on the database."""

ANSWER_S = 5.0
"""A session that does not answer for so long is given up."""
PREDECESSOR_S = 3.0
"""How long a start waits for the session of a service that was killed a moment ago."""
POLL_S = 0.2

_SETTINGS = (
    "SET application_name = '{name}'",
    # The server shall notice soon that the machine of a session is gone, and free the lock.
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)
_TAKE = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=SERVICE_LOCK)
_HOLDER = text(
    "SELECT a.pid, a.application_name, a.client_addr FROM pg_locks l JOIN pg_stat_activity a "
    "USING (pid) WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = :key "
    "AND l.objsubid = 1 AND a.datname = current_database()"
).bindparams(key=SERVICE_LOCK)
_END = text("SELECT pg_terminate_backend(:pid)")


class Tenancy:
    """The right to be the one service on a database. problem: why it is not held now, empty while
    it is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._embedded = database.writer.dialect.name == SQLITE
        # Unique, so that a session of ours which the server has not yet given up is known as ours.
        self._name = f"market_maker serve {secrets.token_hex(8)}"
        self._session: AsyncConnection | None = None
        self.problem = ""

    async def take(self) -> None:
        """Raises InvalidDataError where another service has it, StoreUnavailableError."""
        if self._embedded:
            return
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._take()
        except TimeoutError:
            await self.give_up()
            raise StoreUnavailableError("the database does not answer") from None
        self.problem = ""

    async def holds(self) -> bool:
        """Ask the session that holds it whether it is still there."""
        if self._embedded:
            return True
        if self._session is None:
            return False
        try:
            async with asyncio.timeout(ANSWER_S):
                with translated():
                    await self._session.execute(text("SELECT 1"))
        except (StoreUnavailableError, TimeoutError) as error:
            self.problem = f"the session that keeps other services away is lost: {error}"
            await self.give_up(error)
        return self._session is not None

    async def regain(self) -> bool:
        """Take it again after it was lost; False while the database is away. Raises
        InvalidDataError where another service has it."""
        try:
            await self.take()
        except StoreUnavailableError:
            return False
        return True

    async def give_up(self, error: BaseException | None = None) -> None:
        """End the session, and with it the lock. error: what came up on it, where anything did."""
        session, self._session = self._session, None
        if session is not None:
            await _end(session, error)

    async def _take(self) -> None:
        with translated():
            session = await self._database.writer.connect()
        try:
            with translated():
                await session.execution_options(isolation_level="AUTOCOMMIT")
                for statement in _SETTINGS:
                    await session.execute(text(statement.format(name=self._name)))
                mine = bool((await session.execute(_TAKE)).scalar())
                holder = "" if mine else await self._holder(session)
        except BaseException as error:
            await _end(session, error)
            raise
        if mine:
            self._session = session
            return
        await _end(session)
        if not holder:
            raise StoreUnavailableError("a lost session of this service still holds its lock")
        raise InvalidDataError(
            self._database.name, f"is in use by another market_maker serve ({holder})"
        )

    async def _holder(self, session: AsyncConnection) -> str:
        """Who has it, in words; empty when there is none any more, or a lost session of our own,
        which is ended."""
        row = (await session.execute(_HOLDER)).first()
        if row is None:
            return ""
        pid, name, address = row
        if name == self._name:
            await session.execute(_END, {"pid": pid})
            return ""
        return f"session {pid} from {address or 'this machine'}"


@asynccontextmanager
async def tenancy(database: Database) -> AsyncIterator[Tenancy]:
    """The one service on `database` until the end. Raises InvalidDataError where another one is
    still there after a moment, StoreUnavailableError."""
    mine = Tenancy(database)
    for _ in range(int(PREDECESSOR_S / POLL_S)):
        try:
            await mine.take()
            break
        except InvalidDataError:
            await asyncio.sleep(POLL_S)
    else:
        await mine.take()
    try:
        yield mine
    finally:
        await mine.give_up()


async def _end(session: AsyncConnection, error: BaseException | None = None) -> None:
    """Not back into the pool, where it would go on holding the lock."""
    await session.invalidate(error)
    await session.close()
