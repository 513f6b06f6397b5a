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
    last of them taken at `sampled_at`. levels: room for prices and sizes of bids and of asks.
    by_depth, by_flow: whether a strategy is shown those. asked: samples are Python's. warm: as
    engine.estimates.Estimates; least_trades, least_ticks: what quotes wait for."""

    sigma: float
    kappa_hat: float
    intensity: float
    pressure: float
    buys: float
    sells: float
    bid_depth: float
    ask_depth: float
    samples: int
    sampled_at: int
    levels: int
    by_depth: int
    by_flow: int
    asked: int
    warm: int
    least_trades: int
    least_ticks: int


class TradesRecord:
    """Trades of the recording by column: when they reach us, the side of the aggressor, price and
    lots. The first `taken` of them were taken."""

    count: int
    taken: int
    arrival: int
    side: int
    ticks: int
    lots: int


class FlowRecord:
    """As estimators.rolling.RollingSums, of the trades that were taken."""

    slice_ns: int
    number: int
    position: int
    since: int
    until: int
    ring: int
    totals: int


class ClockRecord:
    """As estimators.volume_clock.VolumeClock; value: NaN where it has none."""

    value: float
    count: int
    bucket: int
    fixed: int
    filled: int
    trades: int
    lots: int
    retune_at: int
    closed_at: int
    ts: int


class ArrivalsRecord:
    """As estimators.arrivals.ArrivalCalibration, with rings of arrivals and of moves, (step, how
    far) each: where the oldest stands, and how many there are."""

    step: int
    first_step: int
    mid_x2: int
    step_mid_x2: int
    deepest: int
    due: int
    counts: int
    arrivals: int
    first_arrival: int
    arrival_count: int
    moves: int
    first_move: int
    move_count: int


class LeastSquaresRecord:
    """As estimators.least_squares.RecursiveLeastSquares; along: room for P x."""

    count: int
    forgetting: float
    most: float
    beta: int
    uncertainty: int
    along: int


class ForecastRecord:
    """As estimators.forecast.MoveForecast, or as estimators.horizon_factor.HorizonFactor. Of what
    waits a ring: where the oldest stands, how many there are, and by place when it is due and twice
    the mid (waiting), imbalances and forecast (foretold)."""

    horizon: int
    terms: int
    bps: float
    raw_bps: float
    judged: float
    moments: float
    weight: float
    promised: float
    product: float
    seen: float
    last_mid_x2: int
    next_sample: int
    waiting: int
    foretold: int
    first: int
    count: int


class RegressionRecord:
    """As estimators.regression.RegressionMicroprice; forecasts, factors: by address, a fit for each
    forecast. chosen: the place of a forecast. imbalances: room for those of a book. deep: whether
    levels behind the best are a term; levels: room for prices and sizes of bids and of asks."""

    value: float
    deviation_bps: float
    chosen: int
    chosen_at: int
    forecasts: int
    fits: int
    factors: int
    imbalances: int
    deep: int
    levels: int


class FedTopRecord:
    """The top of the book that estimates were fed last."""

    ts: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


SMART_TERMS: np.dtype[Any] = layout(SmartRecord)
ESTIMATES: np.dtype[Any] = layout(EstimatesRecord)
TRADES: np.dtype[Any] = layout(TradesRecord)
FLOW: np.dtype[Any] = layout(FlowRecord)
CLOCK: np.dtype[Any] = layout(ClockRecord)
ARRIVALS: np.dtype[Any] = layout(ArrivalsRecord)
LEAST_SQUARES: np.dtype[Any] = layout(LeastSquaresRecord)
FORECAST: np.dtype[Any] = layout(ForecastRecord)
REGRESSION: np.dtype[Any] = layout(RegressionRecord)
SHOWN: np.dtype[Any] = layout(FedTopRecord)
