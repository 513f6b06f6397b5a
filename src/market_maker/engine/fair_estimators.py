"""The estimators of which a fair price may be made, a row each."""

from typing import Any

from market_maker.engine.estimator_rows import (
    BPS_OF_MID,
    EstimateLine,
    EstimateMetric,
    EstimatorRow,
    GammaFactors,
    SampleInput,
    Seen,
    TopInput,
    own_value,
)
from market_maker.estimators.flow import TradeFlow, imbalance
from market_maker.estimators.kalman import KalmanPrice
from market_maker.estimators.lead import LeadDistance
from market_maker.estimators.regression import LEVELS, RegressionMicroprice, levels_imbalance
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.quoting.registry import innermost
from market_maker.quoting.strategy import Need

FLOW_SECONDS = 60.0
"""What "recent" means for buys and sells, and for order-flow imbalance."""

FRACTION = "fraction per unit of imbalance"


def quotes_by_flow(config: PoolConfig) -> bool:
    """Whether a pool's strategy is shown recent buys and sells."""
    return Need.FLOW in innermost(config).needs


def _add_flow(own: TradeFlow, at: SampleInput, seen: Seen) -> None:
    if quotes_by_flow(at.config):
        seen.buys, seen.sells = float(own.buys), float(own.sells)


def _regress(own: RegressionMicroprice, seen: TopInput) -> None:
    own.update(seen.ts, seen.top[0] + seen.top[2], imbalances_of(seen, deep=own.deep))


def _led(own: RegressionMicroprice, ts: Nanos, mid_x2: int) -> None:
    if own.lead is not None:
        own.lead.lead(ts, mid_x2)


def imbalances_of(seen: TopInput, *, deep: bool) -> tuple[float, float, float]:
    """Of the best sizes, of some levels where they are a term, and of trade flow, as the regression
    takes them."""
    flow = (seen.flow.value if seen.flow is not None else None) or 0.0
    best = imbalance(seen.top[1], seen.top[3])
    if not deep:
        return best, best, flow
    bids, asks = seen.book.depth(LEVELS)
    bid_lots, ask_lots = sum([size for _, size in bids]), sum([size for _, size in asks])
    return best, levels_imbalance(best, bid_lots, ask_lots), flow


def _r_squared(own: RegressionMicroprice, _: GammaFactors) -> float | None:
    return own.judgement.r_squared if own.judgement else None


def _slope(own: RegressionMicroprice, _: GammaFactors) -> float | None:
    return own.judgement.slope if own.judgement else None


FLOW = EstimatorRow[TradeFlow](
    name="flow",
    make=lambda _: TradeFlow(FLOW_SECONDS),
    needed=lambda config: config.fair_price == "regression" or quotes_by_flow(config),
    on_trade=lambda own, trade: own.trade(trade.ts, trade.side, trade.size),
    on_sample=lambda own, at: own.roll(at.now),
    contribute=_add_flow,
    lines=(
        EstimateLine(
            "flow_imbalance",
            "-1 to 1",
            own_value,
            "trades by aggressor, last 60 s",
            "50 trades",
            EstimateMetric("mm_flow_imbalance", "Trade flow imbalance, -1 to 1"),
        ),
        EstimateLine(
            "recent_buys",
            "lots",
            lambda own, _: float(own.buys),
            "what buyers took, last 60 s",
            "50 trades",
        ),
        EstimateLine(
            "recent_sells",
            "lots",
            lambda own, _: float(own.sells),
            "what sellers took, last 60 s",
            "50 trades",
        ),
    ),
)

REGRESSION = EstimatorRow[RegressionMicroprice](
    name="regression",
    make=lambda config: RegressionMicroprice(
        deep=config.use_depth, lead=LeadDistance() if config.lead_symbol else None
    ),
    needed=lambda config: config.fair_price == "regression",
    law=lambda config: (config.use_depth, config.lead_symbol),
    on_top=_regress,
    on_lead=_led,
    on_blind=lambda own: own.reset(),
    lines=(
        EstimateLine(
            "regression_microprice",
            "ticks",
            own_value,
            "the mid moved by what imbalances (best sizes, five levels with `use_depth`, trade "
            "flow) foretell of "
            "the next second; at most three standard deviations of the move, also outside the best "
            "prices",
            "300 moves, 30 s",
        ),
        EstimateLine(
            "microprice_deviation",
            BPS_OF_MID,
            lambda own, _: own.deviation_bps,
            "how far that is from the mid",
            "300 moves, 30 s",
            EstimateMetric(
                "mm_microprice_deviation_bps", "Regression microprice against the mid, bps"
            ),
        ),
        EstimateLine(
            "beta_book",
            FRACTION,
            lambda own, _: own.betas[0],
            "learned by least squares that forget (1/e after 3,000 samples of 0.1 s), scaled by "
            "what past forecasts were worth",
            "300 moves, 30 s",
            EstimateMetric("mm_beta_book", "Learned book coefficient, fraction of the price"),
        ),
        EstimateLine(
            "beta_flow",
            FRACTION,
            lambda own, _: own.betas[1],
            "the same of trade flow; 0 while it does not pay",
            "300 moves, 30 s",
            EstimateMetric("mm_beta_flow", "Learned flow coefficient, fraction of the price"),
        ),
        EstimateLine(
            "beta_lead",
            "bps per bps",
            lambda own, _: None if own.lead is None else own.betas[2],
            "how much of the leading market's distance from its usual one our mid makes up in a "
            "second; 0 while it does not pay, none without `lead_symbol`",
            "300 moves, 30 s",
        ),
        EstimateLine(
            "lead_distance",
            "bps",
            lambda own, _: None if own.lead is None else own.lead.value,
            "the leading market's price above ours, beside the mean of a minute",
            "10 s",
        ),
        EstimateLine(
            "forecast_r_squared",
            "up to 1",
            _r_squared,
            "of forecasts on moves they had not seen: share of the variance taken away",
            "300 moves, 30 s",
        ),
        EstimateLine(
            "forecast_slope",
            "1 is right",
            _slope,
            "move per forecast; a slope that chance explains switches the forecast off",
            "300 moves, 30 s",
        ),
        EstimateLine(
            "move_half_second",
            "bps",
            lambda own, _: own.moves_bps[0],
            "the move foreseen over half a second: the deviation, times how far moves of half a "
            "second went for each bps of it",
            "300 moves, 30 s",
        ),
        EstimateLine(
            "move_five_seconds",
            "bps",
            lambda own, _: own.moves_bps[1],
            "the same over five seconds; the deviation itself until something else is shown",
            "300 moves, 30 s",
        ),
    ),
)

KALMAN = EstimatorRow[KalmanPrice](
    name="kalman",
    make=lambda _: KalmanPrice(),
    needed=lambda config: config.fair_price == "kalman",
    on_top=lambda own, top: own.update(top.ts, top.top, top.sigma),
    lines=(
        EstimateLine(
            "kalman",
            "ticks",
            own_value,
            "the mid and the smoothed lean of the weighted mid, which moves with sigma and is seen "
            "to within half a spread",
            "20 books",
        ),
    ),
)

FAIR: tuple[EstimatorRow[Any], ...] = (FLOW, REGRESSION, KALMAN)
"""In the order in which they are fed: the regression reads the flow."""
