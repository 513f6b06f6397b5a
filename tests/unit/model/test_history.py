"""Steps of a series come together without losing extremes."""

from decimal import Decimal

from market_maker.model.history import (
    BLOCK_ROWS,
    MINUTE,
    SECOND,
    HistoryRow,
    block_start,
    merged,
    thinned,
)
from market_maker.model.units import Nanos


def row(second: int, net: int = 0, position: int = 0, fills: int = 0) -> HistoryRow:
    amount, held = Decimal(net), Decimal(position)
    return HistoryRow(
        ts=Nanos(second * SECOND),
        state="ACTIVE",
        mid=Decimal(100),
        fair=None,
        bid=Decimal(99),
        ask=None,
        spread_bps=None,
        position=held,
        position_usdt=None,
        realised=amount,
        unrealised=Decimal(0),
        fees=Decimal(0),
        funding=Decimal(0),
        net=amount,
        net_min=amount,
        net_max=amount,
        position_min=held,
        position_max=held,
        sigma_bps=None,
        quoting_bid=True,
        quoting_ask=False,
        reason_bid="",
        reason_ask="stale",
        rebalance="none",
        open_orders=1,
        fills=fills,
    )


def test_a_coarser_step_has_the_last_value_the_extremes_and_all_fills():
    rows = (row(58, 5, 1, 1), row(59, -3, 4, 0), row(60, 7, 2, 2))
    first, second = thinned(rows, MINUTE)
    assert (first.ts, second.ts) == (0, MINUTE)
    assert (first.net, first.net_min, first.net_max, first.fills) == (-3, -3, 5, 1)
    assert (first.position, first.position_min, first.position_max) == (4, 1, 4)
    assert (second.net, second.fills) == (7, 2)


def test_a_step_of_its_own_changes_nothing():
    rows = (row(1, 2), row(2, 3))
    assert thinned(rows, SECOND) == rows


def test_a_gap_stays_a_gap():
    assert [each.ts // SECOND for each in thinned((row(1), row(200)), MINUTE)] == [0, 180]


def test_a_block_holds_a_minute_of_seconds_and_an_hour_of_minutes():
    assert block_start(Nanos(61 * SECOND), SECOND) == BLOCK_ROWS * SECOND
    assert block_start(Nanos(61 * MINUTE), MINUTE) == BLOCK_ROWS * MINUTE


def test_the_first_row_of_a_step_is_itself_at_the_steps_beginning():
    assert merged(None, row(5, 1), Nanos(0)).net_min == 1


def test_a_row_that_stands_alone_in_its_step_is_the_row_itself():
    """Of 300 pools three are made a second each, one for each resolution."""
    alone = row(60)
    assert merged(None, alone, alone.ts) is alone
    assert merged(None, row(61), alone.ts) == alone
