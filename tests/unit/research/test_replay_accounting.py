import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.position import Position
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_SECOND, VALUE_SCALE, Nanos, Value
from market_maker.research.replay_accounting import (
    FillLog,
    adverse,
    markout,
    pnl_path,
    positions_at,
    reached,
    split,
)
from tests.captures import make_recording

SECOND = NANOS_PER_SECOND
BOOK = (RowKind.CLEAR, 0), (RowKind.GAP, 10), (RowKind.CLEAR, 20), (RowKind.ALIVE, 60)


def recording(*marks):
    """Of rows of these kinds, with the venue's time in seconds, received 5 ms later."""
    return make_recording([(k, 0, 0, n * SECOND, n * SECOND + 5 * 10**6) for k, n in marks])


WITHOUT_BREAK, BROKEN = recording(BOOK[0], BOOK[-1]), recording(*BOOK)

rows = st.lists(
    st.tuples(
        st.integers(0, 10**12),
        st.sampled_from([-1, 1]),
        st.integers(1, 10**7),
        st.integers(1, 10**6),
        st.integers(-(10**12), 10**12),
        st.integers(2, 2 * 10**7),
    ),
    max_size=30,
)


def fill_log(rows):
    """A log from rows of (ts, sign, ticks, lots, fee, mid_x2), sorted by time."""
    table = np.array(sorted(rows, key=lambda row: row[0]), dtype=np.int64).reshape(-1, 6)
    return FillLog(*(np.ascontiguousarray(column) for column in table.T))


@pytest.mark.thorough
@given(rows, st.integers(2, 2 * 10**7), st.integers(-(10**15), 10**15))
def test_the_parts_add_up_to_what_average_cost_books_say(fills, final_mid_x2, funding):
    books = Position()
    for _, sign, ticks, lots, fee, _ in sorted(fills, key=lambda row: row[0]):
        books.fill(sign, ticks, lots, fee)
    books.funding = Value(funding)
    parts = split(fill_log(fills), final_mid_x2, Value(funding))
    assert parts.net == books.net(final_mid_x2)
    assert parts.net == parts.spread + parts.inventory + parts.fees + parts.funding


@pytest.mark.thorough
@given(rows)
def test_position_is_the_sum_of_fills(fills):
    log = fill_log(fills)
    assert log.position == sum(row[1] * row[3] for row in fills)
    assert log.volume == sum(row[3] for row in fills)
    assert log.turnover == sum(row[2] * row[3] for row in fills) * VALUE_SCALE


def test_a_purchase_below_the_mid_earns_its_distance_and_a_falling_mid_costs():
    log = fill_log([(0, 1, 100, 3, 7, 204)])  # Bought 3 at 100, mid 102.
    parts = split(log, 190, Value(0))  # The mid ends at 95.
    assert parts.spread == 2 * 3 * VALUE_SCALE
    assert parts.inventory == -7 * 3 * VALUE_SCALE
    assert parts.fees == -7
    assert parts.net == (95 - 100) * 3 * VALUE_SCALE - 7


def test_half_a_tick_is_exact():
    log = fill_log([(0, -1, 100, 1, 0, 199)])  # Sold at 100, mid 99.5.
    assert split(log, 199, Value(0)).spread == VALUE_SCALE // 2


def test_adverse_is_the_part_of_inventory_up_to_a_time():
    log = fill_log([(0, 1, 100, 2, 0, 202), (5, -1, 103, 1, 0, 204)])
    assert adverse(log, np.array([200, 206])) == (-1 * 2 - 1 * 1) * VALUE_SCALE
    final = np.array([210, 210])
    assert adverse(log, final) == split(log, 210, Value(0)).inventory


def test_no_fill_is_no_money_and_no_markout():
    log = fill_log([])
    parts = split(log, 200, Value(0))
    assert (parts.net, log.position, log.turnover) == (0, 0, 0)
    point = markout(log, Nanos(SECOND), np.array([], np.int64), np.array([], np.bool_))
    assert (point.mean, point.edge, point.standard_error, point.count) == (None, None, None, 0)


def test_markout_is_edge_minus_adverse_move_in_bps_of_the_mid():
    # Bought at 9990 under a mid of 10000 that then falls to 9985: 10 bps earned, 15 lost.
    log = fill_log([(0, 1, 9_990, 1, 0, 20_000)])
    point = markout(log, Nanos(SECOND), np.array([19_970]), np.array([True]))
    assert point.edge == pytest.approx(10.0)
    assert point.mean == pytest.approx(-5.0)
    assert (point.count, point.standard_error) == (1, None)


def test_fills_too_close_to_the_end_are_left_out_of_the_markout():
    log = fill_log([(0, 1, 9_990, 1, 0, 20_000), (SECOND, 1, 9_990, 1, 0, 20_000)])
    counted = reached(log, [Nanos(SECOND)], WITHOUT_BREAK, Nanos(2 * SECOND - 1))[0]
    point = markout(log, Nanos(SECOND), np.array([20_000, 1]), counted)
    assert (point.count, point.mean) == (1, pytest.approx(10.0))


def test_fills_whose_horizon_lies_in_an_outage_are_left_out_of_the_markout():
    # Lost at 10 s by the venue's clock and back at 20 s, received 5 ms later each.
    seconds = [8, 9, 18, 19]
    log = fill_log([(n * SECOND, 1, 9_990, 1, 0, 20_000) for n in seconds])
    counted = reached(log, [Nanos(SECOND)], BROKEN, Nanos(60 * SECOND))[0]
    assert dict(zip(seconds, counted.tolist(), strict=True)) == {
        8: True,
        9: False,
        18: False,
        19: True,
    }


def test_every_fill_counts_once_in_the_markout_whatever_its_size():
    log = fill_log([(0, 1, 9_990, 1_000, 0, 20_000), (1, 1, 9_970, 1, 0, 20_000)])
    point = markout(log, Nanos(SECOND), np.array([20_000, 20_000]), np.array([True, True]))
    assert point.mean == pytest.approx(20.0)
    assert point.standard_error == pytest.approx(10.0)


def test_a_position_counts_fills_of_its_own_moment():
    log = fill_log([(10, 1, 100, 3, 0, 200), (20, -1, 100, 5, 0, 200)])
    held = positions_at(log, np.array([9, 10, 19, 20, 99]))
    assert held.tolist() == [0, 3, 3, -2, -2]


@pytest.mark.thorough
@given(rows, st.integers(2, 2 * 10**7))
def test_the_path_ends_where_the_split_does(fills, final_mid_x2):
    log = fill_log(fills)
    path = pnl_path(log, np.array([0, 10**12]), np.array([2, final_mid_x2]))
    parts = split(log, final_mid_x2, Value(0))
    scale = 1e-9 * (abs(parts.spread) + abs(parts.inventory) + abs(parts.fees) + 1)
    assert path.spread[-1] == pytest.approx(parts.spread, abs=scale)
    assert path.inventory[-1] == pytest.approx(parts.inventory, abs=scale)
    assert path.fees[-1] == pytest.approx(parts.fees, abs=scale)
    assert path.net[-1] == pytest.approx(parts.net, abs=scale)
