"""/v1/pools/{symbol}/book: the market's levels, with our own orders marked."""

from typing import Annotated

from market_maker.api.reading import Query
from market_maker.api.routes import EVERYONE, Asked, Route
from market_maker.model.fields import number
from market_maker.operations.pool_book import LEVELS_MAX, PoolBook, no_book, pool_book


class BookQuery(Query, frozen=True, kw_only=True):
    """levels: of each side, the best ones."""

    levels: Annotated[int, number("1", str(LEVELS_MAX), "levels", "Of each side.")] = 20


async def _book(asked: Asked) -> PoolBook:
    levels = asked.query_as(BookQuery).levels
    runner = asked.application.running.engine_host.get(asked.symbol)
    if runner is not None and not runner.failure:
        return pool_book(runner, levels)
    now = asked.services.clock.now()
    if runner is not None:
        return no_book(asked.symbol, now, f"the engine failed: {runner.failure}")
    await asked.application.pools.get(asked.symbol)
    return no_book(asked.symbol, now, "no engine: the market is not read")


ROUTES = (
    Route(
        method="GET",
        path="/v1/pools/{symbol}/book",
        name="getPoolBook",
        summary="The book of a pool's market by level, with own orders and whose they are.",
        family="pools",
        roles=EVERYONE,
        handle=_book,
        answer=PoolBook,
        query=BookQuery,
    ),
)
