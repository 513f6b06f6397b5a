"""Estimators that no quote depends on, kept for readers where a pool asks for all of them."""

from typing import Any

from market_maker.engine.estimator_rows import (
    BPS_OF_MID,
    EstimateLine,
    EstimatorRow,
    SampleInput,
    TopInput,
    TradeInput,
    own_value,
)
from market_maker.engine.fair_estimators import FLOW_SECONDS
from market_maker.engine.orders import LIVE
from market_maker.estimators.fair_price import Microprice
from market_maker.estimators.flow import OrderFlowImbalance, Vpin
from market_maker.estimators.hawkes import HawkesIntensity
from market_maker.estimators.queue_tracker import QueueTracker, TrackedOrder
from market_maker.estimators.regimes import Spread
from market_maker.estimators.volume_clock import VolumeVolatility

VPIN_TICKS = 10
"""A bucket of VPIN is so many ticks of the volume clock: in a single one, of ten mean trades, one
large order is already all there is."""


def _microprice(own: Microprice, top: TopInput) -> None:
    own.update(*top.top)


def _fill_bucket(own: Vpin, trade: TradeInput) -> None:
    bucket = trade.bucket * VPIN_TICKS
    if own.bucket != bucket:
        own.resize(bucket)
    own.trade(trade.side, trade.size)


def _excite(own: HawkesIntensity, trade: TradeInput) -> None:
    if trade.is_first:
        own.arrive(trade.ts)


def _close_ticks(own: VolumeVolatility, trade: TradeInput) -> None:
    if trade.ticks and trade.mid_x2:
        own.closed(trade.ts, trade.ticks, trade.mid_x2)


def _track_queues(own: QueueTracker, at: SampleInput) -> None:
    live = [] if at.orders is None else [o for o in at.orders.open() if o.state is LIVE]
    resting = [TrackedOrder(o.order_id, o.side, o.price, o.leaves) for o in live]
    own.sample(resting, at.book.displayed)


MICROPRICE = EstimatorRow[Microprice](
    name="microprice",
    make=lambda _: Microprice(),
    # Where it is quoted around, the market itself keeps one, and shows it.
    readable=lambda config: config.fair_price != "microprice",
    on_top=_microprice,
)

ORDER_FLOW = EstimatorRow[OrderFlowImbalance](
    name="order_flow",
    make=lambda _: OrderFlowImbalance(FLOW_SECONDS),
    on_top=lambda own, top: own.update(top.ts, top.top),
    on_sample=lambda own, at: own.roll(at.now),
    lines=(
        EstimateLine(
            "order_flow_imbalance",
            "lots",
            own_value,
            "Cont, Kukanov and Stoikov's e, summed over 60 s",
            "20 changes",
        ),
    ),
)

VPIN = EstimatorRow[Vpin](
    name="vpin",
    make=lambda _: Vpin(),
    on_trade=_fill_bucket,
    lines=(
        EstimateLine(
            "vpin",
            "0 to 1",
            own_value,
            "mean imbalance of the last 50 buckets of ten volume ticks each",
            "50 buckets",
        ),
    ),
)

HAWKES = EstimatorRow[HawkesIntensity](
    name="hawkes",
    make=lambda _: HawkesIntensity(),
    on_trade=_excite,
    on_sample=lambda own, at: own.at(at.now),
    lines=(
        EstimateLine(
            "hawkes_intensity",
            "1/s",
            own_value,
            "how busy aggressive orders are now, each exciting the next (branching 0.5, 1/s)",
            "50 orders",
        ),
    ),
)

SPREAD = EstimatorRow[Spread](
    name="spread",
    make=lambda _: Spread(),
    on_top=lambda own, top: own.update(top.ts, top.top[0], top.top[2]),
    lines=(
        EstimateLine(
            "market_spread", BPS_OF_MID, own_value, "best ask less best bid, half-life 10 s", "20 s"
        ),
        EstimateLine(
            "spread_regime",
            "0 tight, 1 normal, 2 wide, 3 broken",
            lambda own, _: float(own.regime),
            "against its own long run: tight below 0.5, wide from 2, broken from 5",
            "20 s",
        ),
    ),
)

VOLUME_VOLATILITY = EstimatorRow[VolumeVolatility](
    name="volume_volatility",
    make=lambda _: VolumeVolatility(),
    on_trade=_close_ticks,
    lines=(
        EstimateLine(
            "sigma_volume_clock",
            VolumeVolatility.unit,
            own_value,
            "volatility from one volume tick to the next, last 50",
            "20 ticks",
        ),
        EstimateLine(
            "sigma_per_volume_tick",
            "bps per sqrt(tick)",
            lambda own, _: own.per_tick,
            "the same for one tick",
            "20 ticks",
        ),
    ),
)

QUEUE = EstimatorRow[QueueTracker](
    name="queue",
    make=lambda _: QueueTracker(),
    on_trade=lambda own, trade: own.trade(trade.side, trade.price, trade.size),
    on_sample=_track_queues,
    lines=(
        EstimateLine(
            "queue_ahead",
            "lots",
            own_value,
            "lots before the order of ours that is nearest to a fill",
            "a live order",
        ),
    ),
)

READ: tuple[EstimatorRow[Any], ...] = (
    MICROPRICE,
    ORDER_FLOW,
    VPIN,
    HAWKES,
    SPREAD,
    VOLUME_VOLATILITY,
    QUEUE,
)
"""In the order in which they are fed."""
