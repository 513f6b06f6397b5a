"""Figures that sum up an equity curve (math section 7; definitions of hftbacktest's stats)."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError

TRADING_DAYS = 365
"""A year: these markets never close."""

ROUNDING = 1e-12
"""Changes that differ by less than this share of equity differ by rounding alone."""

SAMPLES_MIN = 3
"""Two changes: the least that has a standard deviation."""


class RunMetrics(Struct, frozen=True):
    """pnl and max_drawdown: currency of the PnL. sharpe, sortino: per year, from changes of equity
    between samples. A ratio is None where it has no meaning: nothing varied, nothing was lost,
    nothing was traded. samples_per_day: the sampling behind the ratios, on which they depend.
    """

    samples_per_day: float
    pnl: float
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    return_over_drawdown: float | None
    pnl_per_turnover_bps: float | None


def metrics(equity: NDArray[np.float64], turnover: float, samples_per_day: float) -> RunMetrics:
    """From equity at equal steps (capital or 0 first) and the value traded, in one currency.

    Raises InvalidFieldError for fewer than three samples, or numbers that are not finite.
    """
    _check(equity, turnover, samples_per_day)
    changes = np.diff(equity)
    pnl = float(equity[-1] - equity[0])
    per_year = math.sqrt(samples_per_day * TRADING_DAYS)
    drawdown = float((np.maximum.accumulate(equity) - equity).max())
    mean, deviation = float(changes.mean()), float(changes.std(ddof=1))
    downside = math.sqrt(float(np.square(np.minimum(changes, 0.0)).mean()))
    noise = ROUNDING * float(np.abs(equity).max())
    return RunMetrics(
        samples_per_day=samples_per_day,
        pnl=pnl,
        sharpe=_ratio(mean * per_year, deviation, noise),
        sortino=_ratio(mean * per_year, downside, noise),
        max_drawdown=drawdown,
        return_over_drawdown=_ratio(pnl, drawdown),
        pnl_per_turnover_bps=_ratio(pnl * 10_000.0, turnover),
    )


def _ratio(value: float, base: float, noise: float = 0.0) -> float | None:
    return value / base if base > noise else None


def _check(equity: NDArray[np.float64], turnover: float, samples_per_day: float) -> None:
    if equity.ndim != 1 or equity.size < SAMPLES_MIN:
        allowed = f"one row of at least {SAMPLES_MIN} samples"
        raise InvalidFieldError("equity", equity.shape, allowed)
    if not np.isfinite(equity).all():
        raise InvalidFieldError("equity", "not finite", "finite numbers")
    if not (math.isfinite(turnover) and turnover >= 0):
        raise InvalidFieldError("turnover", turnover, "a finite number of 0 or more")
    if not (math.isfinite(samples_per_day) and samples_per_day > 0):
        raise InvalidFieldError("samples_per_day", samples_per_day, "a finite number above 0")
