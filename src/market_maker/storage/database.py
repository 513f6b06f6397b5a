"""Connections: one kind of address in, engines that behave alike out.

SQLite: WAL; one connection writes, each of its transactions from the start (BEGIN IMMEDIATE), a
few others read, and cannot write. PostgreSQL: one pool of connections for both.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from market_maker.model.errors import InvalidFieldError
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.storage.kept_connections import KeptConnections
from market_maker.storage.reading import DATABASE_NAME, reading_uri
from market_maker.storage.sqlite_writer import BEGIN, MemoryWriter, SqliteWriter
from market_maker.storage.types import POSTGRESQL, SQLITE

READERS = 4
"""SQLite connections that read."""
CONNECTIONS = 16
"""PostgreSQL connections."""
BESIDE = 2
"""Of these, for what is no transaction of the store: the lock of the one service, the schema."""
COMMITTERS = 4
"""Those of transactions in one go: records, the lease."""
INTENTS = 3
"""Those of orders that are put on record: intents, and news that are waited for, one transaction at
a time of each, and one more while one breaks."""
NEWS = 2
"""Those of news that no one waits for: one transaction at a time, and one more while one breaks."""
BY_INDEX = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""Of both. PostgreSQL plans their one statement when a connection has used it a few times, and by
what it knows of the tables then: in a new database nothing, so that each order's news was searched
for through all orders there are, until it analysed them."""
UNFORCED = {"synchronous_commit": "off"}
"""Of news that no one waits for: the server answers before they are on its disk, where they are
within a second, and intents do not wait behind a write that nothing needs."""

PORT_MAX = 65_535
BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process's lock."""
CONNECT_TIMEOUT_S = 5
ANSWER_TIMEOUT_S = 15
"""After this an answer of PostgreSQL is no longer waited for: the wire is cut."""
STATEMENT_TIMEOUT_MS = 10_000
"""After this PostgreSQL aborts a statement, waiting for a lock included."""
IDLE_IN_TRANSACTION_MS = 5_000
"""After this without a statement PostgreSQL ends a session inside a transaction. A worker that is
frozen there holds an owner's row, for which its successor waits: so it must be less than
`STATEMENT_TIMEOUT_MS`."""

_WRITING = (
    "PRAGMA journal_mode = WAL",
    # An intent must survive a power cut, not only a crash of ours.
    "PRAGMA synchronous = FULL",
)
_READING = "PRAGMA query_only = ON"
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
)

_POSTGRESQL_NAMES = ("postgres", "postgresql", "postgresql+asyncpg")
_ALLOWED = "postgresql://user:password@host:port/database, with ?sslmode=… where wanted"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class Database(Struct, frozen=True):
    """An open database. writing and reading: of transactions, and of one picture for a reader; on
    PostgreSQL the same ones. committing: of transactions in one go; intents: of orders and their
    news; news: of those that need not be on the disk at once. On PostgreSQL each of these three has
    connections of its own, for which no other work makes it wait."""

    writing: KeptConnections
    reading: KeptConnections
    committing: KeptConnections
    intents: KeptConnections
    news: KeptConnections

    @property
    def writer(self) -> AsyncEngine:
        """What makes connections that write."""
        return self.writing.engine

    @property
    def reader(self) -> AsyncEngine:
        """Connections that read."""
        return self.reading.engine

    @property
    def committer(self) -> AsyncEngine:
        """Those of transactions in one go."""
        return self.committing.engine

    @property
    def name(self) -> str:
        """For people: the file or the server, without the password."""
        url = self.writer.url
        if url.get_backend_name() == SQLITE:
            return url.database or ":memory:"
        return url.set(drivername=POSTGRESQL).render_as_string(hide_password=True)

    @property
    def is_missing(self) -> bool:
        """Whether it is a SQLite file that does not exist."""
        url = self.writer.url
        return url.get_backend_name() == SQLITE and not (
            in_memory(url) or Path(url.database or "").exists()
        )

    async def close(self) -> None:
        """Hang up."""
        for each in (self.news, self.intents, self.committing, self.reading, self.writing):
            await each.close()


def embedded_url(data_dir: Path) -> URL:
    """The address of the SQLite file in `data_dir`."""
    return URL.create("sqlite+aiosqlite", database=str(data_dir / DATABASE_NAME))


@contextmanager
def removed_unless_whole(url: URL) -> Iterator[bool]:
    """Around what makes a database and closes it again: where that fails, a SQLite file that was
    not there before goes, with what SQLite keeps beside it; yields whether that is the case."""
    file = Path(url.database or "")
    is_new = url.get_backend_name() == SQLITE and not in_memory(url) and not file.exists()
    try:
        yield is_new
    except BaseException:
        for suffix in ("", "-wal", "-shm", "-journal") if is_new else ():
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        raise


