"""A reason that is a limit names it, with its value."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import LimitTexts
from market_maker.model.quotes import Reason
from market_maker.operations.limit_words import limit_of, reason_words
from tests.support.office import config

TAKEN = LimitTexts(
    min_size=Decimal("0.010"),
    max_size=Decimal(50),
    max_notional=Decimal(1_000_000),
    price_band_up=Decimal("0.05"),
    price_band_down=Decimal("0.02"),
    max_open_orders=40,
)
PLAIN = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))
LIMITED = replace(PLAIN, limits=TAKEN.counted(PLAIN.lot_size))
POOL = config(price_collar_bps=200, max_pool_position_usdt=30_000)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.MIN_SIZE, "min_size 0.01"),
        (Reason.MAX_SIZE, "max_size 50, max_notional 1000000"),
        (Reason.LARGEST_SIZE, "max_size 50, max_notional 1000000"),
        (Reason.PRICE_BAND, "price_band_up 0.05, price_band_down 0.02"),
        (Reason.OPEN_ORDERS, "max_open_orders 40"),
        (Reason.MIN_NOTIONAL, "min_notional 5, lot 0.001"),
        (Reason.ORDER_VALUE, "twice order_size_usdt: 20000"),
        (Reason.PRICE_COLLAR, "price_collar_bps 200"),
        (Reason.POSITION_LIMIT, "max_pool_position_usdt 30000"),
        (Reason.WORST_CASE, "max_pool_position_usdt 30000"),
    ],
)
def test_the_limit_that_a_reason_is_about_has_its_name_and_its_value(reason, words):
    assert limit_of(reason, LIMITED, POOL) == words
    assert reason_words(reason, LIMITED, POOL) == f"{reason.value} ({words})"


def test_a_reason_that_is_no_limit_stands_alone():
    assert reason_words(Reason.STALE, LIMITED, POOL) == "stale market data"


def test_a_limit_that_the_venue_does_not_set_is_not_named():
    only = LimitTexts(max_size=Decimal(2)).counted(PLAIN.lot_size)
    assert limit_of(Reason.MAX_SIZE, replace(PLAIN, limits=only), POOL) == "max_size 2"


def test_a_pool_s_own_order_value_is_named_where_it_is_set():
    pool = replace(POOL, max_order_value_usdt=Decimal(25_000))
    assert limit_of(Reason.ORDER_VALUE, LIMITED, pool) == "max_order_value_usdt 25000"
