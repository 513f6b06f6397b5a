"""Volatility of moves over a horizon, against the sums it is defined by."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.horizon_volatility import HorizonVolatility
from market_maker.estimators.volatility import PER_SQRT_SECOND, RealisedVolatility
from market_maker.model.units import NANOS_PER_SECOND

SECOND = NANOS_PER_SECOND


def fed(own, prices, start=1_000 * SECOND):
    for number, price in enumerate(prices):
        own.update(start + number * SECOND, price)
    return own


def by_definition(prices, horizon, lookback):
    window = prices[-(lookback + 1) :]
    moves = [math.log(b / a) for a, b in zip(window, window[horizon:], strict=False)]
    return math.sqrt(sum(m * m for m in moves) / len(moves) / horizon) * PER_SQRT_SECOND


PRICES = st.lists(st.floats(90.0, 110.0), min_size=12, max_size=60)


@given(PRICES, st.integers(1, 5), st.integers(10, 30))
def test_it_is_the_root_of_the_mean_square_of_moves_within_the_lookback(prices, horizon, lookback):
    own = fed(HorizonVolatility(lookback, horizon), prices)
    expected = by_definition(prices, horizon, lookback)
    assert own.value == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(PRICES)
def test_over_one_second_it_is_realised_volatility(prices):
    one, plain = fed(HorizonVolatility(20, 1), prices), fed(RealisedVolatility(20), prices)
    assert one.value == pytest.approx(plain.value, rel=1e-9, abs=1e-9)
    assert one.count == plain.count


def test_where_moves_trend_it_is_more_than_seconds_say_and_less_where_they_turn_back():
    chance = random.Random(1)
    trend, turn = [100.0], [100.0]
    for number in range(300):
        trend.append(trend[-1] * (1 + (1e-4 if number // 50 % 2 else -1e-4)))
        turn.append(100.0 * (1 + (number % 2) * 1e-4 + chance.random() * 1e-9))
    for prices, more in ((trend, True), (turn, False)):
        by_seconds = fed(RealisedVolatility(300), prices).value
        at_horizon = fed(HorizonVolatility(300, 30), prices).value
        assert (at_horizon > 2 * by_seconds) if more else (at_horizon < by_seconds / 2)


def test_it_is_ready_with_moves_of_twice_the_horizon_and_begins_anew_after_a_silence():
    own = HorizonVolatility(20, 10)
    fed(own, [100.0 + i % 3 for i in range(20)])
    assert (own.count, own.ready) == (10, False)
    own.update(1_020 * SECOND, 101.0)
    assert (own.count, own.ready) == (11, True)
    own.update(2_000 * SECOND, 100.0)
    assert (own.count, own.value, own.ready) == (0, None, False)
