from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.units import RATE_SCALE
from market_maker.risk.rebalance import (
    NO_REBALANCE,
    Rebalancing,
    Thresholds,
    Urgency,
    rebalance_of,
)

TENTH_AND_HALF = Thresholds(RATE_SCALE // 10, RATE_SCALE // 2)
MID_X2 = 200  # a lot is worth 100


def signal(lots, limit=100_000, thresholds=TENTH_AND_HALF):
    return rebalance_of(lots, MID_X2, limit, thresholds)


def test_a_flat_position_asks_for_nothing():
    assert signal(0) is NO_REBALANCE
    assert (NO_REBALANCE.action, NO_REBALANCE.size) == (Rebalancing.NONE, 0)
    assert NO_REBALANCE.urgency is Urgency.NONE


def test_a_long_is_sold_and_a_short_is_bought_whole():
    assert (signal(101).action, signal(101).size) == (Rebalancing.SELL, 101)
    assert (signal(-101).action, signal(-101).size) == (Rebalancing.BUY, 101)


def test_exactly_at_a_threshold_it_is_not_yet_beyond():
    urgencies = [signal(lots).urgency for lots in (100, 101, 500, 501)]
    assert urgencies == [Urgency.NONE, Urgency.MEDIUM, Urgency.MEDIUM, Urgency.HIGH]


def test_equal_thresholds_leave_no_medium():
    same = Thresholds(RATE_SCALE // 10, RATE_SCALE // 10)
    assert [signal(lots, thresholds=same).urgency for lots in (100, 101)] == [
        Urgency.NONE,
        Urgency.HIGH,
    ]


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**10), st.integers(1, 10**20))
def test_buys_and_sells_mirror_each_other(lots, mid_x2, limit):
    long = rebalance_of(abs(lots), mid_x2, limit, TENTH_AND_HALF)
    short = rebalance_of(-abs(lots), mid_x2, limit, TENTH_AND_HALF)
    assert (long.size, long.urgency) == (short.size, short.urgency)
    assert long.size in (0, abs(lots))
    assert (long.action is Rebalancing.SELL) == (short.action is Rebalancing.BUY)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_position_is_never_less_urgent(one, other):
    order = list(Urgency)
    small, large = sorted((one, other))
    assert order.index(signal(small).urgency) <= order.index(signal(large).urgency)
