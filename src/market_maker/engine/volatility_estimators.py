"""Volatility beside the market's own, a row each: without jumps, and at inventory's horizon."""

from market_maker.engine.estimator_rows import (
    EstimateLine,
    EstimateMetric,
    EstimatorRow,
    GammaFactors,
    SampleInput,
    Seen,
    own_value,
)
from market_maker.estimators.horizon_volatility import HorizonVolatility
from market_maker.estimators.volatility import BPS_PER_SQRT_HOUR, RealisedVolatility
from market_maker.model.pool import PoolConfig

TOXIC_FROM, TOXICITY_MAX = 1.5, 2.0
"""Jump ratio from which flow counts as toxic, and the most that gamma is scaled by for it."""

FACTOR = "factor on gamma"


def _jump_ratio(own: RealisedVolatility) -> float | None:
    seen = own.variation()
    return seen.jump_ratio if seen is not None else None


def _sigma_clean(own: RealisedVolatility, _: GammaFactors) -> float | None:
    seen = own.variation()
    return seen.sigma_clean if seen is not None else None


def _toxicity(own: RealisedVolatility) -> float:
    """clip(1 + 0.5 (RV/BV - 1.5), 1, 2), 1.0 until volatility is known (math 8.7)."""
    ratio = _jump_ratio(own)
    if ratio is None or not own.ready:
        return 1.0
    return min(max(1.0 + 0.5 * (ratio - TOXIC_FROM), 1.0), TOXICITY_MAX)


def _vary(own: RealisedVolatility, at: SampleInput) -> None:
    for ts, mid in at.mids:
        if ts:
            own.update(ts, mid)


def _add_toxicity(own: RealisedVolatility, _: SampleInput, seen: Seen) -> None:
    seen.toxicity = _toxicity(own)


VARIATION = EstimatorRow[RealisedVolatility](
    name="variation",
    make=lambda config: RealisedVolatility(config.vol_lookback_seconds),
    needed=lambda config: config.use_toxicity,
    resize=lambda own, config: own.resize(config.vol_lookback_seconds),
    on_sample=_vary,
    contribute=_add_toxicity,
    lines=(
        EstimateLine(
            "sigma_clean",
            BPS_PER_SQRT_HOUR,
            _sigma_clean,
            "bipower volatility, which jumps hardly touch",
            "20 samples",
        ),
        EstimateLine(
            "jump_ratio",
            "RV/BV",
            lambda own, _: _jump_ratio(own),
            "realised over bipower variance, about 1 without jumps",
            "20 samples",
            EstimateMetric("mm_jump_ratio", "RV/BV ratio: about 1 without jumps"),
        ),
        EstimateLine(
            "toxicity_factor",
            FACTOR,
            lambda _, factors: factors.toxicity,
            "what gamma was last multiplied by for jumps",
            "20 samples",
        ),
    ),
)


READ_HORIZON_SECONDS = 30
"""Of readers, where quotes have none."""


def horizon_of(config: PoolConfig) -> tuple[int, int]:
    """Lookback and horizon, seconds."""
    lookback = config.vol_lookback_seconds
    return lookback, config.sigma_horizon_seconds or min(READ_HORIZON_SECONDS, lookback // 2)


def _at_horizon(own: HorizonVolatility, _: SampleInput, seen: Seen) -> None:
    """In place of volatility by seconds, and of that which comes with a calibration."""
    if own.ready and own.value:
        seen.sigma = own.value


HORIZON = EstimatorRow[HorizonVolatility](
    name="horizon",
    make=lambda config: HorizonVolatility(*horizon_of(config)),
    needed=lambda config: config.sigma_horizon_seconds > 0,
    law=horizon_of,
    on_sample=_vary,
    contribute=_at_horizon,
    lines=(
        EstimateLine(
            "sigma_at_horizon",
            BPS_PER_SQRT_HOUR,
            own_value,
            "volatility of moves over `sigma_horizon_seconds`, or 30 s, one beginning every second",
            "twice the horizon",
        ),
    ),
)
