"""Many rows into a table, past SQLAlchemy: the same values on a shorter way."""

import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import Struct
from sqlalchemy import Table

from market_maker.storage.database import Database
from market_maker.storage.types import SQLITE, MoneyType


async def write(
    database: Database, table: Table, rows: Sequence[Struct], **more: Sequence[Any]
) -> None:
    """In one transaction. more: columns that the Structs do not have, or that replace theirs."""
    names = [name for name in rows[0].__struct_fields__ if name not in more]
    columns: list[Sequence[Any]] = [[getattr(row, name) for row in rows] for name in names]
    names += more
    columns += more.values()
    async with database.writer.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        if connection.dialect.name == SQLITE:
            columns = [
                list(map(plain, column)) if isinstance(table.c[name].type, MoneyType) else column
                for name, column in zip(names, columns, strict=True)
            ]
            await raw.call(partial(_insert, table.name, names, columns))
        else:
            records = zip(*columns, strict=True)
            await raw.copy_records_to_table(table.name, records=records, columns=names)


def _insert(
    table: str, names: Sequence[str], columns: Sequence[Sequence[Any]], raw: sqlite3.Connection
) -> None:
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany(statement, zip(*columns, strict=True))
    raw.execute("COMMIT")


def plain(amount: Decimal) -> str:
    """As storage.types.MoneyType writes it."""
    return format(amount, "f")
