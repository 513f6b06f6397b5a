"""What quotes rest on once a second, and how smart ones size orders: engine.estimates without
objects."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.codes import WARMING_UP_TRADES
from market_maker.decision_kernel.estimate_layout import ESTIMATES, SMART_TERMS
from market_maker.decision_kernel.trade_kernels import (
    SIDES,
    clocks_at,
    flows_at,
    roll_flow,
    take_trades,
    trades_at,
)
from market_maker.engine.estimates import relative_depths
from market_maker.engine.quoted_estimators import PRESSURE_LEVELS
from market_maker.engine.shares import right_size, scaled_value
from market_maker.estimators.depth import LEVELS_MAX, NEAR_BPS, mean_near
from market_maker.estimators.flow import imbalance
from market_maker.quoting.smart import size_factor
from market_maker.replay_venue.compiled import (
    arrays_at,
    compiled,
    float64s,
    int64_rows,
    int64s,
)
from market_maker.replay_venue.received_depth import read_levels

assert shared_rules.RULES

estimates_at: Callable[[int, int], Any] = arrays_at(ESTIMATES)
smarts_at: Callable[[int, int], Any] = arrays_at(SMART_TERMS)


@compiled
def measure_depth(seen: Any, market: Any, book: Any, now: int) -> None:
    """As DepthMonitor.sample, and the pressure of the book, which is as it has been received."""
    mid = (market.bid + market.ask) * 0.5
    levels = int64_rows(seen.levels, 2 * SIDES, LEVELS_MAX)
    bids = read_levels(book, 0, levels[0], levels[1])
    asks = read_levels(book, 1, levels[2], levels[3])
    # numba's zip has no strict
    seen.bid_depth = mean_near(zip(levels[0][:bids], levels[1][:bids]), mid, NEAR_BPS)  # noqa: B905
    seen.ask_depth = mean_near(zip(levels[2][:asks], levels[3][:asks]), mid, NEAR_BPS)  # noqa: B905
    bid_lots = levels[1][: min(bids, PRESSURE_LEVELS)].sum()
    ask_lots = levels[3][: min(asks, PRESSURE_LEVELS)].sum()
    seen.pressure = imbalance(bid_lots, ask_lots)
    seen.samples += 1
    seen.sampled_at = now


@compiled
def judge_warmth(own: Any, market: Any, seen: Any) -> None:
    """As Market._estimate: whether trades enough were seen to quote on."""
    if own.clock:
        taken = trades_at(own.trades, 1)[0].taken
        ticks = clocks_at(own.clock, 1)[0].count
        seen.warm = 1 if taken >= seen.least_trades and ticks >= seen.least_ticks else 0
    if market.warm and not seen.warm:
        market.warm = 0
        market.unready = WARMING_UP_TRADES


@compiled
def estimate(own: Any, market: Any, book: Any, now: int) -> None:
    """A sample, as Estimates.sample, or the trades' part of one that Python took. book: as it has
    been received."""
    seen = estimates_at(own.estimates, 1)[0]
    take_trades(own, now)
    if own.flow:
        roll_flow(own, now)
        if seen.by_flow:
            totals = int64s(flows_at(own.flow, 1)[0].totals, SIDES)
            seen.buys = float(totals[0])
            seen.sells = float(totals[1])
    if seen.by_depth:
        measure_depth(seen, market, book, now)
    if not seen.asked:
        judge_warmth(own, market, seen)


@compiled
def show_arrivals(own: Any, market: Any, view: Any) -> None:
    """Into the view what the last line says."""
    seen = estimates_at(own.estimates, 1)[0]
    view.sigma = seen.sigma if seen.sigma != 0.0 else market.sigma
    view.kappa_hat = seen.kappa_hat
    view.intensity = seen.intensity


@compiled
def resize(values: Any, smart: Any, levels: int, factor: float, afresh: bool) -> None:
    """As Ladder._size: sizes in force stay while they are right for what is wanted."""
    sizes = float64s(smart.sizes, levels)
    for level in range(levels):
        value = scaled_value(smart.size_value, sizes[level] * factor)
        if afresh or not right_size(values[level], value):
            values[level] = value


@compiled
def show_estimates(own: Any, market: Any, view: Any, target: Any) -> float:
    """Into the view what was seen, and into the sizes of the levels what follows from it. The
    larger factor on the configured order."""
    smart = smarts_at(own.smart, 1)[0]
    seen = estimates_at(own.estimates, 1)[0]
    view.pressure = seen.pressure
    view.buys = seen.buys
    view.sells = seen.sells
    bid_depth, ask_depth = relative_depths(seen, smart.size_value, market.valued_x2)
    view.bid_depth = bid_depth
    view.ask_depth = ask_depth
    bid = size_factor(smart, bid_depth)
    ask = size_factor(smart, ask_depth)
    target.silent_bid = 1 if bid == 0.0 else 0
    target.silent_ask = 1 if ask == 0.0 else 0
    if bid != smart.bid_factor or ask != smart.ask_factor or target.samples < 0:
        values = int64s(own.values, SIDES * own.levels)
        afresh = target.samples < 0
        resize(values[: own.levels], smart, own.levels, bid, afresh)
        resize(values[own.levels :], smart, own.levels, ask, afresh)
        smart.bid_factor = bid
        smart.ask_factor = ask
    return max(bid, ask)
