"""What the kernel took of trades and depth goes on in an engine's own estimators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel.decision_layout import DECISION
from market_maker.decision_kernel.estimate_state import EstimateState
from market_maker.decision_kernel.trade_kernels import take_trades as part
from market_maker.engine.engine import Engine
from market_maker.estimators.flow import TradeFlow
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_rows import RecordedColumns
from market_maker.replay_venue.recorded_trades import RecordedTrades
from tests.support.kernels import alone
from tests.toy_market import INSTRUMENT, toy_config

pytestmark = pytest.mark.thorough

take_trades = alone(part)

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
gaps = st.integers(0, 3 * SECOND) | st.integers(0, 90 * SECOND)
tapes = st.lists(st.tuples(gaps, st.booleans(), st.integers(1, 10**9)), max_size=40)


def trades_of(drawn):
    waits, buys, lots = zip(*drawn, strict=True) if drawn else ((), (), ())
    ts = START + np.cumsum(np.array(waits, dtype=np.int64))
    kind = np.where(np.array(buys, dtype=bool), RowKind.BUY_TRADE, RowKind.SELL_TRADE)
    ticks = np.full(len(ts), 10_000, dtype=np.int64)
    columns = RecordedColumns(kind.astype(np.uint8), ticks, np.array(lots, np.int64), ts, ts)
    return RecordedTrades(columns, 0)


def smart_engine():
    return Engine(INSTRUMENT, toy_config(strategy="smart", strategy_params={}), own_in_feed=False)


@given(tapes, st.lists(gaps, min_size=1, max_size=8), gaps, gaps)
def test_trades_taken_at_samples_add_up_as_those_taken_one_by_one(drawn, waits, more, rest):
    """Those since the last sample are taken when the engine goes on, and the later ones by it."""
    told, going_on = smart_engine(), smart_engine()
    trades = trades_of(drawn)
    state = EstimateState(going_on, trades)
    root = np.zeros(1, DECISION)[0]
    root["trades"], root["flow"] = state.addresses["trades"], state.addresses["flow"]
    now = START
    for wait in waits:
        now += wait
        take_trades(root, now)
    going_on.now = now + more
    state.hand_over(going_on)
    now += more + rest
    for trade in trades.until(now):
        going_on._on_trade(trade)
    for trade in trades_of(drawn).until(now):
        told._on_trade(trade)
    assert going_on.tally.trades == told.tally.trades
    estimates = [engine.market.estimates for engine in (going_on, told)]
    assert estimates[0].trades == estimates[1].trades
    assert estimates[0]._order == estimates[1]._order
    flows = [each.find(TradeFlow) for each in estimates]
    for flow in flows:
        flow.roll(now)
    assert (flows[0].buys, flows[0].sells) == (flows[1].buys, flows[1].sells)
    assert flows[0].count == flows[1].count


def test_the_lots_of_a_recording_are_summed_before_a_run():
    assert trades_of([(1, True, 5), (1, False, 7)]).lots == 12.0
