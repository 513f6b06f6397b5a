import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.kalman import SILENCE_SECONDS, KalmanPrice, LocalLevel

NOW = 10**18
seen = st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=25)


@given(seen, st.floats(0.01, 10.0), st.floats(0.01, 10.0), st.floats(0.01, 10.0))
def test_the_level_is_the_gaussian_posterior_mean_of_a_random_walk(observed, moved, noise, first):
    """Against linear algebra: the joint normal of all levels, conditioned on what was seen."""
    level = LocalLevel(0.0, first)
    for value in observed:
        level.update(value, moved, noise)
    n = len(observed)
    steps = np.arange(1, n + 1)
    prior = first + moved * np.minimum.outer(steps, steps)
    weights = np.linalg.solve(prior + noise * np.eye(n), prior[:, -1])
    assert level.level == pytest.approx(float(weights @ observed), rel=1e-6, abs=1e-6)
    variance = prior[-1, -1] - weights @ prior[:, -1]
    assert level.variance == pytest.approx(float(variance), rel=1e-6, abs=1e-9)


def test_without_noise_it_is_what_it_sees():
    level = LocalLevel(0.0, 0.0)
    assert level.update(7.0, 0.0, 0.0) == 1.0
    assert level.level == 7.0


books = st.lists(
    st.tuples(
        st.integers(0, 10**10),
        st.integers(1_000, 1_100),
        st.integers(1, 40),
        st.integers(0, 50),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=30,
)


def even(bid, ask):
    return bid, 5, ask, 5


@given(books, st.floats(0.0, 500.0))
def test_the_price_stays_between_the_best_prices(drawn, sigma):
    price, now = KalmanPrice(), NOW
    for step, bid, spread, bids, asks in drawn:
        now += step
        assert bid <= price.update(now, (bid, bids, bid + spread, asks), sigma) <= bid + spread


@given(st.lists(st.integers(-500, 500), min_size=2, max_size=30), st.floats(0.0, 100.0))
def test_a_move_of_the_mid_is_taken_over_at_once(moves, sigma):
    price, mid = KalmanPrice(), 100_000
    for number, move in enumerate(moves):
        mid += move
        seen = price.update(NOW + number * 10**9, even(mid - 10, mid + 10), sigma)
        assert seen == pytest.approx(mid)


def test_the_lean_moves_with_volatility_and_is_seen_to_within_half_a_spread():
    price = KalmanPrice()
    price.update(NOW, (99_990, 5, 100_010, 5), 60.0)
    # 60 bps per sqrt(hour) are 600 ticks; over 4 s that is 600^2/900. Evenly within 10: 100/3.
    level = LocalLevel(0.0, 100 / 3)
    level.update(10 * (30 - 10) / 40, 600**2 / 900, 100 / 3)
    value = price.update(NOW + 4 * 10**9, (99_990, 30, 100_010, 10), 60.0)
    assert value == pytest.approx(100_000 + level.level, rel=1e-8)


def test_where_the_spread_is_wide_it_smooths_and_in_a_wild_market_it_follows():
    def lean(sigma):
        price = KalmanPrice()
        for number in range(50):
            price.update(NOW + number * 10**9, even(99_900, 100_100), sigma)
        return price.update(NOW + 50 * 10**9, (99_900, 30, 100_100, 10), sigma) - 100_000

    calm, wild = lean(1.0), lean(2_000.0)
    assert 0 < calm < 5
    assert 35 < wild <= 50


def test_after_a_silence_it_begins_again_where_the_market_is():
    price = KalmanPrice()
    price.update(NOW, (100, 9, 102, 1), 10.0)
    later = NOW + int((SILENCE_SECONDS + 1) * 10**9)
    assert price.update(later, even(500, 502), 10.0) == 501.0
    assert price.count == 1


def test_time_that_goes_back_is_ignored():
    price = KalmanPrice()
    price.update(NOW, even(100, 102), 10.0)
    assert price.update(NOW - 1, even(500, 502), 10.0) == 101.0
    assert price.count == 1
