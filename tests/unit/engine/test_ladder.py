from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.ladder import Ladder
from market_maker.engine.terms import terms_of
from market_maker.model.price_grid import significant_figures
from market_maker.model.quotes import Clamp
from market_maker.quoting.view import Distances
from tests.unit.engine.desk import FAIR, INSTRUMENT, pool

WIDE = (FAIR - 1_000, FAIR + 1_000)


def terms(**fields):
    return terms_of(INSTRUMENT, pool(price_threshold_bps=100, **fields))


def ladder(distances, fair=float(FAIR), book=WIDE, made=None, **fields):
    made = made or Ladder()
    made.aim(distances, terms(**fields))
    made.update(fair, book)
    return made


def test_levels_stand_their_spacing_apart():
    made = ladder(Distances(5.0, 5.0), num_levels=3, level_spacing_bps=4)
    assert made.prices == ([99_950, 99_910, 99_870], [100_050, 100_090, 100_130])


def test_spaced_less_than_a_tick_levels_stand_a_tick_apart():
    made = ladder(Distances(5.0, 5.0), num_levels=3, level_spacing_bps=0.01)
    assert made.prices == ([99_950, 99_949, 99_948], [100_050, 100_051, 100_052])


def test_bids_stay_below_the_best_ask_and_asks_above_the_best_bid():
    made = ladder(Distances(-5.0, 15.0), book=(FAIR - 1, FAIR + 1), num_levels=2)
    assert made.prices[0] == [FAIR, FAIR - 1]
    made = ladder(Distances(15.0, -5.0), book=(FAIR - 1, FAIR + 1), num_levels=2)
    assert made.prices[1] == [FAIR, FAIR + 1]


def test_a_bid_leaning_above_fair_is_never_kept_there():
    made = ladder(Distances(-2.0, 12.0))
    assert made.prices[0] == [FAIR + 20]
    ladder(Distances(-2.0, 12.0), fair=FAIR - 1.0, made=made)
    assert made.prices[0] == [FAIR + 18]  # 2 bps of 99,999, rounded down


def test_an_ask_leaning_below_fair_is_never_kept_there():
    made = ladder(Distances(12.0, -2.0))
    assert made.prices[1] == [FAIR - 20]
    ladder(Distances(12.0, -2.0), fair=FAIR + 1.0, made=made)
    assert made.prices[1] == [FAIR - 19]


def test_a_held_price_that_would_take_is_given_up():
    made = ladder(Distances(5.0, 5.0))
    ladder(Distances(5.0, 5.0), made=made, book=(FAIR - 1_000, FAIR - 50))
    assert made.prices[0] == [FAIR - 51]


def test_the_version_grows_only_when_a_price_changes():
    made = ladder(Distances(5.0, 5.0))
    before = made.version
    ladder(Distances(5.0, 5.0), fair=FAIR + 20.0, made=made)
    assert made.version == before
    ladder(Distances(5.0, 5.0), fair=FAIR + 26.0, made=made)
    assert made.version == before + 1


def test_cleared_it_keeps_nothing():
    made = ladder(Distances(5.0, 5.0))
    made.clear()
    ladder(Distances(5.0, 5.0), fair=FAIR + 10.0, made=made)
    assert made.prices == ([FAIR - 41], [FAIR + 61])


def test_a_bid_at_or_below_zero_is_no_price():
    made = ladder(Distances(5.0, 5.0), fair=2.0, book=(1, 3), num_levels=4, level_spacing_bps=0.01)
    assert made.prices[0] == [1, 0, 0, 0]
    assert made.prices[1] == [3, 4, 5, 6]


def test_the_total_spread_is_clamped_and_says_by_what():
    assert ladder(Distances(1.0, 1.0), min_spread_bps=5).clamp is Clamp.FLOOR
    assert ladder(Distances(60.0, 60.0)).clamp is Clamp.CEILING
    made = ladder(Distances(7.0, 3.0))
    assert (made.clamp, made.spread_bps, made.shift_bps) == (Clamp.INSIDE, 10.0, 2.0)
    assert Decimal(made.prices[1][0] - made.prices[0][0]) == 100


FIVE_FIGURES = msgspec.structs.replace(
    INSTRUMENT, price_grid=significant_figures(INSTRUMENT.tick_size, 5)
)


@given(
    fair=st.floats(90_000.0, 110_000.0),
    bid=st.floats(-10.0, 60.0),
    ask=st.floats(0.5, 60.0),
    gap=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_every_price_lies_on_a_grid_that_depends_on_price(fair, bid, ask, gap):
    config = pool(price_threshold_bps=100, num_levels=4, level_spacing_bps=0.1, min_spread_bps=0)
    made, grid = Ladder(), FIVE_FIGURES.price_grid
    made.aim(Distances(bid, ask), terms_of(FIVE_FIGURES, config))
    best_bid, best_ask = int(fair) - gap[0], int(fair) + gap[1]
    made.update(fair, (best_bid, best_ask))
    bids, asks = made.prices
    assert all(grid.holds(price) for price in (*bids, *asks))
    assert best_ask > bids[0] > bids[1] > bids[2] > bids[3] > 0
    assert best_bid < asks[0] < asks[1] < asks[2] < asks[3]


def test_a_quote_steps_back_to_the_price_that_its_side_allows():
    # 10,000.0 and above in steps of 1, which are 10 ticks; below in steps of a tick.
    made = Ladder()
    made.aim(Distances(2.1, 2.1), terms_of(FIVE_FIGURES, pool()))
    made.update(100_005.0, (99_000, 101_000))
    assert made.prices == ([99_983], [100_030])
    low, high = made.zone()
    assert low == high


def coarse_market(distances, fair):
    """A ladder where a spread of two ticks is near; the book a tick wide."""
    made = Ladder()
    config = pool(price_threshold_bps=0.5, min_spread_bps=0, max_spread_bps=80, num_levels=2)
    made.aim(distances, terms_of(INSTRUMENT, config))
    made.update(fair, (1_387, 1_388))
    return made


def test_prices_are_not_held_where_fair_makes_a_spread_of_less_than_two_ticks():
    """A quote then joins the touch. On a recording of BAC an engine that held its turn stood a tick
    behind it until the next sample, and the compiled replay did not."""
    distances = Distances(7.68496, 6.72939)
    made = coarse_market(distances, 1_387.5728)
    assert made.prices == ([1_386, 1_385], [1_389, 1_390])
    low, _ = made.zone()
    assert low > 1_387.4838
    made.update(1_387.4838, (1_387, 1_388))
    assert made.prices[1][0] == 1_388


@given(
    fair=st.floats(1_387.01, 1_387.99),
    later=st.floats(0.0, 1.0),
    half=st.floats(6.9, 7.5),
    shift=st.floats(-3.0, 3.0),
)
def test_within_its_zone_no_price_moves_where_ticks_are_large(fair, later, half, shift):
    distances = Distances(half + shift, half - shift)
    made = coarse_market(distances, fair)
    low, high = made.zone()
    moved = low + (high - low) * later
    if low < moved < high:
        before, version = [[*side] for side in made.prices], made.version
        made.update(moved, (1_387, 1_388))
        assert ([*made.prices], made.version) == (before, version)
