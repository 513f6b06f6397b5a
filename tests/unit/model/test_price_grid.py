from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.price_grid import PriceBand, PriceGrid, significant_figures

CENT = Decimal("0.01")
FIVE = significant_figures(CENT, 5)
TICKS = st.integers(1, 3 * 10**7)


@given(TICKS)
def test_five_figures_or_an_integer_is_what_the_grid_holds(ticks):
    digits = (ticks * CENT).normalize().as_tuple().digits
    allowed = len(digits) <= 5 or ticks % 100 == 0
    assert FIVE.holds(ticks) is allowed


@given(TICKS)
def test_the_neighbours_of_a_price_are_the_nearest_prices(ticks):
    down, up = FIVE.down(ticks), FIVE.up(ticks)
    assert down <= ticks <= up
    assert FIVE.holds(down)
    assert FIVE.holds(up)
    assert not any(FIVE.holds(between) for between in range(down + 1, up))
    below, above = FIVE.below(ticks), FIVE.above(ticks)
    assert below < ticks < above
    assert not any(FIVE.holds(between) for between in range(below + 1, above) if between != ticks)


def test_a_step_ends_where_the_next_begins():
    assert FIVE.above(99_999) == 100_000  # 999.99 -> 1000.0
    assert FIVE.above(100_000) == 100_010  # 1000.0 -> 1000.1
    assert FIVE.below(100_000) == 99_999
    assert FIVE.above(1_000_000) == 1_000_100  # 10000 -> 10001
    assert FIVE.above(10_000_000) == 10_000_100  # 100000 -> 100001: every integer


def test_without_bands_every_tick_is_a_price():
    assert PriceGrid().above(7) == 8
    assert PriceGrid().below(7) == 6
    assert PriceGrid().holds(7)
    assert significant_figures(Decimal(1), 5) == PriceGrid()


@pytest.mark.parametrize(
    "bands",
    [
        [(1, 1)],  # does not begin at 0
        [(0, 0)],
        [(0, 1), (0, 10)],
        [(0, 1), (105, 10)],
        [(0, 10), (105, 5)],  # no multiple of the step below
    ],
)
def test_bands_that_leave_a_price_on_no_grid_are_refused(bands):
    with pytest.raises(InvalidFieldError, match="price_bands"):
        PriceGrid(tuple(PriceBand(*band) for band in bands))


@pytest.mark.parametrize("tick", ["0.5", "0.03", "NaN"])
def test_figures_are_counted_on_a_tick_that_is_a_power_of_ten(tick):
    with pytest.raises(InvalidFieldError, match="power of ten"):
        significant_figures(Decimal(tick), 5)


def test_an_instrument_says_the_step_at_a_price():
    made = Instrument("XYZ", CENT, CENT, price_grid=FIVE)
    assert made.price_step(Decimal("999.99")) == CENT
    assert made.price_step(Decimal("1000.03")) == Decimal("0.1")
    assert Instrument("BTC", CENT, CENT).price_step(Decimal(1000)) == CENT
