"""Trades and mids in one order, as an engine is fed them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel import trade_kernels as kernels
from market_maker.decision_kernel.decision_layout import DECISION
from market_maker.decision_kernel.estimate_state import EstimateState
from market_maker.engine.engine import Engine
from market_maker.estimators.arrivals import ArrivalCalibration
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.volume_clock import VolumeClock
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_rows import RecordedColumns
from market_maker.replay_venue.recorded_trades import RecordedTrades
from tests.support.kernels import alone
from tests.toy_market import INSTRUMENT, toy_config

pytestmark = pytest.mark.thorough

show_mid, take_trades = alone(kernels.show_mid), alone(kernels.take_trades)

START = 1_700_000_000_000_000_000
gaps = st.integers(0, 400_000_000) | st.sampled_from([0, 100_000_000, 700_000_000_000])
steps = st.lists(
    st.tuples(gaps, st.booleans(), st.integers(9_900, 10_100), st.integers(1, 10**6)), max_size=80
)


def recorded(drawn):
    waits, buys, ticks, lots = zip(*drawn, strict=True) if drawn else ((), (), (), ())
    ts = START + np.cumsum(np.array(waits, dtype=np.int64))
    kind = np.where(np.array(buys, dtype=bool), RowKind.BUY_TRADE, RowKind.SELL_TRADE)
    columns = RecordedColumns(
        kind.astype(np.uint8), np.array(ticks, np.int64), np.array(lots, np.int64), ts, ts
    )
    return RecordedTrades(columns, 0)


def engine():
    config = toy_config(strategy="calibrated", strategy_params={}, fair_price="regression")
    return Engine(INSTRUMENT, config, own_in_feed=False)


@given(steps, st.lists(gaps, min_size=1, max_size=12))
def test_trades_between_mids_reach_as_far_as_those_of_an_engine(drawn, waits):
    told, going_on = engine(), engine()
    trades, others = recorded(drawn), recorded(drawn)
    state, root = EstimateState(going_on, trades), np.zeros(1, DECISION)[0]
    for name in ("trades", "flow", "clock", "arrivals"):
        root[name] = state.addresses[name]
    now, mid_x2 = START, 20_000
    own = told.market.estimates
    for number, wait in enumerate(waits):
        now += wait
        mid_x2 += 3 - number % 7
        take_trades(root, now)
        show_mid(root, now, mid_x2)
        for trade in others.until(now):
            told._on_trade(trade)
        own.find(ArrivalCalibration).mid(now, mid_x2)
    going_on.now = now
    state.hand_over(going_on)
    other = going_on.market.estimates
    for kind in (ArrivalCalibration, VolumeClock):
        one, two = (each.find(kind) for each in (own, other))
        assert {n: getattr(one, n) for n in kind.__slots__} == {
            n: getattr(two, n) for n in kind.__slots__
        }
    flows = [each.find(TradeFlow) for each in (own, other)]
    assert (flows[0].value, flows[0].count) == (flows[1].value, flows[1].count)
    assert own.trades == other.trades
