"""One fill never moves quotes past the price of the fill."""

from decimal import Decimal
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.quoting.lean import LeanBound, bounded, excess_bps
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import Distances, View
from tests.unit.engine.desk import pool

BOUND = LeanBound(min_spread_bps=5.0, max_spread_bps=50.0, round_trip_bps=0.0, order=1.0)


def leaning(half, skew, drift=0.0):
    return lambda view: Distances(
        half + skew * view.q_hat - drift, half - skew * view.q_hat + drift
    )


def view(q_hat, delta_hat=0.2):
    return View(q_hat, 10.0, 10.0, delta_hat)


def shift(distances):
    return (distances.bid_bps - distances.ask_bps) / 2


@given(
    half=st.floats(0.5, 60),
    skew=st.floats(0, 2_000),
    drift=st.floats(-30, 30),
    delta_hat=st.sampled_from([0.02, 0.2, 0.5]),
    orders=st.integers(-3, 3),
)
def test_what_was_just_sold_is_never_bought_above_its_price(half, skew, drift, delta_hat, orders):
    quote = bounded(leaning(half, skew, drift), BOUND)
    before, after = max(-1, orders * delta_hat), max(-1, (orders - 1) * delta_hat)
    spread = min(max(2 * half, BOUND.min_spread_bps), BOUND.max_spread_bps)
    held, sold = quote(view(before, delta_hat)), quote(view(after, delta_hat))
    assert shift(held) - shift(sold) <= spread + 1e-6
    # What no position asks for stays.
    assert shift(quote(view(0.0, delta_hat))) == pytest.approx(-drift)


def test_a_drift_hides_no_part_of_a_lean():
    quote = bounded(leaning(1.0, 251.0, drift=-1.0), BOUND)
    flat, sold = quote(view(0.0, 0.02)), quote(view(-0.02, 0.02))
    assert shift(flat) - shift(sold) == pytest.approx(5.0)


def test_a_lean_within_its_bound_is_left_as_it_is():
    quote = leaning(5.0, 20.0)
    wish = bounded(quote, BOUND)(view(0.6))
    assert wish == quote(view(0.6))


def test_fees_leave_less_and_never_less_than_half_of_the_spread():
    assert LeanBound(5.0, 50.0, 4.0, 1.0).per_order_bps(10.0) == 6.0
    assert LeanBound(5.0, 50.0, 400.0, 1.0).per_order_bps(10.0) == 5.0


def test_a_silent_side_stays_silent():
    quote = bounded(lambda _: Distances(inf, 3.0), BOUND)
    assert quote(view(0.9)) == Distances(inf, 3.0)


def test_larger_orders_lean_less_for_what_they_are():
    big = LeanBound(5.0, 50.0, 0.0, order=2.0)
    assert shift(bounded(leaning(5.0, 500.0), big)(view(0.4))) == pytest.approx(10.0)


def test_an_excess_is_found_from_parameters_alone():
    config = pool(
        strategy="inventory_aware", strategy_params={"half_spread_bps": 5, "skew_bps": 90}
    )
    assert excess_bps(strategy(config), BOUND, 0.2) == pytest.approx((18.0, 10.0))
    assert excess_bps(strategy(config), BOUND, 0.1) is None
    assert excess_bps(strategy(pool(gamma=Decimal(1))), BOUND, 0.2) is None
