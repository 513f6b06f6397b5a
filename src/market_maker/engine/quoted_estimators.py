"""The estimators of which terms of quotes are made, a row each."""

from typing import Any

from market_maker.engine.estimator_rows import (
    EstimateLine,
    EstimateMetric,
    EstimatorRow,
    GammaFactors,
    Lacking,
    SampleInput,
    Seen,
    TradeInput,
    own_value,
)
from market_maker.engine.lasting_fit import LastingFit, configured_kappa_hat
from market_maker.engine.volatility_estimators import FACTOR, HORIZON, VARIATION
from market_maker.estimators.adverse_selection import AdverseSelection
from market_maker.estimators.arrivals import ArrivalCalibration
from market_maker.estimators.cascade import CascadeSeverity
from market_maker.estimators.depth import DepthMonitor
from market_maker.estimators.flow import book_imbalance
from market_maker.estimators.funding import FundingForecast
from market_maker.estimators.volatility import BPS_PER_SQRT_HOUR
from market_maker.estimators.volume_clock import VolumeClock, tick_clock
from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import innermost
from market_maker.quoting.strategy import Need

PRESSURE_LEVELS = 5
"""Levels of each side that make the pressure of the book, as the smart engine has it."""


# what quotes wait for, and depend on


def waits_for_trades(config: PoolConfig) -> bool:
    """Whether quotes depend on trades so much that they wait for some."""
    by_trades = config.use_kappa != "configured" or config.use_cascade
    return by_trades or config.fair_price == "regression"


def _volume_ticks(own: VolumeClock, config: PoolConfig) -> Lacking:
    return "volume ticks", own.count, config.warmup_volume_ticks


def _fits(own: LastingFit, config: PoolConfig) -> Lacking | None:
    if config.use_kappa != "estimated_only":
        return None
    return "fits of fill intensity", int(own.good_kappa > 0.0), 1


def _tick(own: VolumeClock, trade: TradeInput) -> None:
    trade.ticks = tick_clock(own, trade.ts, trade.size)
    trade.bucket = own.bucket


def _arrive(own: LastingFit, trade: TradeInput) -> None:
    if trade.mid_x2:
        own.trade(trade.ts, trade.order, trade.price, trade.mid_x2)


def _calibrated(own: ArrivalCalibration, _: SampleInput, seen: Seen) -> None:
    """A reference quotes on its own calibration, and not before it."""
    fit = own.fit
    seen.kappa_hat = fit.decay if fit else 0.0
    seen.intensity = fit.intensity if fit else 0.0
    seen.sigma = fit.sigma if fit else 0.0


def _measure_depth(own: DepthMonitor, at: SampleInput) -> None:
    own.sample(at.now, *at.levels, (at.book.bid + at.book.ask) * 0.5)


def _add_depth(own: DepthMonitor, at: SampleInput, seen: Seen) -> None:
    bids, asks = (side[:PRESSURE_LEVELS] for side in at.levels)
    seen.pressure = book_imbalance((size for _, size in bids), (size for _, size in asks))
    seen.bid_depth, seen.ask_depth = own.bid, own.ask


def _add_impact(own: AdverseSelection, _: SampleInput, seen: Seen) -> None:
    if own.ready:
        seen.impact = max(own.value or 0.0, 0.0)


def _depth_scale(own: AdverseSelection, _: GammaFactors) -> float | None:
    decay = own.depth_decay(own.horizon)
    return decay.scale_bps if decay else None


def _add_drift(own: FundingForecast, _: SampleInput, seen: Seen) -> None:
    if own.value:
        seen.drift = -own.value


def _add_severity(own: CascadeSeverity, _: SampleInput, seen: Seen) -> None:
    seen.severity = own.value or 0.0


CLOCK = EstimatorRow[VolumeClock](
    name="clock",
    make=lambda _: VolumeClock(),
    needed=waits_for_trades,
    on_trade=_tick,
    lacks=_volume_ticks,
    lines=(
        EstimateLine(
            "volume_clock",
            "seconds per bucket",
            own_value,
            "how long a bucket of volume takes",
            "20 ticks",
        ),
        EstimateLine(
            "volume_bucket",
            "lots",
            lambda own, _: float(own.bucket),
            "a bucket is ten mean trades",
            "20 ticks",
        ),
    ),
)

INTENSITY = EstimatorRow[LastingFit](
    name="intensity",
    make=lambda config: LastingFit(config.vol_lookback_seconds, configured_kappa_hat(config)),
    needed=lambda config: config.use_kappa != "configured",
    law=lambda config: (configured_kappa_hat(config), config.use_kappa),
    resize=lambda own, config: own.resize(config.vol_lookback_seconds),
    on_trade=_arrive,
    on_sample=lambda own, at: own.refit(at.now),
    contribute=lambda own, at, seen: own.contribute(at.now, at.config, seen),
    lacks=_fits,
    lines=(
        EstimateLine(
            "kappa_hat",
            "1/bps",
            own_value,
            "how fast fills become rarer with distance: likelihood with its prior",
            "see below",
            EstimateMetric("mm_kappa", "Decay of fill intensity as measured, per 10 bps", 0.1),
        ),
        EstimateLine(
            "intensity",
            "1/hour",
            lambda own, _: own.fit.intensity,
            "A: fills of one order at fair, one side",
            "see below",
        ),
        EstimateLine(
            "kappa_hat_line",
            "1/bps",
            lambda own, _: own.fit.line,
            "the decay by a line through the counts",
            "see below",
        ),
        EstimateLine(
            "fit_r_squared",
            "0 to 1",
            lambda own, _: own.fit.r_squared,
            "how well that line fits",
            "see below",
        ),
        EstimateLine(
            "fit_log_likelihood",
            "nats per order",
            lambda own, _: own.fit.log_likelihood,
            "how well the law fits",
            "see below",
        ),
    ),
)


