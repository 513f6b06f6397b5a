"""What a venue does not take is said before it is quoted."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import LimitTexts
from market_maker.operations.feasibility import check_pool, smallest_order
from market_maker.operations.limit_warnings import largest_order, limit_warnings
from tests.support.office import config, member

PRICE = Decimal(100_000)
PLAIN = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))


def limited(**texts):
    limits = LimitTexts(**{name: Decimal(text) for name, text in texts.items()})
    return replace(PLAIN, limits=limits.counted(PLAIN.lot_size))


def capped(orders):
    return replace(PLAIN, limits=LimitTexts(max_open_orders=orders).counted(PLAIN.lot_size))


def test_the_largest_order_is_whole_lots():
    assert largest_order(PLAIN, PRICE) is None
    assert largest_order(limited(max_size="0.0059"), PRICE) == 500
    assert largest_order(limited(max_size="5", max_notional="399"), PRICE) == 300


def test_the_smallest_order_is_of_the_venues_smallest_size():
    assert smallest_order(limited(min_size="0.0021"), PRICE) == 300


@pytest.mark.parametrize(
    ("instrument", "words"),
    [
        (limited(max_notional="200"), "largest order that the venue takes (200); it is cut"),
        (capped(1), "more than the venue takes of an account (1)"),
        (limited(price_band_up="0.00001"), "0.1 bps or more above the mark"),
        (limited(price_band_down="0.00001"), "0.1 bps or more below the mark"),
    ],
)
def test_what_will_not_be_quoted_as_it_is_wanted_is_a_warning(instrument, words):
    pool = config(order_size_usdt=Decimal(1_000), members=(member("a", 100),))
    assert list(limit_warnings(PLAIN, pool, PRICE)) == []
    assert any(words in warning for warning in check_pool(instrument, pool, PRICE))


def test_a_size_below_the_venues_smallest_is_refused():
    with pytest.raises(InvalidFieldError, match=r"and size of 0\.005"):
        check_pool(limited(min_size="0.005"), config(order_size_usdt=Decimal(400)), PRICE)


def test_where_the_venue_takes_no_size_at_this_price_that_is_said():
    instrument = limited(min_size="0.005", max_notional="400")
    with pytest.raises(InvalidFieldError, match="nothing while the largest order"):
        check_pool(instrument, config(order_size_usdt=Decimal(1_000)), PRICE)
