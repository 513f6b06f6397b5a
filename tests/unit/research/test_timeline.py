import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.orders import Side
from market_maker.model.quotes import Clamp
from market_maker.research.timeline import (
    CLAMPS,
    OrderInterval,
    Samples,
    quote_line,
    quoting_figures,
    weighted_sum,
)

INSIDE, FLOOR, CEILING = (
    CLAMPS.index(clamp) for clamp in (Clamp.INSIDE, Clamp.FLOOR, Clamp.CEILING)
)


def _samples(*rows):
    ts, mid_x2, clamp = zip(*rows, strict=True)
    return Samples(np.array(ts), np.array(mid_x2), np.array(clamp, np.uint8))


def _bid(price, since, until):
    return OrderInterval(Side.BUY, price, since, until)


def _ask(price, since, until):
    return OrderInterval(Side.SELL, price, since, until)


def test_a_weighted_sum_is_the_same_in_every_order():
    values = np.array([1e16, 1.0, -1e16, 0.1] * 500)
    weights = np.array([1, 3, 1, 2] * 500)
    turned = np.random.default_rng(1).permutation(len(values))
    assert weighted_sum(values[turned], weights[turned]) == weighted_sum(values, weights)
    assert weighted_sum(values, weights) == pytest.approx(500 * 3.2)


def test_the_best_price_of_each_side_counts():
    line = quote_line([_bid(99, 10, 40), _bid(98, 20, 60), _ask(101, 30, 50)], start=0)
    assert line.ts.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert line.bid.tolist() == [0, 99, 99, 99, 98, 98, 0]
    assert line.ask.tolist() == [0, 0, 0, 101, 101, 0, 0]


def test_an_order_replaced_at_one_moment_leaves_no_gap():
    line = quote_line([_bid(99, 10, 20), _bid(98, 20, 30)], start=0)
    assert dict(zip(line.ts.tolist(), line.bid.tolist(), strict=True)) == {
        0: 0,
        10: 99,
        20: 98,
        30: 0,
    }


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 9), st.integers(0, 50), st.integers(0, 50)),
        max_size=20,
    )
)
def test_the_line_is_what_all_orders_show(rows):
    orders = [OrderInterval(side, price, min(a, b), max(a, b)) for side, price, a, b in rows]
    line = quote_line(orders, start=0)
    bids, asks = line.at(np.arange(51))
    for now in range(51):
        live = [order for order in orders if order.since <= now < order.until]
        bid = max((o.price for o in live if o.side is Side.BUY), default=0)
        ask = min((o.price for o in live if o.side is Side.SELL), default=0)
        assert (bids[now], asks[now]) == (bid, ask)


def test_uptime_wants_both_sides_and_the_spread_is_weighted_by_time():
    line = quote_line([_bid(9_990, 0, 100), _ask(10_010, 20, 60), _ask(10_030, 60, 80)], start=0)
    figures = quoting_figures(line, _samples((0, 20_000, INSIDE)), end=100)
    assert figures.uptime == pytest.approx(0.6)
    assert figures.mean_spread_bps == pytest.approx((20 * 40 + 40 * 20) / 60)
    assert (figures.at_floor, figures.at_ceiling) == (0.0, 0.0)


def test_floor_and_ceiling_are_shares_of_the_time_quoted():
    line = quote_line([_bid(9_990, 0, 80), _ask(10_010, 0, 80)], start=0)
    samples = _samples((0, 20_000, FLOOR), (20, 20_000, CEILING), (60, 20_000, INSIDE))
    figures = quoting_figures(line, samples, end=100)
    assert (figures.at_floor, figures.at_ceiling) == (0.25, 0.5)


def test_what_was_never_quoted_has_no_spread():
    figures = quoting_figures(quote_line([], start=0), _samples((0, 20_000, FLOOR)), end=100)
    assert figures.uptime == 0.0
    assert (figures.mean_spread_bps, figures.at_floor, figures.at_ceiling) == (None, None, None)
