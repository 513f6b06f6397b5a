"""A pool's venue is one that the service trades at and that lists its symbol."""

from types import SimpleNamespace

import pytest

from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import InvalidFieldError

SANDBOX = SimpleNamespace(find={"BTCUSDT-PERP": "an instrument"}.get)
BEYOND = SimpleNamespace(find={"BTC": "an instrument"}.get)
BOTH = {"sandbox": SANDBOX, "hyperliquid": BEYOND}


def pools(listings):
    return RunningPools(None, None, None, "order service", listings)


def config(symbol, venue):
    return SimpleNamespace(symbol=symbol, venue=venue)


def test_where_orders_go():
    made = pools(BOTH)
    assert made.venue_of(config("BTCUSDT-PERP", "sandbox")) == "order service"
    assert made.venue_of(config("BTC", "hyperliquid")) == "hyperliquid"


def test_a_venue_that_lists_the_symbol_will_do():
    made = pools(BOTH)
    made.check_venue(config("BTC", "hyperliquid"))
    made.check_venue(config("BTCUSDT-PERP", "sandbox"))
    # Nobody lists it: that is said of the instrument.
    made.check_venue(config("NONE", "sandbox"))


def test_another_venues_symbol_is_refused_by_name():
    with pytest.raises(InvalidFieldError, match="hyperliquid, which lists BTC"):
        pools(BOTH).check_venue(config("BTC", "sandbox"))


def test_a_venue_where_the_service_does_not_trade_is_refused():
    with pytest.raises(InvalidFieldError, match="sandbox, where this service trades"):
        pools({}).check_venue(config("BTC", "hyperliquid"))
