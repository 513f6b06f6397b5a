"""The references' calibration, beside the same counted at once over all steps."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest

from market_maker.estimators.arrivals import (
    DISTANCES,
    READY_STEPS,
    STEP,
    WINDOW_STEPS,
    ArrivalCalibration,
)

START = 10**18


def session(steps, seed=1):
    """Per step: twice the mid, and trades as (side, ticks)."""
    rng, mid_x2, told = random.Random(seed), 200_001, []
    for _ in range(steps):
        mid_x2 += rng.choice((-2, -1, 0, 0, 1, 2))
        trades = []
        for _ in range(rng.choice((0, 1, 3))):
            side, away = rng.randrange(2), 1 + int(rng.expovariate(0.15))
            ticks = (mid_x2 + away + 1) // 2 if side == 0 else (mid_x2 - away) // 2
            trades.append((side, ticks))
        told.append((mid_x2, trades))
    return told


def calibrated(told):
    calibration = ArrivalCalibration()
    for number, (mid_x2, trades) in enumerate(told):
        ts = START + number * STEP
        for side, ticks in trades:
            calibration.trade(ts + 1, side, ticks)
        calibration.mid(ts + STEP // 2, mid_x2)
        calibration.refit(ts + STEP // 2)
    return calibration


def at_once(told):
    """A, k and sigma by the tutorial's words, with numpy; per second and per half tick."""
    told = told[-WINDOW_STEPS - 1 :]
    mids = np.array([mid for mid, _ in told], dtype=np.float64)
    depths = []
    for (before, _), (_, trades) in pairwise(told):
        away = [2 * t - before if side == 0 else before - 2 * t for side, t in trades]
        if away and max(away) > 0:
            depths.append(max(away))
    depths = np.array(depths)
    seconds = (len(told) - 1) / 10
    counts = np.array([(depths > d).sum() for d in range(1, DISTANCES + 1)], dtype=np.float64)
    x = np.arange(1, DISTANCES + 1)[counts > 0]
    slope, level = np.polyfit(x, np.log(counts[counts > 0] / seconds), 1)
    return math.exp(level), -slope, np.diff(mids).std() * math.sqrt(10)


@pytest.mark.parametrize("steps", [700, pytest.param(6_500, marks=pytest.mark.thorough)])
def test_it_counts_what_the_tutorial_counts(steps):
    told = session(steps)
    # The current step is not over: its own trades and move do not count yet, and fits come
    # every 5 s.
    last = (steps - 1) // 50 * 50
    fit = calibrated(told).fit
    rate, decay, sigma = at_once(told[: last + 1])
    half_tick_bps = 1e4 / told[last][0]
    assert fit.decay * half_tick_bps == pytest.approx(decay, rel=0.02)
    assert fit.intensity / 3_600 == pytest.approx(rate, rel=0.02)
    assert fit.sigma == pytest.approx(sigma * half_tick_bps * 60, rel=0.02)


def test_there_is_none_in_the_first_minute():
    assert calibrated(session(READY_STEPS - 1)).fit is None


def test_none_without_trades_and_none_without_moves():
    quiet = [(mid, []) for mid, _ in session(1_000)]
    assert calibrated(quiet).fit is None
    still = [(200_001, trades) for _, trades in session(1_000)]
    assert calibrated(still).fit is None


def test_what_is_older_than_ten_minutes_no_longer_counts():
    calibration = calibrated(session(WINDOW_STEPS + 2_000))
    assert calibration.count <= WINDOW_STEPS
    assert len(calibration.moves) <= WINDOW_STEPS
    assert sum(calibration.counts) == calibration.count
    assert calibration.squares == sum(m * m for _, m in calibration.moves)


def test_where_the_spread_is_a_tick_a_few_trades_beyond_it_make_no_line():
    """One print fifty ticks away made a decay of 1e-32 per bps, and a pool that quoted 39 bps wide
    in a market of 7."""
    touch = []
    for step in range(READY_STEPS + 100):
        mid_x2 = 2_775 + 2 * (step // 20 % 2)
        buys, sells = (0, (mid_x2 + 1) // 2), (1, (mid_x2 - 1) // 2)
        touch.append((mid_x2, [] if step % 20 == 0 else [buys, sells]))
    far = [*touch[:-60], (2_777, [(0, 1_438)]), (2_777, [(1, 1_370)]), *touch[-58:]]
    assert calibrated(far).count > READY_STEPS
    assert calibrated(far).fit is None
