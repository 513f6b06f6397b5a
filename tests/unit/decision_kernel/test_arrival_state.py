"""What the kernel counted of arrivals and of volume goes on in an engine's own estimators."""

import random
from math import isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel import trade_kernels as kernels
from market_maker.decision_kernel.arrival_state import ArrivalState, ClockState, sum_of_squares
from market_maker.decision_kernel.decision_layout import DECISION
from market_maker.estimators.arrivals import STEP, WINDOW_STEPS, ArrivalCalibration
from market_maker.estimators.volume_clock import VolumeClock, tick_clock
from tests.support.kernels import alone

pytestmark = pytest.mark.thorough

show_mid, wants_line = alone(kernels.show_mid), alone(kernels.wants_line)

START = 1_700_000_000_000_000_000


def picture(own, names=None):
    return {name: getattr(own, name) for name in names or own.__slots__}


def waits(chance):
    """Mostly within the window, sometimes longer than it."""
    if chance.random() < 0.01:
        return chance.choice([WINDOW_STEPS - 1, WINDOW_STEPS, 2 * WINDOW_STEPS]) * STEP
    return chance.choice([0, STEP // 3, STEP, 7 * STEP])


@given(st.integers(0, 10**6), st.integers(0, 900), st.integers(0, 50))
def test_mids_and_lines_of_the_kernel_are_those_of_an_engine(seed, count, more):
    chance, now, mid_x2 = random.Random(seed), START, 20_000
    told, going_on = ArrivalCalibration(), ArrivalCalibration()
    state, root = ArrivalState(going_on), np.zeros(1, DECISION)[0]
    root["arrivals"] = state.address
    for number in range(count + more):
        now += waits(chance)
        mid_x2 += chance.choice([-3, 0, 0, 1, 2])
        if number == count:
            state.give()
        for own in (told, going_on)[: 2 if number >= count else 1]:
            own.mid(now, mid_x2)
            own.refit(now)
        if number < count:
            show_mid(root, now, mid_x2)
            if wants_line(root, now):
                state.line()
    if not more:
        state.give()
    assert picture(going_on) == picture(told)


def test_squares_are_exact_beyond_64_bits():
    moves = np.array([2**31, -(2**31), 3] * 3, np.int64)
    assert sum_of_squares(moves) == 6 * 2**62 + 27
    assert sum_of_squares(np.array([2**24, -5], np.int64)) == 2**48 + 25
    assert sum_of_squares(np.array([], np.int64)) == 0


trades = st.lists(st.tuples(st.integers(-5, 10**9), st.integers(0, 10**6)), max_size=200)


@given(trades, trades)
def test_a_clock_of_the_kernel_goes_on_as_an_engines(first, then):
    told, going_on = VolumeClock(), VolumeClock()
    state, now = ClockState(going_on), START
    for wait, lots in first:
        now += wait
        told.trade(now, lots)
        _tick(kernels.clocks_at(state.address, 1), now, lots)
    state.give()
    for wait, lots in then:
        now += wait
        assert told.trade(now, lots) == going_on.trade(now, lots)
    assert picture(going_on) == picture(told)
    assert told.value is None or isfinite(told.value)


def _tick(clocks, now, lots):
    """By the rule itself, on the record as an object."""
    tick_clock(clocks.view(np.recarray)[0], now, lots)
