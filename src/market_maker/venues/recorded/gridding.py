"""Which steps the prices and sizes of a capture have, and the packed amounts as counts of them.

What votes: prices near those that were traded or best, and the sizes there. Venues keep resting
orders that are older than the present grid; they are few among many, and mostly far away.
"""

from decimal import Decimal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.amounts import (
    DECIMALS_MAX,
    PackedArray,
    as_floats,
    counts,
    decimals,
)

NEAR = 0.1
"""How far from the prices that were traded or best a level still votes, as a share of them."""

VOTERS_MIN = 20
"""Different prices of levels. Fewer near the best ones say too little, and all vote."""

OFF_GRID_SHARE_MAX = 0.01
OFF_GRID_MAX = 10
"""With more of the distinct values near the best prices off the grid than both of these, the grid
is wrong."""

FINE_STEPS_MIN = 200
"""With fewer distinct values a step of 2 or 5 is chance, and only powers of ten are found."""


_PRICED = np.array([RowKind.BID, RowKind.ASK, RowKind.BEST_BID, RowKind.BEST_ASK], dtype=np.uint8)
_TRADES = np.array([RowKind.BUY_TRADE, RowKind.SELL_TRADE], dtype=np.uint8)
_ANCHORS = np.array([*_TRADES, RowKind.BEST_BID, RowKind.BEST_ASK], dtype=np.uint8)
_LEVELS = np.array([RowKind.BID, RowKind.ASK], dtype=np.uint8)
_UPWARDS = np.array([RowKind.ASK, RowKind.BEST_ASK], dtype=np.uint8)


class PackedRows(Struct, frozen=True, eq=False):
    """Rows whose prices and sizes are packed amounts."""

    kind: NDArray[np.uint8]
    price: PackedArray
    size: PackedArray

    def traded(self) -> NDArray[np.bool_]:
        """Which rows are trades."""
        traded: NDArray[np.bool_] = np.isin(self.kind, _TRADES)
        return traded

    def near(self) -> NDArray[np.bool_]:
        """Which rows are near the prices that were traded or best; all where those are few."""
        priced, anchors = np.isin(self.kind, _PRICED), np.isin(self.kind, _ANCHORS)
        prices = as_floats(self.price)
        if anchors.any():
            low, high = np.quantile(prices[anchors], (0.001, 0.999))
        elif priced.any():
            low = high = np.median(prices[priced])
        else:
            return priced
        close: NDArray[np.bool_] = (prices >= low * (1 - NEAR)) & (prices <= high * (1 + NEAR))
        voters: NDArray[np.bool_] = (priced | anchors) & close
        few = len(np.unique(self.price[voters & priced])) < VOTERS_MIN
        return priced | anchors if few else voters


def found_step(values: PackedArray) -> Decimal:
    """The coarsest step of which nearly all of the distinct values are multiples: a power of ten,
    or 2, 2.5 or 5 times one. Zeros say nothing."""
    distinct = np.unique(values[values > 0])
    if not len(distinct):
        return Decimal(1)
    tolerated = int(OFF_GRID_SHARE_MAX * len(distinct))
    step = _power(-int(decimals(distinct).max()))
    while step.adjusted() < DECIMALS_MAX and _off(distinct, step * 10) <= tolerated:
        step *= 10
    if len(distinct) >= FINE_STEPS_MIN:
        for factor in ("5", "2.5", "2"):
            if _off(distinct, step * Decimal(factor)) <= tolerated:
                step *= Decimal(factor)
                break
    return Decimal(f"{step.normalize():f}")


def finer_for_trades(rows: PackedRows, step: Decimal) -> Decimal:
    """The step, or a smaller tick where trades lie between two prices: hidden orders may meet in
    the middle of a spread. At most 1,000 times smaller."""
    traded = np.unique(rows.price[np.isin(rows.kind, _TRADES)])
    off = traded[counts(traded, step).off_grid]
    if not len(off):
        return step
    finest = Decimal(0)
    for divisor in (2, 4, 5, 10, 20, 25, 50, 100, 1_000):
        tick = step / divisor
        if not counts(off, tick).off_grid.any():
            finest = tick
            break
    return Decimal(f"{finest.normalize():f}") if finest else step


def price_counts(
    rows: PackedRows, tick: Decimal, step: Decimal
) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Ticks per row, which rows stay, and how many different prices are no multiple of step.

    Levels off the grid are left out: merged with the level beside them they would change its size.
    Best prices are rounded outwards. Raises InvalidFieldError when the step is wrong.
    """
    _refuse_wrong("tick_size", rows.price[rows.near() & np.isin(rows.kind, _PRICED)], step)
    found = _counted("price", rows.price, tick)
    stepped = counts(rows.price, step)
    priced = np.isin(rows.kind, _PRICED)
    odd = stepped.off_grid & priced
    ticks = np.where(np.isin(rows.kind, _UPWARDS), found.rounded_up, found.whole)
    best = odd & ~np.isin(rows.kind, _LEVELS)
    if best.any():
        per_step = int(step / tick)
        upwards = np.isin(rows.kind, _UPWARDS)
        outwards = np.where(upwards, stepped.rounded_up, stepped.whole) * per_step
        ticks = np.where(best, outwards, ticks)
    kept = ~(odd & np.isin(rows.kind, _LEVELS))
    return ticks, kept, len(np.unique(rows.price[odd]))


def size_counts(rows: PackedRows, lot: Decimal) -> tuple[NDArray[np.int64], int]:
    """Lots per row, rounded up, and how many different sizes were. Raises InvalidFieldError."""
    _refuse_wrong("lot_size", rows.size[rows.near()], lot)
    found = _counted("size", rows.size, lot)
    return found.rounded_up, len(np.unique(rows.size[found.off_grid]))


class _Counted(Struct, frozen=True, eq=False):
    whole: NDArray[np.int64]
    rounded_up: NDArray[np.int64]
    off_grid: NDArray[np.bool_]


def _counted(field: str, values: PackedArray, step: Decimal) -> _Counted:
    try:
        found = counts(values, step)
    except OverflowError:
        largest = as_floats(values).max()
        option = "--tick-size" if field == "price" else "--lot-size"
        allowed = f"no more than 2^62 steps of {step:f}: give a larger {option}"
        raise InvalidFieldError(field, f"{largest:g}", allowed) from None
    return _Counted(found.whole, found.rounded_up, found.off_grid)


def fits(values: PackedArray, step: Decimal) -> bool:
    """Whether a step can be that of these values: hardly any is off it."""
    distinct = np.unique(values[values > 0])
    off = _off(distinct, step)
    many = off > max(OFF_GRID_MAX, OFF_GRID_SHARE_MAX * len(distinct))
    return not many and not (off and 2 * off >= len(distinct))


def _refuse_wrong(field: str, values: PackedArray, step: Decimal) -> None:
    if not fits(values, step):
        distinct = np.unique(values[values > 0])
        off = _off(distinct, step)
        what = "prices" if field == "tick_size" else "sizes"
        found = found_step(distinct)
        allowed = (
            f"a step of the {what}: {off} of {len(distinct)} different ones near the best prices "
            f"are no multiple; nearly all are of {found:f}"
        )
        raise InvalidFieldError(field, f"{step:f}", allowed)


def _off(distinct: PackedArray, step: Decimal) -> int:
    """How many of the values are no multiple of step."""
    if not len(distinct):
        return 0
    try:
        return int(np.count_nonzero(counts(distinct, step).off_grid))
    except OverflowError:
        return 0


def _power(exponent: int) -> Decimal:
    return Decimal((0, (1,), exponent))
