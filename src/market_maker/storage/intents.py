"""Orders and their news put on record by one statement of PostgreSQL.

In a transaction of its own the same takes five round trips, each of which waits for its turn on a
busy machine, and a market fact waits for all of them before its order may go out. What is written
and what is held is the same: owners' rows FOR SHARE until the commit, the orders, the news. Where
anything is not as it should be nothing is written, and the transaction of the usual kind says what
it is.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Column
from sqlalchemy.dialects import postgresql

from market_maker.ports import PutDown
from market_maker.storage.session import values_of
from market_maker.storage.tables import OPEN, orders

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_FENCE = ("symbol", "worker", "epoch")
_NEWS = ("client_order_id", "status", "filled", "updated_at", "venue_order_id", "reason")
_ADDED = tuple(column for column in orders.c if column.name != "id")
_CHANGED = tuple(orders.c[name] for name in _NEWS)


class RawConnection(Protocol):
    """A connection as the driver has it, outside of any transaction."""

    async def fetchval(self, query: str, *arguments: object) -> Any:
        """The first column of the first row of the answer."""


def in_one_statement(what: PutDown) -> bool:
    """Whether it can be: news of an order that is added with them would not find it."""
    added = {each.client_order_id for each in what.orders}
    return not any(each.client_order_id in added for each in what.changes)


async def put_down(connection: RawConnection, what: PutDown) -> bool:
    """Whether all is on record; else nothing is, since a fence does not hold. Raises what the
    driver does."""
    fences = sorted(set(what.fences), key=lambda each: (each.symbol, each.epoch, each.worker))
    held: tuple[list[Any], ...] = tuple([getattr(f, name) for f in fences] for name in _FENCE)
    added = _arrays(_ADDED, [values_of(each) for each in what.orders])
    changed = _arrays(_CHANGED, [values_of(each) for each in what.changes])
    done = await connection.fetchval(_statement(), len(fences), *held, *added, *changed)
    return bool(done)


def _arrays(columns: Sequence[Column[Any]], rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """By column, as the driver wants the values."""
    return [[_bound(column, row[column.name]) for row in rows] for column in columns]


def _bound(column: Column[Any], value: Any) -> Any:
    bind = getattr(column.type, "process_bind_param", None)
    return value if bind is None else bind(value, _DIALECT)


@cache
def _statement() -> str:
    first_added = 2 + len(_FENCE)
    first_changed = first_added + len(_ADDED)
    names = ", ".join(column.name for column in _ADDED)
    return f"""
        WITH fence AS MATERIALIZED (
            SELECT o.symbol FROM mm_symbol_owners o
            JOIN unnest($2::text[], $3::text[], $4::bigint[]) AS f (symbol, worker, epoch)
              ON o.symbol = f.symbol AND o.worker = f.worker AND o.epoch = f.epoch
            FOR SHARE OF o
        ), held AS MATERIALIZED (
            SELECT count(*) = $1::bigint AS all_of_them FROM fence
        ), added AS (
            INSERT INTO mm_orders ({names})
            SELECT n.* FROM unnest({_typed(_ADDED, first_added)}) AS n ({names}), held
            WHERE held.all_of_them
        ), changed AS (
            UPDATE mm_orders SET
                status = CASE WHEN mm_orders.{OPEN} THEN n.status ELSE mm_orders.status END,
                filled = greatest(mm_orders.filled, n.filled),
                venue_order_id = coalesce(nullif(n.venue_order_id, ''), mm_orders.venue_order_id),
                reason = coalesce(nullif(n.reason, ''), mm_orders.reason),
                updated_at = n.updated_at
            FROM unnest({_typed(_CHANGED, first_changed)}) AS n ({", ".join(_NEWS)}), held
            WHERE held.all_of_them AND mm_orders.client_order_id = n.client_order_id
        )
        SELECT all_of_them FROM held"""  # noqa: S608  names of our own tables


def _typed(columns: Sequence[Column[Any]], first: int) -> str:
    kinds = (column.type.compile(_DIALECT).partition(" ")[0] for column in columns)
    return ", ".join(f"${first + n}::{kind}[]" for n, kind in enumerate(kinds))
