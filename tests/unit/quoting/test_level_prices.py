"""Level prices: what is close enough is held, and nothing crosses."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.price_grid import EVERY_TICK
from market_maker.quoting.level_prices import above, below, is_price, reprice, step_at


def target(shift_bps, spread_bps, threshold_bps):
    return SimpleNamespace(
        shift_bps=shift_bps,
        spread_bps=spread_bps,
        threshold_bps=threshold_bps,
        per_bid=1.0 - (shift_bps + spread_bps / 2) / 10_000.0,
        per_ask=1.0 - (shift_bps - spread_bps / 2) / 10_000.0,
    )


prices = st.integers(0, 2_000)


@given(
    st.tuples(st.floats(-50, 50), st.floats(0, 100), st.floats(0, 30)),
    st.tuples(st.integers(900, 1_099), st.integers(1, 40)),
    st.lists(prices, min_size=3, max_size=3),
    st.lists(prices, min_size=3, max_size=3),
)
def test_without_a_grid_every_tick_is_a_price_and_nothing_crosses(wanted, touch, bids, asks):
    bid, ask = touch[0], sum(touch)
    tops, fair, offsets = (ask, bid, bid, bid, ask), (bid + ask) / 2, (0.0, 4.0, 9.0)
    held = [list(bids), list(asks)]
    moved = reprice(target(*wanted), fair, (held[0], held[1], offsets), tops, None)
    gridded = [list(bids), list(asks)]
    same = reprice(target(*wanted), fair, (gridded[0], gridded[1], offsets), tops, EVERY_TICK)
    assert (moved, held) == (same, gridded)
    assert all(0 <= price < ask for price in held[0])
    assert all(price > bid for price in held[1])


def test_a_price_within_the_threshold_is_held_and_one_beyond_it_moves():
    held = ([990], [1_010])
    levels = (*held, (0.0,))
    moved, _ = reprice(
        target(0.0, 200.0, 5.0), 1_000.4, levels, (1_001, 999, 999, 999, 1_001), None
    )
    assert moved == 1
    assert held == ([990], [1_010 + 1])


def test_steps_without_a_grid_are_ticks():
    assert (step_at(None, 7), below(None, 7), above(None, 7), is_price(None, 7)) == (1, 6, 8, True)
