"""Fair by the regression: estimators.regression.RegressionMicroprice without objects. What its
forecasts wait for stands in rings instead of queues; the arithmetic is the estimators' own."""

from collections.abc import Callable
from math import isnan, nan
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.estimate_layout import (
    FORECAST,
    LEAST_SQUARES,
    REGRESSION,
    SHOWN,
)
from market_maker.decision_kernel.trade_kernels import SIDES, flows_at, show_mid
from market_maker.estimators import horizon_factor
from market_maker.estimators.flow import imbalance
from market_maker.estimators.forecast import (
    FIRST_FORECAST,
    READY_MOVES,
    SAMPLE_EVERY,
    learn_move,
    raw_forecast,
    trust_of,
    worth_of,
)
from market_maker.estimators.horizon_factor import carry_move
from market_maker.estimators.regression import (
    LEVELS,
    OTHER_HORIZONS_SECONDS,
    TERMS,
    levels_imbalance,
    moved_mid,
)
from market_maker.replay_venue.compiled import (
    arrays_at,
    compiled,
    float64_rows,
    float64s,
    int64_rows,
    int64s,
)
from market_maker.replay_venue.received_depth import read_levels

assert shared_rules.RULES

regressions_at: Callable[[int, int], Any] = arrays_at(REGRESSION)
forecasts_at: Callable[[int, int], Any] = arrays_at(FORECAST)
fits_at: Callable[[int, int], Any] = arrays_at(LEAST_SQUARES)
shown_at: Callable[[int, int], Any] = arrays_at(SHOWN)

FORECASTS, FACTORS = len(TERMS), len(OTHER_HORIZONS_SECONDS)
MOST_TERMS = max(TERMS)
COLUMNS = MOST_TERMS + 1
"""Of what was foretold: the imbalances, and the forecast behind them."""
RING = 64
"""Forecasts that wait: one every SAMPLE_EVERY over the longest horizon."""
FACTOR_SAMPLE_EVERY = horizon_factor.SAMPLE_EVERY


@compiled
def waiting_at(own: Any) -> Any:
    """Rows of (when due, twice the mid)."""
    return int64_rows(own.waiting, RING, 2)


@compiled
def foretold_at(own: Any) -> Any:
    """Rows of COLUMNS."""
    return float64_rows(own.foretold, RING, COLUMNS)


@compiled
def kept_of(fit: Any, terms: int) -> Any:
    """What a fit is made of."""
    beta = float64s(fit.beta, terms)
    uncertainty = float64_rows(fit.uncertainty, terms, terms)
    return beta, uncertainty, float64s(fit.along, terms)


@compiled
def note(own: Any, due: int, mid_x2: int) -> int:
    """Let one more wait; its place."""
    at = (own.first + own.count) % RING
    waiting = waiting_at(own)
    waiting[at, 0] = due
    waiting[at, 1] = mid_x2
    own.count += 1
    return int(at)


@compiled
def leave(own: Any) -> None:
    """The oldest waits no more."""
    own.first = (own.first + 1) % RING
    own.count -= 1


@compiled
def forecast(own: Any, fit: Any, imbalances: Any, ts: int, mid_x2: int) -> None:
    """As MoveForecast.update."""
    kept = kept_of(fit, own.terms)
    waiting = waiting_at(own)
    foretold = foretold_at(own)
    while own.count and waiting[own.first, 0] < ts:
        at = own.first
        seen: Any = foretold[at, : own.terms], foretold[at, MOST_TERMS]
        learn_move(own, fit, kept, (waiting[at, 0], waiting[at, 1], seen[0], seen[1]))
        leave(own)
    own.last_mid_x2 = mid_x2
    raw = raw_forecast(own, kept[0], imbalances)
    own.raw_bps = raw
    if ts >= own.next_sample:
        own.next_sample = ts + SAMPLE_EVERY
        at = note(own, ts + own.horizon, mid_x2)
        for term in range(own.terms):
            foretold[at, term] = imbalances[term]
        foretold[at, MOST_TERMS] = raw if fit.count >= FIRST_FORECAST else nan
    own.bps = raw * trust_of(own) if fit.count >= READY_MOVES else 0.0


