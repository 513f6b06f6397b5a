"""Numbers of the wire are whole ticks and lots, and come back as they were."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.units import VALUE_SCALE
from market_maker.venues.hyperliquid.grid import WireGrid


@pytest.fixture
def grid():
    return WireGrid(Instrument("BTC", Decimal("0.1"), Decimal("0.00001")))


def test_what_is_sent_is_read_back_as_the_same(grid):
    assert grid.price_text(970_000) == "97000"
    assert grid.size_text(219) == "0.00219"
    for ticks in (1, 970_000, 970_005):
        assert grid.ticks(grid.price_text(ticks)) == ticks
    for lots in (1, 100_000, 219):
        assert grid.lots(grid.size_text(lots)) == lots
    assert grid.size(Decimal("-0.00785")) == -785
    with pytest.raises(InvalidDataError):
        grid.price(Decimal("0.05"))


def test_money_is_the_nearest_value(grid):
    # One tick x lot is 0.000001 of the collateral.
    assert grid.value(Decimal("0.004845")) == 4_845 * VALUE_SCALE
    assert grid.value(Decimal("-0.0000015")) == -VALUE_SCALE * 3 // 2


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999999999", "-1e999999999", "1e40"])
def test_what_is_no_amount_is_refused_at_once_wherever_it_is_read(grid, text):
    amount = Decimal(text)
    for read in (grid.price, grid.near, grid.size, grid.value):
        with pytest.raises(InvalidDataError):
            read(amount)
    for read_text in (grid.ticks, grid.lots):
        with pytest.raises(InvalidDataError):
            read_text(text)
