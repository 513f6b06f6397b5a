"""Statements within one transaction."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, CursorResult, Executable, Row, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from market_maker.storage.failures import translated
from market_maker.storage.types import SQLITE

Kept = TypeVar("Kept")

IDS_PER_QUERY = 500
"""Databases bound how many values one statement may name."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
AnyResult: TypeAlias = CursorResult[*tuple[Any, ...]]
RowValues: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class AtHand:
    """A connection of the thread that one is in: a statement is done as soon as it is asked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Executable, values: RowValues | None) -> AnyResult:
        """As AsyncConnection.execute."""
        return self._connection.execute(statement, values)


class StoreSession:
    """A connection inside a transaction. embedded: it is SQLite, where one transaction writes at
    a time. once: it is for one statement, and a second one is a mistake of ours."""

    def __init__(self, connection: AsyncConnection | AtHand, *, once: bool = False) -> None:
        self._connection = connection
        self._once, self._used = once, False
        self.embedded = connection.dialect.name == SQLITE

    async def run(self, statement: Executable, values: RowValues | None = None) -> AnyResult:
        """Execute, once for each row of `values` where they are a list."""
        self._count()
        with translated():
            result = await self._connection.execute(statement, values)
        assert isinstance(result, CursorResult)
        return result

    def _count(self) -> None:
        assert not (self._once and self._used), "a glimpse is of one statement"
        self._used = True

    async def rows(self, statement: Executable) -> Sequence[AnyRow]:
        """The whole answer."""
        return (await self.run(statement)).all()

    async def row(self, statement: Executable) -> AnyRow | None:
        """The first row of the answer."""
        return (await self.run(statement)).first()

    async def take_turns(self, lock: int) -> None:
        """Hold `lock` until the transaction ends; on SQLite the transaction itself is it."""
        if not self.embedded:
            await self.run(text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=lock))

    def insert_missing(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that passes over rows which are there already."""
        if self.embedded:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()


def record(kind: type[Kept], row: AnyRow) -> Kept:
    """A row as the Struct whose fields are called as its columns."""
    return msgspec.convert(fields_of(row), kind)


def fields_of(row: AnyRow) -> dict[str, Any]:
    """A row's values by column. The names of SQLAlchemy's own rows are a str of its kind, which
    msgspec does not take for keys."""
    names: Iterable[str] = row._fields
    given: object = row
    if isinstance(given, Row):
        names = map(str, names)
    return dict(zip(names, row, strict=True))


def values_of(struct: msgspec.Struct) -> dict[str, Any]:
    """The other way round."""
    return msgspec.structs.asdict(struct)


def in_parts(names: Iterable[Kept]) -> Iterator[list[Kept]]:
    """As many at a time as one statement names."""
    every = list(names)
    for start in range(0, len(every), IDS_PER_QUERY):
        yield every[start : start + IDS_PER_QUERY]


def first_of_each(
    items: Sequence[Kept], key: Callable[[Kept], Hashable], wanted: Iterable[Hashable]
) -> tuple[Kept, ...]:
    """Of each wanted key the first item that has it, in the order of the items."""
    left = set(wanted)
    found = []
    for item in items:
        if key(item) in left:
            left.remove(key(item))
            found.append(item)
    return tuple(found)
