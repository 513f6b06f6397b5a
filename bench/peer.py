"""hftbacktest on the same feed, with the same strategy, latency and queue model."""

import time
from collections.abc import Sequence
from typing import Any

import hftbacktest
import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numpy.typing import NDArray

from bench.feed import LOT, OPENING_ROWS, TICK
from bench.peer_kernels import trade
from bench.strategy import LATENCY_NS, QUEUE_EXPONENT
from market_maker.model.recording import Recording, RowKind

VERSION = hftbacktest.__version__

Table = tuple[NDArray[Any], NDArray[Any]]
"""(opening snapshot, events)."""


def events_of(recording: Recording) -> Table:
    """(opening snapshot, events) as hftbacktest wants them."""
    rows = np.zeros(recording.rows, event_dtype)
    kind = recording.kind
    traded = (kind == RowKind.BUY_TRADE) | (kind == RowKind.SELL_TRADE)
    buying = (kind == RowKind.BUY_TRADE) | (kind == RowKind.BID)
    what = np.where(traded, TRADE_EVENT, DEPTH_EVENT)
    what[:OPENING_ROWS] = DEPTH_SNAPSHOT_EVENT
    both = EXCH_EVENT | LOCAL_EVENT
    rows["ev"] = what | np.where(buying, BUY_EVENT, SELL_EVENT) | both
    rows["exch_ts"], rows["local_ts"] = recording.ts_event, recording.ts_recv
    rows["px"] = np.round(recording.ticks * TICK, 1)
    rows["qty"] = np.round(recording.lots * LOT, 3)
    return rows[1:OPENING_ROWS], rows[OPENING_ROWS:]


def assets_of(tables: Sequence[Table], *, partial_fills: bool) -> list[BacktestAsset]:
    assets = []
    for opening, rows in tables:
        prices = np.concatenate([opening["px"], rows["px"]])
        asset = BacktestAsset().data([rows]).initial_snapshot(opening).linear_asset(1.0)
        asset = asset.constant_order_latency(LATENCY_NS, LATENCY_NS)
        asset = asset.power_prob_queue_model(QUEUE_EXPONENT)
        asset = asset.partial_fill_exchange() if partial_fills else asset.no_partial_fill_exchange()
        asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(LOT)
        assets.append(asset.roi_lb(float(prices.min()) - 1.0).roi_ub(float(prices.max()) + 1.0))
    return assets


def backtest(
    tables: Sequence[Table], steps: int, *, partial_fills: bool = False
) -> tuple[float, int, dict[str, Any]]:
    """(CPU seconds, steps done, outcome) of one run; building it is not counted."""
    hbt = ROIVectorMarketDepthBacktest(assets_of(tables, partial_fills=partial_fills))
    before = time.process_time()
    submits, cancels, done, code = trade(hbt, steps)
    spent = time.process_time() - before
    states = [hbt.state_values(a) for a in range(len(tables))]
    outcome = {
        "code": code,
        "submits": submits,
        "cancels": cancels,
        "fills": sum(int(state.num_trades) for state in states),
        "position": [round(state.position / LOT) for state in states],
    }
    hbt.close()
    return spent, done, outcome
