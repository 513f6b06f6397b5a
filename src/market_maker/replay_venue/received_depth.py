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
    low, high, lowest = int(book["low"]), int(book["high"]), int(book["lowest"])
    best_bid = best_ask = None
    bid, ask = int(book["bid"]), int(book["ask"])
    if book["best_holds"]:
        best_bid = int(book["best_bid"]), int(book["best_bid_lots"])
        best_ask = int(book["best_ask"]), int(book["best_ask_lots"])
        bid, ask = min(best_bid[0] - low, bid), min(high - best_ask[0], ask)
    bid_levels = ((low + place, lots) for place, lots in _from_best(bids, bid, lowest))
    ask_levels = ((high - place, lots) for place, lots in _from_best(asks, ask, lowest))
    return _shown(bid_levels, best_bid, count), _shown(ask_levels, best_ask, count)


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


def _from_best(ladder: Sizes, best: int, lowest: int) -> Iterator[tuple[int, int]]:
    """Place and lots of every level of a ladder from its best place on."""
    top, stretch = best, FIRST_STRETCH
    while top >= lowest:
        bottom = max(top - stretch + 1, lowest)
        part = ladder[bottom : top + 1]
        for place in np.flatnonzero(part)[::-1].tolist():
            yield bottom + place, int(part[place])
        top, stretch = bottom - 1, 2 * stretch