ARRIVALS = EstimatorRow[ArrivalCalibration](
    name="arrivals",
    make=lambda _: ArrivalCalibration(),
    needed=lambda config: Need.ARRIVALS in innermost(config).needs,
    on_trade=lambda own, trade: own.trade(trade.ts, trade.side, trade.price),
    on_top=lambda own, seen: own.mid(seen.ts, seen.top[0] + seen.top[2]),
    on_sample=lambda own, at: own.refit(at.now),
    contribute=_calibrated,
    lines=(
        EstimateLine(
            "reference_kappa_hat",
            "1/bps",
            own_value,
            "kappa as the reference makers calibrate it (docs/strategies.md)",
            "a minute",
        ),
        EstimateLine(
            "reference_intensity",
            "1/hour",
            lambda own, _: own.fit.intensity if own.fit else None,
            "the same of A",
            "a minute",
        ),
        EstimateLine(
            "reference_sigma",
            BPS_PER_SQRT_HOUR,
            lambda own, _: own.fit.sigma if own.fit else None,
            "the same of volatility",
            "a minute",
        ),
    ),
)

DEPTH = EstimatorRow[DepthMonitor](
    name="depth",
    make=lambda _: DepthMonitor(),
    needed=lambda config: Need.DEPTH in innermost(config).needs,
    on_sample=_measure_depth,
    contribute=_add_depth,
    lines=(
        EstimateLine(
            "bid_depth",
            "lots per level",
            lambda own, _: own.bid,
            "mean size of a level within 1 % of the mid, best 20",
            "a sample",
        ),
        EstimateLine(
            "ask_depth", "lots per level", lambda own, _: own.ask, "the same of asks", "a sample"
        ),
    ),
)

ADVERSE = EstimatorRow[AdverseSelection](
    name="adverse",
    make=lambda _: AdverseSelection(),
    needed=lambda config: config.use_impact,
    on_top=lambda own, top: own.update(top.ts, top.top[0] + top.top[2]),
    on_fill=lambda own, fill: own.fill(fill.now, fill.sign, fill.price, fill.mid_x2),
    contribute=_add_impact,
    lines=(
        EstimateLine(
            "adverse_selection",
            "bps",
            own_value,
            "how far the mid goes against us after a fill",
            "30 fills",
            EstimateMetric("mm_adverse_selection_bps", "Mean move against us after a fill, bps"),
        ),
        EstimateLine(
            "adverse_selection_error",
            "bps",
            lambda own, _: own.standard_error,
            "its standard error",
            "30 fills",
        ),
        EstimateLine(
            "adverse_depth_scale",
            "bps",
            _depth_scale,
            "the depth over which that falls by a factor e",
            "two buckets of 30",
        ),
    ),
)

FUNDING = EstimatorRow[FundingForecast](
    name="funding",
    make=lambda config: FundingForecast(float(config.tau)),
    needed=lambda config: config.use_funding,
    law=lambda config: config.tau,
    on_funding=lambda own, ts, rate: own.paid(ts, rate),
    on_sample=lambda own, at: own.at(at.now),
    contribute=_add_drift,
    lines=(
        EstimateLine(
            "funding",
            "bps per hour",
            own_value,
            "what a long position will pay, mean over `tau`",
            "a payment",
        ),
    ),
)

CASCADE = EstimatorRow[CascadeSeverity](
    name="cascade",
    make=lambda _: CascadeSeverity(),
    needed=lambda config: config.use_cascade,
    on_trade=lambda own, trade: own.trade(trade.ts, trade.order, trade.size),
    on_sample=lambda own, at: own.at(at.now),
    contribute=_add_severity,
    lines=(
        EstimateLine(
            "cascade_severity",
            "0 to 1",
            own_value,
            "large aggressive orders that follow one another",
            "50 orders, 2 min",
            EstimateMetric("mm_cascade_severity", "Liquidation cascade, 0 to 1"),
        ),
        EstimateLine(
            "tail_factor",
            FACTOR,
            lambda _, factors: factors.tail,
            "what gamma was last multiplied by for a cascade",
            "50 orders, 2 min",
            EstimateMetric("mm_tail_risk_multiplier", "Gamma scaling factor for cascades"),
        ),
    ),
)

QUOTED: tuple[EstimatorRow[Any], ...] = (
    VARIATION,
    CLOCK,
    INTENSITY,
    ARRIVALS,
    HORIZON,
    DEPTH,
    ADVERSE,
    FUNDING,
    CASCADE,
)
"""In the order in which they are fed."""
