"""Levels of a replayed book as it has been received, behind the best prices."""

import numpy as np
from numpy.typing import NDArray

from market_maker.replay_venue.compiled import compiled, int64s
from market_maker.replay_venue.replay_layout import BookRecord

Sizes = NDArray[np.int64]


@compiled
def read_levels(book: BookRecord, side: int, prices: Sizes, sizes: Sizes) -> int:
    """Into `prices` and `sizes` the best levels of a side, best first, as many as fit; how many
    there are. Best prices of a faster feed stand before the levels that are behind them."""
    ladder = int64s(book.asks if side else book.bids, book.width)
    index = book.ask if side else book.bid
    count = 0
    if book.best_holds:
        best = book.best_ask if side else book.best_bid
        place = book.high - best if side else best - book.low
        prices[0] = best
        sizes[0] = book.best_ask_lots if side else book.best_bid_lots
        count = 1
        if place <= index:
            if place >= 0:  # the level of the best price: the larger one counts
                sizes[0] = max(sizes[0], ladder[place])
            index = place - 1
    while index >= book.lowest and count < len(prices):
        if ladder[index] > 0:
            prices[count] = book.high - index if side else book.low + index
            sizes[count] = ladder[index]
            count += 1
        index -= 1
    return count
