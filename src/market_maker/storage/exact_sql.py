"""Sums of money in SQL that are exact on both databases.

PostgreSQL adds NUMERIC; SQLite, where money is text, calls back into Python for every addition.
"""

import sqlite3
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from market_maker.storage.session import StoreSession
from market_maker.storage.types import POSTGRESQL, SQLITE, MoneyType

_PLACES = 60
_CONTEXT = Context(prec=_PLACES, traps=[Inexact, InvalidOperation])


class total(FunctionElement[Decimal]):  # noqa: N801 - reads as SQL
    """The sum of a column of money, NULLs left out; 0 of none."""

    name = "total"
    type = MoneyType()
    inherit_cache = True


class added(FunctionElement[Decimal]):  # noqa: N801
    """One amount plus another."""

    name = "added"
    type = MoneyType()
    inherit_cache = True


class is_negative(FunctionElement[bool]):  # noqa: N801
    """Whether an amount is below 0."""

    name = "is_negative"
    type = Boolean()
    inherit_cache = True


def insert_adding(
    session: StoreSession,
    table: Table,
    added_up: tuple[Sequence[str], Sequence[str]],
    newest: Sequence[str] = (),
) -> Any:
    """An INSERT that adds to the row which is there already: its `added_up` (whole numbers and
    amounts of money); its `newest` columns are replaced."""
    counts, sums = map(tuple, added_up)
    return _insert_adding(session.embedded, table, counts, sums, tuple(newest))


@cache
def _insert_adding(
    embedded: bool,
    table: Table,
    counts: tuple[str, ...],
    sums: tuple[str, ...],
    newest: tuple[str, ...],
) -> Any:
    """Made once: `excluded` copies the whole table, and leaves work for the garbage collector."""
    statement = (sqlite.insert if embedded else postgresql.insert)(table)
    given = statement.excluded
    news: dict[str, Any] = {name: table.c[name] + given[name] for name in counts}
    news |= {name: added(table.c[name], given[name]) for name in sums}
    news |= {name: given[name] for name in newest}
    return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=news)


class _Sum:
    """An aggregate, as sqlite3 wants it."""

    def __init__(self) -> None:
        self._sum = Decimal(0)

    def step(self, amount: str | None) -> None:
        if amount is not None:
            self._sum = _CONTEXT.add(self._sum, Decimal(amount))

    def finalize(self) -> str:
        return format(self._sum, "f")


def install(connection: sqlite3.Connection) -> None:
    """Teach a connection of SQLite to add."""
    aggregate: Any = _Sum  # typeshed knows of aggregates of whole numbers only
    connection.create_aggregate("money_sum", 1, aggregate)
    connection.create_function("money_add", 2, _add, deterministic=True)


def _add(one: str, other: str) -> str:
    return format(_CONTEXT.add(Decimal(one), Decimal(other)), "f")


@compiles(total, SQLITE)
def _total_on_sqlite(element: total, compiler: Any, **options: Any) -> str:
    return f"coalesce(money_sum({compiler.process(element.clauses, **options)}), '0')"


@compiles(total, POSTGRESQL)
def _total_on_postgresql(element: total, compiler: Any, **options: Any) -> str:
    return f"coalesce(sum({compiler.process(element.clauses, **options)}), 0)"


@compiles(added, SQLITE)
def _added_on_sqlite(element: added, compiler: Any, **options: Any) -> str:
    return f"money_add({compiler.process(element.clauses, **options)})"


@compiles(added, POSTGRESQL)
def _added_on_postgresql(element: added, compiler: Any, **options: Any) -> str:
    one, other = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({one} + {other})"


@compiles(is_negative, SQLITE)
def _is_negative_on_sqlite(element: is_negative, compiler: Any, **options: Any) -> str:
    # Not a 0 with a sign: nothing stores one.
    return f"(substr({compiler.process(element.clauses, **options)}, 1, 1) = '-')"


@compiles(is_negative, POSTGRESQL)
def _is_negative_on_postgresql(element: is_negative, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} < 0)"
