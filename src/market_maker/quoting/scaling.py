"""From a strategy's distances in basis points to prices on the grid (math section 8.3).

Called for every turn and every level, so plain floats and no objects but the one answer.
"""

from math import ceil, floor, inf
from typing import Final

from market_maker.model.price_grid import PriceGrid
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.quoting.view import Clamped, Distances

ROUNDING_SLACK_TICKS: Final = 1e-6
"""A price this close to the grid lies on it: a float price of 10**9 ticks is off by less, and
without the slack a quote meant for tick 100 could fall to 99 because of 99.9999999999."""


_CLAMPS = (Clamp.INSIDE, Clamp.FLOOR, Clamp.CEILING)
"""By the codes below."""
INSIDE: Final = 0
AT_FLOOR: Final = 1
AT_CEILING: Final = 2


def clamp(distances: Distances, min_spread_bps: float, max_spread_bps: float) -> Clamped:
    """The strategy's quote within [min_spread_bps, max_spread_bps] of total spread, its shift
    within +-max_spread_bps. Distances that are not numbers are a bug and assert."""
    bid, ask = distances.bid_bps, distances.ask_bps
    raw = bid + ask
    assert raw > -inf, distances  # not a number, or infinitely far on the wrong side
    if raw == inf:
        shift, spread, raw, code = one_sided(bid, ask, min_spread_bps, max_spread_bps)
        return Clamped(shift, spread, raw, _CLAMPS[code], bid == inf, ask == inf)
    shift, spread, code = two_sided(bid, ask, min_spread_bps, max_spread_bps)
    return Clamped(shift, spread, raw, _CLAMPS[code])


def two_sided(bid: float, ask: float, low: float, high: float) -> tuple[float, float, int]:
    """Shift, spread and which bound binds of a quote with both sides, all bps. Compiled into the
    replay's decision kernel, like the next two functions."""
    shift = (bid - ask) * 0.5
    if shift > high:
        shift = high
    elif shift < -high:
        shift = -high
    raw = bid + ask
    if raw < low:
        return shift, low, AT_FLOOR
    if raw > high:
        return shift, high, AT_CEILING
    return shift, raw, INSIDE


def one_sided(bid: float, ask: float, low: float, high: float) -> tuple[float, float, float, int]:
    """Shift, spread, raw spread and which bound binds of a quote that is infinitely far on a side
    or both. A quote alone keeps its distance, up to half the ceiling. The floor is a bound between
    two quotes and does not hold it back: the side that is left is the one that reduces a
    position."""
    alone = min(bid, ask)
    if alone == inf:
        return 0.0, low, inf, INSIDE
    distance = min(alone, high * 0.5)
    spread = max(low, min(2.0 * distance, high))
    lean = max(distance - spread * 0.5, -high)
    bound = AT_CEILING if distance < alone else INSIDE
    return lean if ask == inf else -lean, spread, 2.0 * alone, bound


def level_ticks(
    fair_ticks: float,
    shift_bps: float,
    spread_bps: float,
    offset_bps: float,
    grid: PriceGrid | None = None,
) -> tuple[int, int]:
    """Bid and ask of one level, in ticks: the bid rounded down, the ask up, never the same; both
    to a price of `grid`, or without one to a tick.

    offset_bps: how much further out than the best level (shape.Shape). A bid at or below 0 means
    that there is no price to quote.
    """
    half = spread_bps * 0.5 + offset_bps
    per_bps = fair_ticks / BPS
    bid = floor(fair_ticks - (shift_bps + half) * per_bps + ROUNDING_SLACK_TICKS)
    ask = ceil(fair_ticks - (shift_bps - half) * per_bps - ROUNDING_SLACK_TICKS)
    if bid >= ask:  # a spread of nothing on a price of the grid: both step away
        bid, ask = bid - 1, ask + 1
    if grid is not None:
        return grid.down(bid), grid.up(ask)
    return bid, ask
