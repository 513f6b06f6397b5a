import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.research.metrics import metrics

MINUTES = 1_440
curves = st.lists(st.integers(-1_000, 1_000), min_size=3, max_size=60).map(
    lambda values: np.array(values, dtype=np.float64)
)


@given(curves)
def test_the_drawdown_is_the_deepest_fall_from_any_earlier_peak(equity):
    falls = [equity[i] - equity[j] for i in range(equity.size) for j in range(i, equity.size)]
    assert metrics(equity, 0.0, MINUTES).max_drawdown == max(falls)


@given(curves, st.sampled_from([0.5, 4.0, 1024.0]))
def test_ratios_do_not_depend_on_the_size_of_the_account(equity, scale):
    one, other = metrics(equity, 100.0, MINUTES), metrics(equity * scale, 100.0 * scale, MINUTES)
    for name in ("sharpe", "sortino", "return_over_drawdown", "pnl_per_turnover_bps"):
        before, after = getattr(one, name), getattr(other, name)
        assert (before is None) == (after is None)
        assert (before or 0.0) == pytest.approx(after or 0.0, rel=1e-9, abs=1e-12)


@given(curves)
def test_the_sampling_is_stated_and_scales_the_ratios_by_its_root(equity):
    minutes, days = metrics(equity, 0.0, MINUTES), metrics(equity, 0.0, 1)
    assert (minutes.samples_per_day, days.samples_per_day) == (MINUTES, 1)
    if minutes.sharpe is not None:
        assert minutes.sharpe == pytest.approx(days.sharpe * math.sqrt(MINUTES), rel=1e-9)


def test_the_sharpe_ratio_is_annual_over_365_days():
    result = metrics(np.array([0.0, 1.0, 3.0]), 0.0, 1)
    assert result.sharpe == pytest.approx(1.5 / math.sqrt(0.5) * math.sqrt(365))


def test_where_nothing_happened_there_are_no_ratios():
    result = metrics(np.zeros(5), 0.0, MINUTES)
    assert (result.pnl, result.max_drawdown) == (0.0, 0.0)
    assert result.sharpe is result.sortino is None
    assert result.return_over_drawdown is result.pnl_per_turnover_bps is None


def test_a_curve_that_rises_evenly_has_no_sharpe_ratio_in_spite_of_rounding():
    assert metrics(np.arange(100) * 0.1, 0.0, MINUTES).sharpe is None


def test_pnl_per_turnover_is_in_bps():
    assert metrics(np.array([0.0, 1.0, 2.0]), 10_000.0, 1).pnl_per_turnover_bps == 2.0


@pytest.mark.parametrize(
    ("equity", "turnover", "samples", "field"),
    [
        ([0.0, 1.0], 0.0, 1, "equity"),
        ([[0.0, 1.0, 2.0]], 0.0, 1, "equity"),
        ([0.0, 1.0, math.nan], 0.0, 1, "equity"),
        ([0.0, 1.0, 2.0], -1.0, 1, "turnover"),
        ([0.0, 1.0, 2.0], math.inf, 1, "turnover"),
        ([0.0, 1.0, 2.0], 0.0, 0, "samples_per_day"),
    ],
)
def test_a_bad_input_is_named(equity, turnover, samples, field):
    with pytest.raises(InvalidFieldError) as caught:
        metrics(np.array(equity), turnover, samples)
    assert caught.value.field == field
