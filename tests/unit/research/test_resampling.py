import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.research.resampling import (
    RESAMPLES,
    RunSeries,
    difference,
    paired_difference,
    total,
)

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


def test_the_same_seed_makes_the_same_interval_and_another_does_not():
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
    # A gain that comes in runs of a minute: counted second by second it would seem far surer.
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


def test_runs_on_several_recordings_pair_by_recording_and_add_up():
    rng = np.random.default_rng(11)
    markets = [rng.normal(size=3_600, scale=50), rng.normal(size=1_800, scale=50)]
    ahead = [outcome(market + 0.1) for market in markets]
    plain = [outcome(market) for market in markets]
    net = paired_difference(ahead, plain, seed=1).net_pnl
    assert net.value == pytest.approx(540)
    assert (net.low, net.high) == (pytest.approx(540), pytest.approx(540))
    assert total(ahead, seed=1).net_pnl.high - total(ahead, seed=1).net_pnl.low > 1_000


def test_one_recording_twice_has_an_interval_narrower_than_twice_as_wide():
    rng = np.random.default_rng(12)
    one = outcome(rng.normal(size=3_600))
    zero = outcome(np.zeros(3_600))
    once = difference(one, zero, seed=1).net_pnl
    twice = paired_difference([one, one], [zero, zero], seed=1).net_pnl
    ratio = (twice.high - twice.low) / (once.high - once.low)
    assert ratio == pytest.approx(np.sqrt(2), rel=0.1)


def test_at_equal_turnover_a_run_that_trades_twice_as_much_for_twice_as_much_is_no_better():
    rng = np.random.default_rng(13)
    pnl = rng.normal(size=3_600) + 0.1
    apart = difference(outcome(2 * pnl, turnover=20), outcome(pnl, turnover=10), seed=1)
    assert apart.net_pnl.value == pytest.approx(pnl.sum())
    equal = apart.at_equal_turnover
    assert (equal.value, equal.low, equal.high) == pytest.approx((0, 0, 0), abs=1e-9)


def test_at_equal_turnover_is_the_difference_per_turnover_at_the_others_turnover():
    apart = difference(outcome([3.0] * 40, turnover=2), outcome([1.0] * 40, turnover=4), seed=1)
    assert apart.at_equal_turnover.value == pytest.approx((3 / 2 - 1 / 4) * 160)
    assert apart.at_equal_turnover.decided


def test_cells_of_ten_seconds_have_the_interval_of_their_seconds_nearly():
    rng = np.random.default_rng(14)
    pnl = rng.normal(size=36_000)
    fine = total([outcome(pnl)], seed=1)
    coarse = RunSeries(pnl.reshape(-1, 10).sum(axis=1), np.full(3_600, 10.0), 10)
    rough = total([coarse], seed=1)
    assert rough.blocks == fine.blocks == 600
    width = fine.net_pnl.high - fine.net_pnl.low
    assert rough.net_pnl.high - rough.net_pnl.low == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("theirs", [[], [10, 10], [11]])
def test_runs_without_a_partner_each_are_refused(theirs):
    with pytest.raises(InvalidFieldError):
        paired_difference(
            [outcome([0.0] * 10)], [outcome([0.0] * cells) for cells in theirs], seed=1
        )


@pytest.mark.thorough
def test_a_fair_coin_is_called_decided_about_one_time_in_twenty_over_three_recordings():
    rng = np.random.default_rng(15)
    decided = 0
    for _ in range(200):
        runs = [outcome(rng.normal(size=1_800)) for _ in range(3)]
        zeros = [outcome(np.zeros(1_800))] * 3
        decided += paired_difference(runs, zeros, seed=1).net_pnl.decided
    assert 3 <= decided <= 22
