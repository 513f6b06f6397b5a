"""What smart quotes rest on, and how they size orders: engine.estimates without objects, for the
trade flow and the depth."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.estimate_layout import ESTIMATES, FLOW, SMART_TERMS
from market_maker.engine.estimates import relative_depths
from market_maker.engine.quoted_estimators import PRESSURE_LEVELS
from market_maker.engine.shares import right_size, scaled_value
from market_maker.estimators.depth import LEVELS_MAX, NEAR_BPS, mean_near
from market_maker.estimators.flow import imbalance
from market_maker.estimators.rolling import SLICES, add_to_sums, roll_sums
from market_maker.quoting.smart import size_factor
from market_maker.replay_venue.compiled import arrays_at, compiled, float64s, int64s
from market_maker.replay_venue.received_depth import read_levels

assert shared_rules.RULES

estimates_at: Callable[[int, int], Any] = arrays_at(ESTIMATES)
flows_at: Callable[[int, int], Any] = arrays_at(FLOW)
smarts_at: Callable[[int, int], Any] = arrays_at(SMART_TERMS)

SIDES = 2


@compiled
def take_trades(flow: Any, now: int) -> None:
    """Add up the trades that have reached us by `now`. Only at a sample: nothing reads the sums
    before, and they are those of every trade added when it came."""
    arrival = int64s(flow.arrival, flow.trades)
    side = int64s(flow.side, flow.trades)
    lots = int64s(flow.lots, flow.trades)
    kept: Any = (  # an array is indexed as a list is
        int64s(flow.ring, SLICES * SIDES).reshape((SLICES, SIDES)),
        int64s(flow.totals, SIDES),
    )
    at = flow.taken
    while at < flow.trades and arrival[at] <= now:
        add_to_sums(flow, kept, arrival[at], side[at], lots[at])
        at += 1
    flow.taken = at
    if now >= flow.until:
        roll_sums(flow, kept, now)


@compiled
def estimate(own: Any, market: Any, book: Any, now: int) -> None:
    """A sample, as Estimates.sample. book: as it has been received."""
    flow = flows_at(own.flow, 1)[0]
    seen = estimates_at(own.estimates, 1)[0]
    take_trades(flow, now)
    totals = int64s(flow.totals, SIDES)
    seen.buys = float(totals[0])
    seen.sells = float(totals[1])
    mid = (market.bid + market.ask) * 0.5
    levels = int64s(seen.levels, 2 * SIDES * LEVELS_MAX).reshape((2 * SIDES, LEVELS_MAX))
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