@compiled
def carry(own: Any, ts: int, mid_x2: int, forecast_bps: float) -> None:
    """As HorizonFactor.update; a forecast of NaN is none."""
    waiting = waiting_at(own)
    foretold = foretold_at(own)
    while own.count and waiting[own.first, 0] < ts:
        at = own.first
        carry_move(own, (waiting[at, 0], waiting[at, 1], foretold[at, MOST_TERMS]))
        leave(own)
    own.last_mid_x2 = mid_x2
    if ts >= own.next_sample and not isnan(forecast_bps):
        own.next_sample = ts + FACTOR_SAMPLE_EVERY
        at = note(own, ts + own.horizon, mid_x2)
        foretold[at, MOST_TERMS] = forecast_bps


@compiled
def regress(own: Any, imbalances: Any, ts: int, mid_x2: int) -> None:
    """As RegressionMicroprice.update, without a leading market."""
    forecasts = forecasts_at(own.forecasts, FORECASTS)
    fits = fits_at(own.fits, FORECASTS)
    factors = forecasts_at(own.factors, FACTORS)
    for index in range(FORECASTS):
        each = forecasts[index]
        forecast(each, fits[index], imbalances[: each.terms], ts, mid_x2)
    learned = fits[0].count
    if learned != own.chosen_at:
        own.chosen_at = learned
        own.chosen = 0
        for index in range(1, FORECASTS):
            if worth_of(forecasts[index]) > worth_of(forecasts[own.chosen]):
                own.chosen = index
    chosen = forecasts[own.chosen]
    own.deviation_bps = chosen.bps
    raw = chosen.raw_bps if learned >= FIRST_FORECAST else nan
    for index in range(FACTORS):
        carry(factors[index], ts, mid_x2, raw)
    own.value = moved_mid(mid_x2, own.deviation_bps)


@compiled
def imbalance_behind(own: Any, book: Any, best: float) -> float:
    """Of some levels of the book; best: that of the best sizes."""
    levels = int64_rows(own.levels, 2 * SIDES, LEVELS)
    bids = read_levels(book, 0, levels[0], levels[1])
    asks = read_levels(book, 1, levels[2], levels[3])
    return levels_imbalance(best, levels[1][:bids].sum(), levels[3][:asks].sum())


@compiled
def show_top(own: Any, market: Any, book: Any) -> None:
    """The book can be trusted, and may have changed: Estimates.on_book. book: as it has been
    received."""
    shown = shown_at(own.shown, 1)[0]
    same = shown.ts == market.ts_recv and shown.bid == market.bid and shown.ask == market.ask
    if same and shown.bid_lots == market.bid_lots and shown.ask_lots == market.ask_lots:
        return
    shown.ts = market.ts_recv
    shown.bid = market.bid
    shown.bid_lots = market.bid_lots
    shown.ask = market.ask
    shown.ask_lots = market.ask_lots
    if own.regression:
        regression = regressions_at(own.regression, 1)[0]
        imbalances = float64s(regression.imbalances, MOST_TERMS)
        totals = int64s(flows_at(own.flow, 1)[0].totals, SIDES)
        imbalances[0] = imbalance(market.bid_lots, market.ask_lots)
        imbalances[1] = imbalances[0]
        if regression.deep:
            imbalances[1] = imbalance_behind(regression, book, imbalances[0])
        imbalances[2] = imbalance(totals[0], totals[1])
        regress(regression, imbalances, market.ts_recv, market.mid_x2)
    if own.arrivals:
        show_mid(own, market.ts_recv, market.mid_x2)


@compiled
def foreseen(own: Any) -> float:
    """Fair, ticks."""
    return float(regressions_at(own.regression, 1)[0].value)


@compiled
def go_blind(own: Any) -> None:
    """The book cannot be trusted any more: moves across the gap are not learned from."""
    regression = regressions_at(own.regression, 1)[0]
    forecasts = forecasts_at(regression.forecasts, FORECASTS)
    factors = forecasts_at(regression.factors, FACTORS)
    for index in range(FORECASTS):
        forecasts[index].count = 0
    for index in range(FACTORS):
        factors[index].count = 0
