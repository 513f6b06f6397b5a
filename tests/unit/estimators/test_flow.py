import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.flow import (
    READY_CHANGES,
    VPIN_BUCKETS,
    OrderFlowImbalance,
    TradeFlow,
    Vpin,
    book_imbalance,
    imbalance,
    order_flow,
)
from market_maker.estimators.rolling import SLICES
from market_maker.model.orders import BUY, SELL
from tests.reference.formulas import vpin_after

NOW = 10**18
WINDOW = 6
SLICE_NS = WINDOW * 10**9 // SLICES
sizes = st.integers(0, 10**9)
trades = st.lists(
    st.tuples(st.integers(0, 10**9), st.sampled_from((BUY, SELL)), sizes), max_size=60
)


@given(sizes, sizes)
def test_an_imbalance_lies_between_its_ends_and_turns_with_the_sides(bid, ask):
    value = imbalance(bid, ask)
    assert -1.0 <= value <= 1.0
    assert value == -imbalance(ask, bid)


def test_nothing_on_both_sides_is_balanced():
    assert book_imbalance((), ()) == 0.0


def test_the_books_imbalance_sums_its_levels():
    assert book_imbalance((1, 2, 3), (2,)) == pytest.approx(0.5)


@pytest.mark.thorough
@given(trades)
def test_recent_buys_and_sells_are_those_of_the_window(drawn):
    flow, told, now = TradeFlow(WINDOW), [], NOW
    for step, side, lots in drawn:
        now += step
        flow.trade(now, side, lots)
        told.append((now, side, lots))
    flow.roll(now)
    oldest = now // SLICE_NS - SLICES + 1
    bought, sold = (
        sum(n for ts, s, n in told if s == side and ts // SLICE_NS >= oldest)
        for side in (BUY, SELL)
    )
    assert (flow.buys, flow.sells) == (bought, sold)
    assert flow.count == sum(n > 0 for _, _, n in told)
    assert flow.value == (imbalance(bought, sold) if flow.count else None)


tops = st.tuples(st.integers(1, 5), sizes, st.integers(6, 9), sizes)


@pytest.mark.thorough
@given(st.lists(st.tuples(st.integers(0, 10**9), tops), max_size=60))
def test_order_flow_imbalance_is_the_sum_over_the_changes_of_the_window(drawn):
    ofi, now, before, told = OrderFlowImbalance(WINDOW), NOW, None, []
    for step, top in drawn:
        now += step
        ofi.update(now, top)
        if before is not None and top != before:
            told.append((now, order_flow(before, top)))
        before = top
    ofi.roll(now)
    oldest = now // SLICE_NS - SLICES + 1
    expected = sum(e for ts, e in told if ts // SLICE_NS >= oldest)
    assert ofi.count == len(told)
    assert ofi.value == (expected if told else None)
    assert ofi.ready == (len(told) >= READY_CHANGES)


def slow_vpin(signed, bucket, buckets):
    """Every unit of volume by itself."""
    units = [1 if volume > 0 else -1 for volume in signed for _ in range(abs(volume))]
    full = [abs(sum(units[i : i + bucket])) / bucket for i in range(0, len(units), bucket)]
    full = full[: len(units) // bucket][-buckets:]
    return sum(full) / len(full) if full else None


@given(st.lists(st.integers(-40, 40), max_size=40), st.integers(1, 15), st.integers(1, 6))
def test_vpin_counts_every_lot_in_its_bucket(signed, bucket, buckets):
    expected = slow_vpin(signed, bucket, buckets)
    assert vpin_after(signed, bucket, buckets) == (
        None if expected is None else pytest.approx(expected, abs=1e-12)
    )


def test_a_new_size_of_the_bucket_waits_for_the_next_one():
    meter = Vpin(10)
    meter.trade(BUY, 6)
    meter.resize(4)
    meter.trade(SELL, 4)
    assert (meter.count, meter.value) == (1, pytest.approx(0.2))
    meter.trade(BUY, 4)
    assert (meter.count, meter.value) == (2, pytest.approx(0.6))


def test_vpin_is_ready_when_it_averages_all_of_its_buckets():
    meter = Vpin(1)
    meter.trade(BUY, VPIN_BUCKETS - 1)
    assert not meter.ready
    meter.trade(BUY, 1)
    assert meter.ready
    assert meter.value == 1.0


def test_one_enormous_trade_costs_no_more_than_the_buckets_kept():
    meter = Vpin(1)
    meter.trade(SELL, 10**15)
    assert meter.value == 1.0
    assert meter.count == 10**15
