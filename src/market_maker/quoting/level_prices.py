"""Prices of the levels in force: the wanted ones, or those held while they are close enough.

Compiled into the replay's decision kernel, where every tick is a price: there `grid` is None.
"""

from typing import Final

from market_maker.model.price_grid import PriceGrid
from market_maker.model.units import BPS
from market_maker.quoting.scaling import level_ticks

COARSE_STEPS: Final = 2.0
"""A spread of fewer price steps than this is not rounded away from fair (docs/strategies.md)."""


class WantedQuote:
    """What is wanted: a Ladder; the kernel has a record with fields of the same names. shift_bps,
    spread_bps: as in view.Clamped. threshold_bps: how far the wanted price may move before a
    held one does. per_bid, per_ask: the wanted prices of the best level, times fair."""

    __slots__ = ("per_ask", "per_bid", "shift_bps", "spread_bps", "threshold_bps")

    def __init__(self) -> None:
        self.shift_bps = self.spread_bps = 0.0
        self.threshold_bps = self.per_bid = self.per_ask = 0.0


def set_target(own: WantedQuote, shift_bps: float, spread_bps: float, most_bps: float) -> None:
    """What is wanted from now on. most_bps: how far a wanted price may move before a held one does;
    a quarter of the spread at most, which is half of the half-spread."""
    own.shift_bps = shift_bps
    own.spread_bps = spread_bps
    own.threshold_bps = min(most_bps, spread_bps / 4.0)
    own.per_bid = (1.0 - shift_bps / BPS) - spread_bps * 0.5 / BPS
    own.per_ask = (1.0 - shift_bps / BPS) + spread_bps * 0.5 / BPS


Levels = tuple[list[int], list[int], tuple[float, ...]]
"""Bids and asks held, ticks, 0 where there is none; offsets, bps."""

Tops = tuple[int, int, int, int, int]
"""What bids and asks must stay clear of; the book's best bid; the best bid and ask of others."""


def step_at(grid: PriceGrid | None, ticks: int) -> int:
    """Ticks from the price `ticks` to the next higher one."""
    if grid is None:
        return 1
    return grid.step(ticks)


def is_price(grid: PriceGrid | None, ticks: int) -> bool:
    """Whether the venue takes it."""
    if grid is None:
        return True
    return grid.holds(ticks)


def below(grid: PriceGrid | None, ticks: int) -> int:
    """The highest price below `ticks`."""
    if grid is None:
        return ticks - 1
    return grid.below(ticks)


def above(grid: PriceGrid | None, ticks: int) -> int:
    """The lowest price above `ticks`."""
    if grid is None:
        return ticks + 1
    return grid.above(ticks)


def joined(
    target: WantedQuote, fair: float, quote: tuple[int, int], tops: Tops, grid: PriceGrid | None
) -> tuple[int, int]:
    """Rounding away from fair would stand a step behind the touch on both sides, three steps
    wide in a market of one: a quote that is nearer to the touch than to the price behind it
    joins the touch."""
    bid, ask = quote
    best_bid, best_ask = tops[3], tops[4]
    half_step = 0.5 * step_at(grid, best_bid)
    if bid < best_bid and fair * target.per_bid > best_bid - half_step and is_price(grid, best_bid):
        bid = best_bid
    if ask > best_ask and fair * target.per_ask < best_ask + half_step and is_price(grid, best_ask):
        ask = best_ask
    return bid, ask


def reprice(
    target: WantedQuote, fair: float, levels: Levels, tops: Tops, grid: PriceGrid | None
) -> tuple[int, bool]:
    """Work out the wanted prices around `fair` (ticks) and keep what is close enough. Returns how
    many levels moved, and whether anything but fair decided.

    Bids stay below the best ask and asks above the best bid (post-only); levels of a side stand at
    least one price of the venue's grid apart.
    """
    bids, asks, offsets = levels
    top_bid, top_ask = tops[0], tops[1]
    threshold = fair * target.threshold_bps / BPS
    coarse = target.spread_bps * fair < COARSE_STEPS * BPS * step_at(grid, tops[2])
    moved = 0
    bounded = coarse
    for level in range(len(offsets)):
        bid, ask = level_ticks(fair, target.shift_bps, target.spread_bps, offsets[level], grid)
        if coarse and level == 0:
            bid, ask = joined(target, fair, (bid, ask), tops, grid)
        held_bid, held_ask = bids[level], asks[level]
        if 0 < held_bid < top_bid and held_bid < fair and abs(bid - held_bid) <= threshold:
            bid = held_bid
        if held_ask > top_ask and held_ask > fair and abs(ask - held_ask) <= threshold:
            ask = held_ask
        if bid >= top_bid or ask <= top_ask or bid <= 0:
            bounded = True
            bid = max(min(bid, below(grid, top_bid)), 0)
            ask = max(ask, above(grid, top_ask))
        if bid != held_bid or ask != held_ask:
            bids[level] = bid
            asks[level] = ask
            moved += 1
        top_bid, top_ask = bid, ask
    return moved, bounded
