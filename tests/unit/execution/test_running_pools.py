"""A pool's venue is one that the service trades at and that lists its symbol."""

from types import SimpleNamespace

import pytest

from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig

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
