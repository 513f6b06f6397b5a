"""A pool's venue is one that the service trades at and that lists its symbol."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from tests.support.office import STEP, SYMBOL, at_work, database

SANDBOX = SimpleNamespace(find={"BTCUSDT-PERP": "an instrument"}.get)
BEYOND = SimpleNamespace(find={"BTC": "an instrument"}.get)
BOTH = {"sandbox": SANDBOX, "hyperliquid": BEYOND}


def pools(listings):
    return RunningPools(None, None, None, "order service", listings)


def config(symbol, venue):
    return PoolConfig(symbol=symbol, venue=venue)


def test_where_orders_go():
    made = pools(BOTH)
    assert made.venue_of(config("BTCUSDT-PERP", "sandbox")) == "order service"
    assert made.venue_of(config("BTC", "hyperliquid")) == "hyperliquid"


def test_a_venue_that_lists_the_symbol_will_do():
    made = pools(BOTH)
    made.at_venue(config("BTC", "hyperliquid"))
    made.at_venue(config("BTCUSDT-PERP", "sandbox"))
    # It is not listed: that is said of the instrument.
    made.at_venue(config("NONE", "sandbox"))


def test_another_venues_symbol_is_refused_by_name():
    with pytest.raises(InvalidFieldError, match="hyperliquid, which lists BTC"):
        pools(BOTH).at_venue(config("BTC", "sandbox"))


def test_a_venue_where_the_service_does_not_trade_is_refused():
    with pytest.raises(InvalidFieldError, match="sandbox, where this service trades"):
        pools({}).at_venue(config("BTC", "hyperliquid"))


def test_the_order_service_may_be_named_where_the_service_trades_there_and_nowhere_else():
    named = config("BTCUSDT-PERP", "order service")
    assert pools(BOTH).at_venue(named) == config("BTCUSDT-PERP", "sandbox")
    assert pools({}).at_venue(named) == config("BTCUSDT-PERP", "sandbox")
    with pytest.raises(InvalidFieldError, match="sandbox, where this service trades"):
        RunningPools(None, None, None, "sandbox", {}).at_venue(named)


class LazyStore:
    """Answers after many turns of the loop, as a database of a busy machine does."""

    def __init__(self, store):
        self._store = store

    @asynccontextmanager
    async def reading(self):
        for _ in range(2_000):
            await asyncio.sleep(0)
        async with self._store.reading() as unit:
            yield unit

    def __getattr__(self, name):
        return getattr(self._store, name)


@pytest.mark.anyio
async def test_simulated_time_stands_still_while_the_service_waits_for_the_database():
    """Else what it does while it waits is late by as much as the machine is slow."""
    async with database() as store, at_work(LazyStore(store)) as office:
        await office.pool()
        before = office.clock.now()
        await office.application.pools.get(SYMBOL)
        assert office.clock.now() - before <= 2 * STEP
