"""The records of the estimates that the kernel takes itself, and of what rests on them; as in
decision_layout."""

from typing import Any

import numpy as np

from market_maker.replay_venue.compiled import layout


class SmartRecord:
    """As quoting.smart.SmartTerms; factors: on the sizes of the levels, of the last target, 0.0
    before the first; sizes: of the shape, by level."""

    base_spread_bps: float
    volatility_multiplier: float
    inventory_sensitivity_bps: float
    target_q_hat: float
    pressure_threshold: float
    adjustment_speed_bps: float
    emergency_multiplier: float
    depth_share: float
    size_cap: float
    min_spread_bps: float
    max_spread_bps: float
    tau: float
    size_value: int
    sizes: int
    bid_factor: float
    ask_factor: float


class EstimatesRecord:
    """As engine.estimator_rows.Seen, with what estimators.depth.DepthMonitor counts: samples, the
    last of them taken at `sampled_at`. levels: room for prices and sizes of bids and of asks."""

    pressure: float
    buys: float
    sells: float
    bid_depth: float
    ask_depth: float
    samples: int
    sampled_at: int
    levels: int


class FlowRecord:
    """As estimators.rolling.RollingSums, of the trades that were taken: the first `taken` of
    `trades`, which stand by column, when they reach us, the side of the aggressor and lots."""

    slice_ns: int
    number: int
    position: int
    since: int
    until: int
    ring: int
    totals: int
    trades: int
    taken: int
    arrival: int
    side: int
    lots: int


SMART_TERMS: np.dtype[Any] = layout(SmartRecord)
ESTIMATES: np.dtype[Any] = layout(EstimatesRecord)
FLOW: np.dtype[Any] = layout(FlowRecord)
