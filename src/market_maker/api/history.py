"""/v1/pools/{symbol}/history: a pool's series, with what happened to it."""

from decimal import Decimal
from typing import Annotated

from msgspec import Struct

from market_maker.api.filters import WindowQuery, span_of
from market_maker.api.routes import EVERYONE, Asked, Route
from market_maker.api.wire import write_decimal
from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import choice
from market_maker.model.history import HOUR, STEPS, HistoryRow
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.pool_events import PoolEvent, signal_events

ROWS_WANTED = 1_000
"""Without a step it is the finest that has no more rows."""
ROWS_MAX = 4_000

Cell = str | int | float | bool | None
COLUMNS = HistoryRow.__struct_fields__


class HistoryQuery(WindowQuery, frozen=True, kw_only=True):
    """since <= time < until; the last hour unless asked for. step: the finest that fits without
    one."""

    step: Annotated[str | None, choice(STEPS, "Seconds, minutes or an hour a row.")] = None


class HistoryView(Struct, frozen=True, kw_only=True):
    """columns: names of the values in a row; rows: oldest first, a step that was not seen is left
    out; marks: what happened meanwhile. ts of a row: milliseconds since the epoch, at the beginning
    of its step; prices, money and positions: decimals as text, null where nothing was known;
    net_min to position_max: the extremes within the step, everything else its last value; fills:
    within it. Seconds are kept for a day, minutes for 90, hours for a year."""

    symbol: str
    step: str
    since: Nanos
    until: Nanos
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...]
    marks: tuple[PoolEvent, ...]


async def _history(asked: Asked) -> HistoryView:
    query = asked.query_as(HistoryQuery)
    since, until = span_of(query, asked.services.clock.now(), HOUR)
    step = query.step or _step_for(until - since)
    if (until - since) // STEPS[step] > ROWS_MAX:
        fits = [name for name, ns in STEPS.items() if (until - since) // ns <= ROWS_MAX]
        allowed = f"a step with at most {ROWS_MAX} rows in the span: {', '.join(fits) or 'none'}"
        raise InvalidFieldError("step", step, allowed)
    application = asked.application
    await application.pools.get(asked.symbol)
    rows = await application.history.read(asked.symbol, STEPS[step], since, until)
    marks = await application.story.marks(asked.symbol, since, until)
    both = sorted((*marks, *signal_events(rows)), key=lambda mark: mark.ts)
    return HistoryView(
        symbol=asked.symbol,
        step=step,
        since=since,
        until=until,
        columns=COLUMNS,
        rows=tuple(map(_cells, rows)),
        marks=tuple(both),
    )


def _step_for(span: int) -> str:
    return next((name for name, ns in STEPS.items() if span // ns <= ROWS_WANTED), "1h")


def _cells(row: HistoryRow) -> tuple[Cell, ...]:
    values = [getattr(row, name) for name in COLUMNS[1:]]
    return (row.ts // NANOS_PER_MS, *map(_cell, values))


def _cell(value: Cell | Decimal) -> Cell:
    return write_decimal(value) if isinstance(value, Decimal) else value


ROUTES = (
    Route(
        method="GET",
        path="/v1/pools/{symbol}/history",
        name="getPoolHistory",
        summary="One pool's series: quotes, position, money; with what happened meanwhile.",
        family="pools",
        roles=EVERYONE,
        handle=_history,
        answer=HistoryView,
        query=HistoryQuery,
    ),
)
