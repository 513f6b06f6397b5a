"""From a strategy's distances in basis points to prices on the grid (math section 8.3).

Called for every turn and every level, so plain floats and no objects but the one answer.
"""

from math import ceil, floor

from msgspec import Struct

from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.quoting.view import Distances

ROUNDING_SLACK_TICKS = 1e-6
"""A price this close to the grid lies on it: a float price of 10**9 ticks is off by less, and
without the slack a quote meant for tick 100 could fall to 99 because of 99.9999999999."""

_INSIDE, _FLOOR, _CEILING = Clamp.INSIDE, Clamp.FLOOR, Clamp.CEILING


class Clamped(Struct, frozen=True, gc=False):
    """What is quoted, bps of fair: both quotes stand shift_bps below the symmetric ones (above
    when negative) and spread_bps apart. raw_spread_bps: the spread the strategy asked for.
    clamp: which bound of the spread binds."""

    shift_bps: float
    spread_bps: float
    raw_spread_bps: float
    clamp: Clamp


def clamp(distances: Distances, min_spread_bps: float, max_spread_bps: float) -> Clamped:
    """The strategy's wish within [min_spread_bps, max_spread_bps] of total spread, its shift
    within +-max_spread_bps. Distances that are not numbers are a bug and assert."""
    bid, ask = distances.bid_bps, distances.ask_bps
    raw = bid + ask
    shift = (bid - ask) * 0.5
    assert shift == shift, distances  # noqa: PLR0124  # NaN, the only number unlike itself
    if shift > max_spread_bps:
        shift = max_spread_bps
    elif shift < -max_spread_bps:
        shift = -max_spread_bps
    if raw < min_spread_bps:
        return Clamped(shift, min_spread_bps, raw, _FLOOR)
    if raw > max_spread_bps:
        return Clamped(shift, max_spread_bps, raw, _CEILING)
    return Clamped(shift, raw, raw, _INSIDE)


def level_ticks(
    fair_ticks: float, shift_bps: float, spread_bps: float, level_spacing_bps: float, level: int
) -> tuple[int, int]:
    """Bid and ask of one level, in ticks: the bid rounded down, the ask up, never the same.

    Level 0 is the best. A bid at or below 0 means that there is no price to quote.
    """
    half = spread_bps * 0.5 + level * level_spacing_bps
    per_bps = fair_ticks / BPS
    bid = floor(fair_ticks - (shift_bps + half) * per_bps + ROUNDING_SLACK_TICKS)
    ask = ceil(fair_ticks - (shift_bps - half) * per_bps - ROUNDING_SLACK_TICKS)
    if bid >= ask:  # a spread of nothing on a price of the grid: both step away
        return bid - 1, ask + 1
    return bid, ask
