"""Keeping a ladder book: rows in, best prices out."""

from collections.abc import Callable, MutableSequence

from market_maker.model.recording import RowKind
from market_maker.replay_venue.compiled import arrays_at, compiled, inlined, int64s
from market_maker.replay_venue.replay_layout import BOOK, BUY, NO_ASK, NO_BID, SELL, BookRecord

BID = int(RowKind.BID)
ASK = int(RowKind.ASK)
BUY_TRADE = int(RowKind.BUY_TRADE)
SELL_TRADE = int(RowKind.SELL_TRADE)
BEST_BID = int(RowKind.BEST_BID)
BEST_ASK = int(RowKind.BEST_ASK)
BEST_EXPIRED = int(RowKind.BEST_EXPIRED)
CLEAR = int(RowKind.CLEAR)
GAP = int(RowKind.GAP)
assert (BID, ASK) == (BUY, SELL), "the kind of a level's row is its side"

CHANGES = sum(1 << kind for kind in (BID, ASK, BEST_BID, BEST_ASK, BEST_EXPIRED, CLEAR, GAP))
"""Kinds of rows that can change a book, a bit each."""

books_at: Callable[[int, int], MutableSequence[BookRecord]] = arrays_at(BOOK)


@inlined
def bid_price(book: BookRecord) -> int:
    """Best bid, ticks; NO_BID when there is none."""
    if book.best_holds:
        return book.best_bid
    return book.low + book.bid if book.bid >= 0 else NO_BID


@inlined
def ask_price(book: BookRecord) -> int:
    """Best ask, ticks; NO_ASK when there is none."""
    if book.best_holds:
        return book.best_ask
    return book.high - book.ask if book.ask >= 0 else NO_ASK


@inlined
def displayed_bid(book: BookRecord, price: int) -> int:
    """Lots displayed to buy at `price`: of the levels or of the best prices, whichever shows
    more; 0 outside the ladder."""
    index = price - book.low
    lots = 0
    if 0 <= index < book.width:
        lots = int64s(book.bids, book.width)[index]
    if book.best_holds and price == book.best_bid:
        lots = max(lots, book.best_bid_lots)
    return lots


@inlined
def displayed_ask(book: BookRecord, price: int) -> int:
    """Lots displayed to sell at `price`; as displayed_bid."""
    index = book.high - price
    lots = 0
    if 0 <= index < book.width:
        lots = int64s(book.asks, book.width)[index]
    if book.best_holds and price == book.best_ask:
        lots = max(lots, book.best_ask_lots)
    return lots


@inlined
def mid_x2_of(book: BookRecord) -> int:
    """Twice the mid, ticks; 0 while the book is unknown or one-sided."""
    if not book.known:
        return 0
    bid = bid_price(book)
    ask = ask_price(book)
    return bid + ask if bid > NO_BID and ask < NO_ASK else 0


@inlined
def set_level(book: BookRecord, side: int, price: int, lots: int) -> bool:
    """`lots` are now displayed at `price`: to buy (side 0) or to sell (1). The newer side is right:
    what stood on the other side at this price or beyond is gone. Whether a best level moved.

    Both sides are one code, and what differs is chosen by values and not by branches: which side
    the next row is of cannot be predicted, and a wrong guess costs as much as the rest of a row.
    """
    width = book.width
    bids, asks = book.bids, book.asks
    bid, ask = book.bid, book.ask
    index = book.high - price if side else price - book.low
    if index < 0 or index >= width:
        return False
    ladder = asks if side else bids
    best = ask if side else bid
    int64s(ladder, width)[index] = lots
    book.lowest = min(book.lowest, index)
    if (index > best) & (lots > 0):
        best = index
        clear_beyond(book, side, width - 1 - index)
    elif (index == best) & (lots == 0):
        best = next_best(ladder, width, index, book.lowest)
    else:
        return False
    if side:
        book.ask = best
    else:
        book.bid = best
    return True


@compiled
def clear_beyond(book: BookRecord, side: int, index: int) -> None:
    """Levels of the side opposite to `side` from `index` up to its best one are gone."""
    best = book.bid if side else book.ask
    if best < index:
        return
    ladder = book.bids if side else book.asks
    levels = int64s(ladder, book.width)
    for gone in range(index, best + 1):
        levels[gone] = 0
    best = next_best(ladder, book.width, index, book.lowest)
    if side:
        book.bid = best
    else:
        book.ask = best


@compiled
def next_best(ladder: int, width: int, index: int, lowest: int) -> int:
    """Index of the best level below `index`, or -1. ladder: the address of a side's levels."""
    levels = int64s(ladder, width)
    index -= 1
    while index >= lowest:
        if levels[index] > 0:
            return index
        index -= 1
    return -1


@compiled
def clear(book: BookRecord) -> None:
    """Nothing is displayed, and that is known. Above the best levels there is nothing."""
    bids = int64s(book.bids, book.width)
    asks = int64s(book.asks, book.width)
    for index in range(book.lowest, book.bid + 1):
        bids[index] = 0
    for index in range(book.lowest, book.ask + 1):
        asks[index] = 0
    book.bid = -1
    book.ask = -1
    book.lowest = book.width
    book.known = 1
    book.best_holds = 0


@compiled
def apply_row(book: BookRecord, kind: int, price: int, lots: int) -> None:
    """Bring the book up with one row of a recording; trades leave it as it is. Between a gap
    and the next CLEAR all rows are ignored, and the book stays what it was before the gap.

    Best prices count from their second row on, so that old and new are never mixed.
    """
    if kind <= ASK:
        if book.known:
            set_level(book, kind, price, lots)
    elif kind == BEST_BID:
        book.best_holds = 0
        book.best_bid = price
        book.best_bid_lots = lots
    elif kind == BEST_ASK:
        book.best_holds = book.known
        book.best_ask = price
        book.best_ask_lots = lots
    elif kind == BEST_EXPIRED:
        book.best_holds = 0
    elif kind == CLEAR:
        clear(book)
    elif kind == GAP:
        book.known = 0
        book.best_holds = 0
