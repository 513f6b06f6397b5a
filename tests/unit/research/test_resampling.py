import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.research.resampling import RESAMPLES, RunSeries, difference

changes = st.lists(st.integers(-1_000, 1_000), min_size=8, max_size=200)


def outcome(pnl, turnover=1.0):
    pnl = np.array(pnl, dtype=np.float64)
    return RunSeries(pnl, np.full(len(pnl), float(turnover)))


@pytest.mark.thorough
@given(changes)
def test_a_run_differs_from_itself_by_nothing(pnl):
    apart = difference(outcome(pnl), outcome(pnl), seed=1)
    for interval in (apart.net_pnl, apart.pnl_per_turnover_bps):
        assert (interval.value, interval.low, interval.high) == (0.0, 0.0, 0.0)
        assert not interval.decided


@pytest.mark.thorough
@given(changes, st.integers(1, 50))
def test_a_constant_lead_is_known_exactly_and_decided(pnl, lead):
    ahead = [change + lead for change in pnl]
    apart = difference(outcome(ahead), outcome(pnl), seed=1).net_pnl
    assert apart.value == lead * len(pnl)
    assert apart.low == pytest.approx(apart.value)
    assert apart.high == pytest.approx(apart.value)
    assert apart.decided


@given(changes, changes)
def test_the_answer_is_turned_by_turning_the_question(one, other):
    size = min(len(one), len(other))
    a, b = outcome(one[:size]), outcome(other[:size])
    there, back = difference(a, b, seed=3).net_pnl, difference(b, a, seed=3).net_pnl
    assert there.value == -back.value
    assert there.low == pytest.approx(-back.high, abs=1e-6)


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    rng = np.random.default_rng(0)
    a, b = outcome(rng.normal(size=600)), outcome(rng.normal(size=600))
    assert difference(a, b, seed=5) == difference(a, b, seed=5)
    assert difference(a, b, seed=5).net_pnl != difference(a, b, seed=6).net_pnl


@pytest.mark.thorough
def test_intervals_of_pure_noise_cover_zero_about_as_often_as_they_say():
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        a, b = outcome(rng.normal(size=3_600)), outcome(rng.normal(size=3_600))
        covered += not difference(a, b, seed=1).net_pnl.decided
    # 95 % of 200 is 190; block resampling of 60 blocks covers a little less.
    assert 176 <= covered <= 199


def test_the_interval_is_as_wide_as_theory_says_for_independent_seconds():
    rng = np.random.default_rng(2)
    seconds = 36_000
    apart = difference(outcome(rng.normal(size=seconds)), outcome(np.zeros(seconds)), seed=1)
    width = apart.net_pnl.high - apart.net_pnl.low
    assert width == pytest.approx(2 * 1.96 * np.sqrt(seconds), rel=0.12)
    assert RESAMPLES >= 1_000


def test_blocks_keep_what_hangs_together():
    # A gain that comes in runs of a minute: counted second by second it would look far surer.
    rng = np.random.default_rng(4)
    runs = np.repeat(rng.normal(size=120), 60)
    apart = difference(outcome(runs), outcome(np.zeros(len(runs))), seed=1)
    width = apart.net_pnl.high - apart.net_pnl.low
    assert width > 4 * 2 * 1.96 * np.sqrt(len(runs)) * runs.std() / np.sqrt(2)


def test_without_trades_there_is_no_ratio():
    apart = difference(outcome([1.0] * 10, turnover=0), outcome([0.0] * 10), seed=1)
    ratio = apart.pnl_per_turnover_bps
    assert (ratio.value, ratio.low, ratio.high) == (None, None, None)
    assert not ratio.decided


@pytest.mark.parametrize(("one", "other"), [(3, 3), (10, 11)])
def test_series_that_do_not_pair_are_refused(one, other):
    with pytest.raises(InvalidFieldError, match="one length"):
        difference(outcome([0.0] * one), outcome([0.0] * other), seed=1)


def test_short_data_are_cut_into_short_blocks():
    apart = difference(outcome([1.0] * 20), outcome([0.0] * 20), seed=1)
    assert (apart.block_seconds, apart.blocks) == (5, 4)
