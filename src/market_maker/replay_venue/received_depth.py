"""Levels of a replayed book as it has been received, behind the best prices.

Plain numpy over the ladder that the kernels keep: few runs want it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_maker.model.events import Levels
from market_maker.model.units import Lots, Ticks

FIRST_STRETCH = 64
"""Prices that are searched at first; each time twice as many, until there are levels enough."""

Sizes = NDArray[np.int64]


def best_levels(book: Any, bids: Sizes, asks: Sizes, count: int) -> tuple[Levels, Levels]:
    """The best `count` levels of each side, best first. book: a BookRecord; bids, asks: its
    ladders. Best prices of a faster feed stand before the levels that are behind them."""
    low = int(book["low"])
    best_bid = best_ask = None
    if book["best_holds"]:
        best_bid = int(book["best_bid"]), int(book["best_bid_lots"])
        best_ask = int(book["best_ask"]), int(book["best_ask_lots"])
    shown_bids = _shown(_downwards(bids, book, best_bid, low), best_bid, count)
    shown_asks = _shown(_upwards(asks, book, best_ask, low), best_ask, count)
    return shown_bids, shown_asks


def _shown(levels: Iterator[tuple[int, int]], best: tuple[int, int] | None, count: int) -> Levels:
    found = [] if best is None else [best]
    for price, lots in levels:
        if found and price == found[0][0]:  # the level of the best price: the larger one counts
            found[0] = price, max(lots, found[0][1])
        elif len(found) == count:
            break
        else:
            found.append((price, lots))
    return tuple((Ticks(price), Lots(lots)) for price, lots in found[:count])


def _downwards(
    bids: Sizes, book: Any, best: tuple[int, int] | None, low: int
) -> Iterator[tuple[int, int]]:
    top = int(book["bid"]) if best is None else min(best[0] - low, int(book["bid"]))
    stretch, lowest = FIRST_STRETCH, int(book["lowest"])
    while top >= lowest:
        bottom = max(top - stretch + 1, lowest)
        part = bids[bottom : top + 1]
        for place in np.flatnonzero(part)[::-1].tolist():
            yield low + bottom + place, int(part[place])
        top, stretch = bottom - 1, 2 * stretch


def _upwards(
    asks: Sizes, book: Any, best: tuple[int, int] | None, low: int
) -> Iterator[tuple[int, int]]:
    bottom = int(book["ask"]) if best is None else max(best[0] - low, int(book["ask"]))
    stretch, highest = FIRST_STRETCH, int(book["highest"])
    while bottom <= highest:
        top = min(bottom + stretch - 1, highest)
        part = asks[bottom : top + 1]
        for place in np.flatnonzero(part).tolist():
            yield low + bottom + place, int(part[place])
        bottom, stretch = top + 1, 2 * stretch