def postgresql_url(text: str) -> URL:
    """The address in POSTGRES_URL. Raises InvalidFieldError, which does not repeat the text: it
    holds a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidFieldError("POSTGRES_URL", "…", _ALLOWED) from None
    if url.drivername not in _POSTGRESQL_NAMES:
        raise InvalidFieldError("POSTGRES_URL", "another scheme", _ALLOWED)
    if "@" in (url.host or ""):
        # It is taken for the end of the password, and the rest of that for the server's name.
        allowed = f"{_ALLOWED}; an @ in a password is written %40"
        raise InvalidFieldError("POSTGRES_URL", "a second @", allowed)
    if url.port is not None and not 0 < url.port <= PORT_MAX:
        allowed = f"{_ALLOWED}; a port from 1 to {PORT_MAX}"
        raise InvalidFieldError("POSTGRES_URL", url.port, allowed)
    if not url.database:
        raise InvalidFieldError("POSTGRES_URL", "a server without a database", _ALLOWED)
    modes = [value for name, value in url.query.items() if name in {"sslmode", "ssl"}]
    unknown = [name for name in url.query if name not in {"sslmode", "ssl"}]
    if unknown:
        raise InvalidFieldError("POSTGRES_URL", "an option that is not known", _ALLOWED)
    if modes and modes[0] not in _SSL_MODES:
        raise InvalidFieldError("POSTGRES_URL", "sslmode", "one of " + ", ".join(_SSL_MODES))
    query = {"ssl": modes[0]} if modes else {}
    return url.set(drivername="postgresql+asyncpg", query=query)


def in_memory(url: URL) -> bool:
    """Whether a SQLite database lives in this process only."""
    return url.database in {None, "", ":memory:"}


def database_url(postgres_url: str | None, data_dir: Path) -> URL:
    """PostgreSQL where its address is given, else the embedded database."""
    return embedded_url(data_dir) if postgres_url is None else postgresql_url(postgres_url)


def open_database(url: URL, watch: ConnectionWatch = UNCOUNTED) -> Database:
    """Engines for `url`; nothing is connected yet. The folder of a SQLite file must exist. watch:
    where its connections are counted."""
    if url.get_backend_name() == POSTGRESQL:
        usual = KeptConnections(_postgresql(url, CONNECTIONS), CONNECTIONS - BESIDE, watch)
        committer = KeptConnections(_postgresql(url, COMMITTERS), COMMITTERS, watch)
        intents = KeptConnections(_postgresql(url, INTENTS, session=BY_INDEX), INTENTS, watch)
        news = KeptConnections(_postgresql(url, NEWS, session=BY_INDEX | UNFORCED), NEWS, watch)
        return Database(usual, usual, committer, intents, news)
    if in_memory(url):
        # A database in memory lives and dies with its one connection.
        alone = KeptConnections(_in_memory(url), watch=watch)
        return Database(alone, alone, alone, alone, alone)
    connect = partial(SqliteWriter.open, url.database or "")
    reads = _sqlite(url, "BEGIN", *_WRITING, _READING, connections=READERS, connect=connect)
    reader = KeptConnections(reads, watch=watch)
    writes = _sqlite(url, BEGIN, *_WRITING, connections=1, connect=connect)
    writer = KeptConnections(writes, watch=watch)
    return Database(writer, reader, writer, writer, writer)


def database_to_read(url: URL) -> Database:
    """For commands that only read, also in a directory that cannot be written; nothing is connected
    yet. Its writer cannot write to SQLite. Connecting raises InvalidDataError where a part of it
    cannot be read there."""
    if url.get_backend_name() == POSTGRESQL or in_memory(url):
        return open_database(url)
    connect = partial(SqliteWriter.open, reading_uri(Path(url.database or "")), is_uri=True)
    engine = _sqlite(url, "BEGIN", _READING, connections=READERS, connect=connect)
    alone = KeptConnections(engine)
    return Database(alone, alone, alone, alone, alone)


def _postgresql(
    url: URL,
    connections: int,
    *,
    session: Mapping[str, str] = MappingProxyType({}),
) -> AsyncEngine:
    """session: settings of its connections beside the usual ones."""
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": ANSWER_TIMEOUT_S,
            "server_settings": {
                "application_name": "market_maker",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS),
                "jit": "off",
                **session,
            },
        },
    )


def _in_memory(url: URL) -> AsyncEngine:
    lanes: list[MemoryWriter] = []

    async def connect() -> SqliteWriter:
        if not lanes:
            lanes.append(await MemoryWriter.open(":memory:"))
        return lanes[0]

    engine = _sqlite(url, BEGIN, *_WRITING, connections=1, connect=connect)

    @event.listens_for(engine.sync_engine, "engine_disposed")
    def on_disposed(_engine: Any) -> None:
        while lanes:
            lanes.pop().end()

    return engine


def _sqlite(
    url: URL,
    begin: str,
    *pragmas: str,
    connections: int,
    connect: Callable[[], Awaitable[SqliteWriter]],
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        async_creator=connect,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1_000,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *pragmas):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.connection.driver_connection.begin(begin)

    return engine
