import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.adverse_selection import (
    DEPTHS_BPS,
    FIT_FILLS_MIN,
    HORIZONS_NS,
    HORIZONS_SECONDS,
    PENDING_MAX,
    READY_FILLS,
    AdverseSelection,
    RunningMoments,
    fill_markout,
    fit_depth_decay,
)
from market_maker.research.replay_accounting import FillLog, markout

NOW = 10**18
SECOND = 10**9
mids = st.integers(10**6, 2 * 10**6)


@given(st.sampled_from((1, -1)), st.integers(1, 10**9), mids, mids)
def test_a_markout_is_the_reports_own(sign, price, mid_x2, later_x2):
    mine = fill_markout(sign, 2 * price, mid_x2, later_x2)
    columns = [np.array([n], dtype=np.int64) for n in (0, sign, price, 1, 0, mid_x2, later_x2)]
    theirs = markout(FillLog(*columns[:6]), HORIZONS_NS[0], columns[6], np.array([True]))
    assert mine.edge == pytest.approx(theirs.edge, rel=1e-9, abs=1e-9)
    assert mine.markout == pytest.approx(theirs.mean, rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_moments_are_those_of_the_whole_list(values):
    moments = RunningMoments()
    for value in values:
        moments.add(value)
    assert moments.mean == pytest.approx(statistics.fmean(values), rel=1e-9, abs=1e-6)
    if len(values) > 1:
        expected = statistics.stdev(values) / math.sqrt(len(values))
        assert moments.standard_error == pytest.approx(expected, rel=1e-6, abs=1e-6)
    else:
        assert moments.standard_error is None


@given(st.floats(0.1, 10.0), st.floats(1.0, 50.0))
def test_the_depth_decay_is_found_again(at_fair, scale):
    points = [(d, at_fair * math.exp(-d / scale), FIT_FILLS_MIN) for d in (0.5, 1.5, 4.0, 12.0)]
    fit = fit_depth_decay(points)
    assert fit.at_fair == pytest.approx(at_fair, rel=1e-6)
    assert fit.scale_bps == pytest.approx(scale, rel=1e-6)


def test_buckets_with_few_fills_or_without_loss_do_not_count():
    points = [(1.0, 2.0, 100), (2.0, -1.0, 100), (5.0, 9.0, FIT_FILLS_MIN - 1)]
    assert fit_depth_decay(points) is None
    assert fit_depth_decay([]) is None


def test_depths_that_hardly_differ_say_nothing_of_fair():
    """The line through them is so steep that `estimates` ended in an OverflowError."""
    assert fit_depth_decay([(3.600, 2.0, 100), (3.601, 1.0, 100)]) is None
    assert fit_depth_decay([(3.600, 1.0, 100), (3.601, 2.0, 100)]) is None


points_of_buckets = st.lists(
    st.tuples(st.floats(0.0, 1e6), st.floats(-1e6, 1e6), st.integers(0, 1_000)), max_size=5
)


@given(points_of_buckets)
def test_a_depth_decay_is_finite_whatever_the_buckets_hold(points):
    fit = fit_depth_decay(points)
    assert fit is None or (math.isfinite(fit.at_fair) and math.isfinite(fit.scale_bps))


turns = st.lists(
    st.tuples(
        st.integers(0, 20 * SECOND),
        mids,
        st.none() | st.tuples(st.sampled_from((1, -1)), st.integers(499_000, 1_001_000)),
    ),
    max_size=40,
)


def slow_lines(told):
    """Every (mid, fill) pair by itself: it holds (ts, mid_x2, fill or None)."""
    found = {}
    mids_told = [(ts, mid) for ts, mid, _ in told]
    for index, (ts, _, fill) in enumerate(told):
        if fill is None or not index:
            continue
        sign, price = fill
        mid_x2 = told[index - 1][1]
        edge = sign * (mid_x2 - 2 * price) / mid_x2 * 1e4
        bucket = sum(edge >= depth for depth in DEPTHS_BPS)
        for seconds, horizon in zip(HORIZONS_SECONDS, HORIZONS_NS, strict=True):
            if mids_told[-1][0] < ts + horizon:
                continue
            # The first mid fed at that very moment counts, else the last one before it.
            at = next((m for t, m in mids_told if t == ts + horizon), None)
            later = at or [m for t, m in mids_told if t < ts + horizon][-1]
            key = (seconds, 0 if sign > 0 else 1, bucket)
            found.setdefault(key, []).append(-sign * (later - mid_x2) / mid_x2 * 1e4)
    return found


@pytest.mark.thorough
@given(turns)
def test_every_fill_is_judged_by_the_mid_that_held_at_its_horizon(drawn):
    adverse, now, told = AdverseSelection(), NOW, []
    for step, mid_x2, fill in drawn:
        now += step + (step == 0)
        if fill is not None and told:
            adverse.fill(now, *fill, told[-1][1])
        adverse.update(now, mid_x2)
        told.append((now, mid_x2, fill))
    slow = slow_lines(told)
    lines = {(line.horizon_s, line.side, line.bucket): line for line in adverse.lines()}
    assert lines.keys() == slow.keys()
    for key, values in slow.items():
        assert lines[key].count == len(values)
        assert lines[key].adverse == pytest.approx(statistics.fmean(values), rel=1e-6, abs=1e-6)


def losing(fills, every=SECOND, loss=20):
    """A market that always falls by `loss` half ticks of 10**-6 within half a second of a buy."""
    adverse, now = AdverseSelection(), NOW
    for _ in range(fills):
        now += every
        adverse.update(now, 2 * 10**6)
        adverse.fill(now, 1, 10**6 - 300, 2 * 10**6)
        adverse.update(now + every // 10, 2 * 10**6 - loss)
        adverse.update(now + every * 9 // 10, 2 * 10**6 - loss)
    return adverse


def test_the_impact_is_the_mean_loss_at_the_horizon_nearest_to_the_time_between_fills():
    adverse = losing(2 * READY_FILLS)
    assert HORIZONS_SECONDS[adverse.horizon] == 1.0
    assert adverse.ready
    # At one second the next fill's mid is back, at half a second it is not.
    assert adverse.value == pytest.approx(0.0)
    quick = losing(2 * READY_FILLS, every=SECOND // 2 + 1, loss=20)
    assert HORIZONS_SECONDS[quick.horizon] == 0.5
    assert quick.value == pytest.approx(0.1)
    assert quick.standard_error == pytest.approx(0.0, abs=1e-9)


def test_it_is_not_ready_before_enough_fills_have_reached_the_horizon():
    assert not losing(READY_FILLS // 2).ready


def test_fills_that_wait_are_bounded():
    adverse = AdverseSelection()
    for _ in range(3 * PENDING_MAX):
        adverse.fill(NOW, 1, 10**6, 2 * 10**6)
    adverse.update(NOW + 100 * SECOND, 2 * 10**6)
    assert sum(line.count for line in adverse.lines()) == PENDING_MAX * len(HORIZONS_NS)


def test_a_fill_without_a_mid_and_time_that_goes_back_are_ignored():
    adverse = AdverseSelection()
    adverse.fill(NOW, 1, 100, 0)
    adverse.fill(NOW, 1, 100, 200)
    adverse.fill(NOW - 1, 1, 100, 200)
    adverse.update(NOW + SECOND, 200)
    adverse.update(NOW, 900)
    adverse.update(NOW + 2 * SECOND, 200)
    assert adverse.count == 1
    assert [line.adverse for line in adverse.lines()] == [0.0, 0.0]
