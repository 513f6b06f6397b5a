import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.depth import NEAR_BPS, DepthMonitor, mean_near

levels = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 10**9)), max_size=30)


@given(levels)
def test_the_mean_is_over_the_levels_within_one_per_cent(drawn):
    bids = sorted(((10_000 - away, size) for away, size in drawn), reverse=True)
    near = [size for price, size in bids if 10_000 - price <= 10_000 * NEAR_BPS / 1e4]
    expected = sum(near) / len(near) if near else 0.0
    assert mean_near(bids, 10_000) == pytest.approx(expected)


def test_each_side_by_itself_and_both_together():
    monitor = DepthMonitor()
    assert monitor.value is None
    monitor.sample(1, [(99, 10), (98, 30), (1, 9**9)], [(101, 40)], 100.0)
    assert (monitor.bid, monitor.ask, monitor.value) == (10.0, 40.0, 25.0)
    assert monitor.ready


def test_time_that_goes_back_is_ignored():
    monitor = DepthMonitor()
    monitor.sample(5, [(100, 10)], [(101, 10)], 100.5)
    monitor.sample(4, [(100, 99)], [(101, 99)], 100.5)
    assert (monitor.bid, monitor.count) == (10.0, 1)
