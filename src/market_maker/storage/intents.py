"""Orders and their news put on record by one statement of PostgreSQL.

In a transaction of its own the same takes five round trips, each of which waits for its turn on a
busy machine, and a market fact waits for all of them before its order may go out. What is written
and what is held is the same: owners' rows FOR SHARE until the commit, the orders, the news. Where
anything is not as it should be nothing is written, and the transaction of the usual kind says what
it is.

Rows go as one JSON text, which the server takes apart: the driver goes through each value of an
array several times. A statement has only those parts for which there is something.
"""

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from market_maker.ports import PutDown
from market_maker.storage.kept_connections import RawConnection
from market_maker.storage.tables import OPEN, orders
from market_maker.storage.types import MoneyType

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_NEWS = ("client_order_id", "status", "filled", "updated_at", "venue_order_id", "reason")
_ADDED = tuple(column for column in orders.c if column.name != "id")
_CHANGED = tuple(orders.c[name] for name in _NEWS)
_AMOUNTS = tuple(column.name for column in _ADDED if isinstance(column.type, MoneyType))


class OneStatement(NamedTuple):
    """A statement with its parameters."""

    text: str
    rows: list[str]


def in_one_statement(what: PutDown) -> OneStatement | None:
    """None where it cannot be: news of an order that is added with them would not find it, and
    what is no text or no amount is said by the transaction of the usual kind."""
    added = {each.client_order_id for each in what.orders}
    if any(each.client_order_id in added for each in what.changes):
        return None
    if not all(getattr(each, name).is_finite() for each in what.orders for name in _AMOUNTS):
        return None
    fences = sorted(set(what.fences), key=lambda each: (each.symbol, each.epoch, each.worker))
    parts = StatementParts(bool(fences), bool(what.orders), bool(what.changes))
    try:
        rows = [_json(each) for each in (fences, what.orders, what.changes) if each]
    except (UnicodeEncodeError, OverflowError):
        return None
    return OneStatement(statement(parts), rows)


async def put_down(connection: RawConnection, what: OneStatement) -> bool:
    """Whether all is on record; else nothing is, since a fence does not hold. Raises what the
    driver does."""
    return bool(await connection.fetchval(what.text, *what.rows))


class StatementParts(NamedTuple):
    """Which a statement has."""

    fences: bool
    orders: bool
    changes: bool


@cache
def statement(parts: StatementParts) -> str:
    """Each part has its rows as one parameter, in the order of `StatementParts`."""
    number = count(1)
    made = [
        part(f"${next(number)}")
        for wanted, part in zip(parts, (_fence, _added, _changed), strict=True)
        if wanted
    ]
    held = "(SELECT count(*) FROM fence) = json_array_length($1::json)" if parts.fences else "true"
    made.insert(int(parts.fences), f"held AS MATERIALIZED (SELECT {held} AS all_of_them)")
    return f"WITH {', '.join(made)} SELECT all_of_them FROM held"  # noqa: S608  our own parts


def _fence(rows: str) -> str:
    return f"""fence AS MATERIALIZED (
        SELECT o.symbol FROM mm_symbol_owners o
        JOIN json_to_recordset({rows}::json) AS f (symbol text, worker text, epoch bigint)
          ON o.symbol = f.symbol AND o.worker = f.worker AND o.epoch = f.epoch
        FOR SHARE OF o
    )"""  # noqa: S608  names of our own tables


def _added(rows: str) -> str:
    names = ", ".join(column.name for column in _ADDED)
    return f"""added AS (
        INSERT INTO mm_orders ({names})
        SELECT n.* FROM json_to_recordset({rows}::json) AS n ({_typed(_ADDED)}), held
        WHERE held.all_of_them
    )"""  # noqa: S608


def _changed(rows: str) -> str:
    return f"""changed AS (
        UPDATE mm_orders SET
            status = CASE WHEN mm_orders.{OPEN} THEN n.status ELSE mm_orders.status END,
            filled = greatest(mm_orders.filled, n.filled),
            venue_order_id = coalesce(nullif(n.venue_order_id, ''), mm_orders.venue_order_id),
            reason = coalesce(nullif(n.reason, ''), mm_orders.reason),
            updated_at = n.updated_at
        FROM json_to_recordset({rows}::json) AS n ({_typed(_CHANGED)}), held
        WHERE held.all_of_them AND mm_orders.client_order_id = n.client_order_id
    )"""  # noqa: S608


def _typed(columns: Sequence[Column[Any]]) -> str:
    kinds = (column.type.compile(_DIALECT).partition(" ")[0] for column in columns)
    return ", ".join(f"{c.name} {kind}" for c, kind in zip(columns, kinds, strict=True))


def _json(rows: Sequence[Struct]) -> str:
    """Whole numbers and decimals to the last digit: a decimal is a text here. A NUL is refused by
    PostgreSQL."""
    return msgspec.json.encode(rows).decode()
