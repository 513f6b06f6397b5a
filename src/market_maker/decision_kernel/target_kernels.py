"""What the strategy wants, for those that are compiled: engine.quoter without objects."""

from collections.abc import Callable
from math import inf
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.decision_layout import (
    AVELLANEDA_STOIKOV,
    CALIBRATED,
    LOT_MARKET,
    SMART,
    STRATEGY,
    TARGET,
    VIEW,
)
from market_maker.decision_kernel.estimate_kernels import (
    show_arrivals,
    show_estimates,
    smarts_at,
)
from market_maker.quoting.avellaneda_stoikov import distances_of
from market_maker.quoting.calibrated import calibrated_distances, calibrated_values
from market_maker.quoting.glft import closed_distances, lot_values
from market_maker.quoting.lean import cut_of
from market_maker.quoting.level_prices import set_target
from market_maker.quoting.scaling import two_sided
from market_maker.quoting.smart import smart_distances
from market_maker.replay_venue.compiled import arrays_at, compiled

assert shared_rules.RULES

strategies_at: Callable[[int, int], Any] = arrays_at(STRATEGY)
views_at: Callable[[int, int], Any] = arrays_at(VIEW)
lot_markets_at: Callable[[int, int], Any] = arrays_at(LOT_MARKET)
targets_at: Callable[[int, int], Any] = arrays_at(TARGET)


@compiled
def wish_of(own: Any, strategy: Any, view: Any) -> Any:
    """Distances of bid and ask, bps, before the bound on the lean."""
    if strategy.kind == AVELLANEDA_STOIKOV:
        return distances_of(strategy, view)
    if strategy.kind == SMART:
        return smart_distances(smarts_at(own.smart, 1)[0], view)
    market = lot_markets_at(own.lot_market, 1)[0]
    if strategy.kind == CALIBRATED:
        gamma, sigma, kappa, intensity, xi = calibrated_values(strategy, view)
    else:
        gamma, sigma, kappa, intensity, xi = lot_values(strategy, view)
    market.gamma = gamma
    market.sigma = sigma
    market.kappa = kappa
    market.intensity = intensity
    market.xi = xi
    if strategy.kind == CALIBRATED:
        return calibrated_distances(strategy, market, view)
    return closed_distances(market, view)


@compiled
def find_target(own: Any, market: Any, lots: int) -> None:
    """As Quoter.refresh, for a pool of `lots`."""
    strategy = strategies_at(own.strategy, 1)[0]
    view = views_at(own.seen, 1)[0]
    target = targets_at(own.target, 1)[0]
    q_hat = lots * market.valued_x2 / (2 * strategy.position_value)
    view.q_hat = min(1.0, max(-1.0, q_hat))
    view.sigma = market.sigma
    view.sigma_ref = market.sigma_ref
    if own.estimating:
        show_arrivals(own, market, view)
    size = strategy.order
    if strategy.kind == SMART:
        size *= show_estimates(own, market, view, target)
    bid, ask = wish_of(own, strategy, view)
    shift = (bid - ask) * 0.5
    if view.q_hat != 0.0 and -inf < shift < inf and size > 0.0:
        orders = abs(view.q_hat) / (view.delta_hat * size)
        held = view.q_hat
        view.q_hat = 0.0
        flat = wish_of(own, strategy, view)
        view.q_hat = held
        cut = cut_of(strategy, (bid, ask), flat, orders)
        if cut != 0.0:
            bid += cut
            ask -= cut
    low = strategy.min_spread_bps
    shift, spread, clamp = two_sided(bid, ask, low, strategy.max_spread_bps)
    set_target(target, shift, spread, strategy.threshold_bps)
    target.clamp = clamp
    target.samples = market.samples
    target.lots = lots
