"""PostgreSQL, read over the driver's own connection.

SQLAlchemy writes the statements and knows what their values are; the driver carries them out. Had
SQLAlchemy done that, too, a read would take ten times the processor, most of it for cursors and for
descriptions of rows that are the same each time; the edge has hundreds of reads a second beside
the engines.
"""

from collections import namedtuple
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Dialect, Executable, TextClause, text
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache
from typing_extensions import override

from market_maker.model.errors import StoreUnavailableError
from market_maker.storage.failures import is_refusal, translated
from market_maker.storage.kept_connections import Kept, KeptConnections
from market_maker.storage.session import AnyResult, AnyRow, RowValues, StoreSession
from market_maker.storage.types import Document, table_of

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""All statements of a transaction see the same moment, that of the first one."""
END = "ROLLBACK"

STATEMENTS = 1_000
"""Shapes of statements that are remembered: there are some hundred."""

Given = TypeVar("Given")

_COMPILED: Any = LRUCache(STATEMENTS)


class ReadPlan(Struct, frozen=True, kw_only=True):
    """How a statement is asked. documents: which of its columns hold a table of values as text.
    expands: its text depends on how many values it names."""

    text: str
    names: Sequence[str]
    processors: dict[str, Any]
    documents: tuple[int, ...]
    expands: bool


class DirectReads(StoreSession):
    """Statements that read. It ends with `end`, and is broken from when the driver failed."""

    def __init__(self, kept: Kept, *, once: bool = False) -> None:
        super().__init__(kept.connection, once=once)
        self._raw, self._dialect = kept.raw, kept.connection.dialect
        self._begun = once
        self.broken: BaseException | None = None

    @override
    async def run(self, statement: Executable, values: RowValues | None = None) -> AnyResult:
        raise StoreUnavailableError("the database failed: this transaction is read-only")

    @override
    async def rows(self, statement: Executable) -> Sequence[AnyRow]:
        self._count()
        plan, sent, values = _asked(statement, self._dialect)
        with translated():
            records = await self._fetch(sent, values)
        return _as_rows(plan, records)

    @override
    async def row(self, statement: Executable) -> AnyRow | None:
        return next(iter(await self.rows(statement)), None)

    @override
    async def take_turns(self, lock: int) -> None:
        await self.rows(_TURNS.bindparams(lock=lock))

    async def end(self) -> None:
        """The next one sees another moment."""
        if self._begun and self.broken is None and not self._once:
            await self._do(self._raw.execute(END))

    async def _fetch(self, sent: str, values: Sequence[Any]) -> Sequence[Any]:
        if not self._begun:
            await self._do(self._raw.execute(BEGIN))
            self._begun = True
        found: Sequence[Any] = await self._do(self._raw.fetch(sent, *values))
        return found

    async def _do(self, asked: Awaitable[Given]) -> Given:
        try:
            return await asked
        except BaseException as error:
            if not is_refusal(error):
                self.broken = error
            raise


_TURNS = text("SELECT pg_advisory_xact_lock(:lock)")


@asynccontextmanager
async def direct_reads(
    connections: KeptConnections, options: Mapping[str, Any], *, once: bool
) -> AsyncIterator[DirectReads]:
    """A connection to read from, of one moment. options: how it is set up for others, who are lent
    it afterwards. once: for one statement, which needs no transaction."""
    with translated():
        kept = await connections.take(options)
    session = DirectReads(kept, once=once)
    try:
        yield session
    finally:
        with translated():
            try:
                await session.end()
            finally:
                if session.broken is not None:
                    await kept.connection.invalidate(session.broken)
                await connections.give_back(kept)


def _asked(statement: Executable, dialect: Dialect) -> tuple[ReadPlan, str, list[Any]]:
    """The plan of a statement, its text and its values in their order. SQLAlchemy remembers what
    it compiled by the shape of a statement, and by no public name."""
    made: Any = statement
    compiled, found, *_ = made._compile_w_cache(  # noqa: SLF001
        dialect, compiled_cache=_COMPILED, column_keys=[]
    )
    plan = _plan(compiled)
    given = compiled.construct_params(extracted_parameters=found, escape_names=False)
    sent, names, processors = plan.text, plan.names, plan.processors
    if plan.expands:
        expanded = compiled.construct_expanded_state(given, escape_names=False)
        sent, names, given = expanded.statement, expanded.positiontup or (), expanded.parameters
        processors = processors | dict(expanded.processors)
    return plan, sent, [_bound(processors.get(name), given[name]) for name in names]


def _bound(processor: Any, value: Any) -> Any:
    return value if processor is None else processor(value)


@lru_cache(STATEMENTS)
def _plan(compiled: SQLCompiler) -> ReadPlan:
    found = compiled.construct_expanded_state(compiled.params, escape_names=False)
    statement: Any = compiled.statement
    columns = () if isinstance(statement, TextClause) else statement.selected_columns
    documents = [n for n, each in enumerate(columns) if isinstance(each.type, Document)]
    return ReadPlan(
        text=found.statement,
        names=tuple(found.positiontup or ()),
        processors=dict(compiled._bind_processors),  # noqa: SLF001  as SQLAlchemy does
        documents=tuple(documents),
        expands=bool(found.parameter_expansion),
    )


def _as_rows(plan: ReadPlan, records: Sequence[Any]) -> Sequence[AnyRow]:
    if not records:
        return ()
    make: Any = _row_of(tuple(records[0].keys()))._make
    if not plan.documents:
        return [make(record) for record in records]
    return [make(_read(plan.documents, record)) for record in records]


@lru_cache(STATEMENTS)
def _row_of(names: tuple[str, ...]) -> Any:
    """What SQLAlchemy's rows are, too: a tuple whose parts have names."""
    return namedtuple("DatabaseRow", names, rename=True)  # noqa: PYI024  known at run time only


def _read(documents: tuple[int, ...], record: Any) -> list[Any]:
    values = list(record)
    for number in documents:
        values[number] = table_of(values[number])
    return values
