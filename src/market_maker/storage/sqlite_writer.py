"""A lane: one SQLite connection and the thread that alone touches it.

It stands in for aiosqlite's connection under SQLAlchemy's asynchronous engine. There every cursor
made, executed, fetched from and closed is a way to the thread and back, a dozen for a transaction,
and each way back waits for whatever the event loop is doing. Here a statement is one way with its
whole answer, a BEGIN goes along with the first statement, and a rollback is not waited for.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Self, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from typing_extensions import override

from market_maker.storage.exact_sql import install

Given = TypeVar("Given")

BEGIN = "BEGIN IMMEDIATE"
"""A transaction that writes does so from its start: it is never aborted half-way because another
one was faster."""


class WriterResult(Struct, frozen=True):
    """The result of a statement. description, rowcount, lastrowid: as PEP 249 has them."""

    rows: Sequence[Any] = ()
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class SqliteWriter:
    """What SQLAlchemy's adapter of aiosqlite asks of a connection, and `call` for more."""

    def __init__(self, path: str, *, is_uri: bool = False) -> None:
        self._path, self._is_uri = path, is_uri
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None
        self._at_hand: Engine | None = None
        self._begin = ""
        self._begun = False

    @classmethod
    async def open(cls, path: str, *, is_uri: bool = False) -> Self:
        """Connect. is_uri: `path` is an address with options. Raises sqlite3.Error."""
        lane = cls(path, is_uri=is_uri)
        try:
            lane._connection = await lane._do(lane._connect)
        except BaseException:
            lane.stop()
            raise
        return lane

    async def call(self, work: Callable[[sqlite3.Connection], Given]) -> Given:
        """Have `work` done in the lane's thread, after everything that was asked before."""
        if self._connection is None:
            raise sqlite3.OperationalError("connection closed")
        return await self._do(partial(work, self._connection))

    async def transaction(self, work: Callable[[Connection], Given]) -> Given:
        """Have a whole transaction done in the lane's thread: there and back once."""
        return await self.call(partial(self._transact, work))

    def begin(self, statement: str) -> None:
        """The next statement begins a transaction with this one."""
        self._begin = statement

    async def execute(self, run: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> WriterResult:
        """One statement, and the BEGIN before it if one is due."""
        begin, self._begin = self._begin, ""
        self._begun = self._begun or bool(begin)
        return await self.call(partial(_answer, begin, run))

    def cursor(self) -> "WriterCursor":
        """For one statement."""
        return WriterCursor(self)

    async def commit(self) -> None:
        """End the transaction, if one was begun, and wait until it is on the disk."""
        self._begin = ""
        if self._begun:
            # Cut off here, it is still begun: the rollback that follows ends it.
            await self.call(sqlite3.Connection.commit)
            self._begun = False

    async def rollback(self) -> None:
        """Undo the transaction, if one was begun. What is asked next comes after it, so there is
        nothing to wait for; one that fails makes the next BEGIN fail."""
        self._undo()

    def _undo(self) -> None:
        begun, self._begin, self._begun = self._begun, "", False
        if begun and self._connection is not None:
            self._thread.submit(self._connection.rollback)

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """As sqlite3.Connection.create_function."""
        await self.call(lambda connection: connection.create_function(*arguments, **options))

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if self._connection is not None:
            await self.call(sqlite3.Connection.close)
        self.stop()

    def stop(self) -> None:
        """End the thread after what it was asked; what is still open is closed with the lane."""
        self._connection = None
        self._thread.shutdown(wait=False)

    def _transact(
        self, work: Callable[[Connection], Given], connection: sqlite3.Connection
    ) -> Given:
        if self._at_hand is None:
            self._at_hand = _at_hand(connection)
        with self._at_hand.begin() as begun:
            return work(begun)

    def _connect(self) -> sqlite3.Connection:
        # isolation_level: the driver shall begin nothing by itself. It is closed by the one that
        # forgets the lane, in whichever thread.
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, uri=self._is_uri
        )
        install(connection)
        return connection

    async def _do(self, work: Callable[[], Given]) -> Given:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(copy_context().run, work))


class MemoryWriter(SqliteWriter):
    """The one lane of a database in memory, which ends with its connection: to hang up only undoes
    what was begun, and who connects next has it again. A statement that was no longer waited for
    makes SQLAlchemy hang up, and would take the whole database along."""

    @override
    async def close(self) -> None:
        self.stop()

    @override
    def stop(self) -> None:
        self._undo()

    def end(self) -> None:
        """End the database."""
        super().stop()


class WriterCursor:
    """One statement and its answer, which is here as soon as the statement is done."""

    def __init__(self, lane: SqliteWriter) -> None:
        self._lane = lane
        self._answer = WriterResult()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns, None where there are none."""
        return self._answer.description

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""
        return self._answer.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Of the row inserted last."""
        return self._answer.lastrowid

    async def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Once."""
        self._answer = await self._lane.execute(
            lambda connection: connection.execute(statement, values)
        )

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Once for each row."""
        self._answer = await self._lane.execute(
            lambda connection: connection.executemany(statement, rows)
        )

    async def fetchall(self) -> Sequence[Any]:
        """Every row of the answer."""
        return self._answer.rows

    async def close(self) -> None:
        """There is nothing to close: the answer is whole."""


def _at_hand(connection: sqlite3.Connection) -> Engine:
    """SQLAlchemy over a connection of the thread that one is in."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def on_begin(begun: Connection) -> None:
        begun.exec_driver_sql(BEGIN)

    return engine


def _answer(
    begin: str, run: Callable[[sqlite3.Connection], sqlite3.Cursor], connection: sqlite3.Connection
) -> WriterResult:
    if begin:
        connection.execute(begin)
    cursor = run(connection)
    try:
        rows = cursor.fetchall() if cursor.description else ()
        return WriterResult(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
