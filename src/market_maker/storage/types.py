"""Column types that mean the same on SQLite and on PostgreSQL."""

from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Integer, Numeric, Text
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from market_maker.model.errors import InvalidFieldError

POSTGRESQL = "postgresql"
SQLITE = "sqlite"


class MoneyType(TypeDecorator[Decimal]):
    """A Decimal, to the last digit: exact text on SQLite, NUMERIC on PostgreSQL.

    SQLAlchemy's own Numeric goes through a float on SQLite and loses digits without a word. As
    text does not compare or add up like a number, such columns are compared in Python.
    """

    impl = Numeric
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Refuses what would be wrong on SQLite."""

        @override
        def operate(self, op: OperatorType, *_other: Any, **_kwargs: Any) -> Any:
            raise NotImplementedError(f"money is not compared in SQL: {op.__name__}")

    comparator_factory = Comparator

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == SQLITE else Numeric())

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        assert isinstance(value, Decimal), value  # a float has lost digits already
        if not value.is_finite():
            raise InvalidFieldError("amount", str(value), "a finite decimal number")
        return format(value, "f") if dialect.name == SQLITE else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return Decimal(value) if dialect.name == SQLITE and value is not None else value


class Words(TypeDecorator[str]):
    """Text, sorted by code point. NUL characters and halves of surrogate pairs, which PostgreSQL
    does not take, are refused on both."""

    impl = Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == SQLITE else Text(collation="C"))

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        if value is None or (value.isascii() and "\0" not in value):
            return value
        try:
            encoded = value.encode()
        except UnicodeEncodeError:
            encoded = b"\0"
        if b"\0" in encoded:
            raise InvalidFieldError("text", value, "characters that UTF-8 can hold, without NUL")
        return value


class Document(TypeDecorator[dict[str, Any]]):
    """A table of plain values, as JSON text."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else msgspec.json.encode(value, order="sorted").decode()

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:
        del dialect
        return table_of(value)


def table_of(text: str | None) -> dict[str, Any] | None:
    """What a Document holds."""
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])


Whole = BigInteger
"""Ticks, lots, values, nanoseconds, counters."""

RowNumber = BigInteger().with_variant(Integer(), SQLITE)
"""Given by the database; SQLite counts only a column of exactly this type."""
