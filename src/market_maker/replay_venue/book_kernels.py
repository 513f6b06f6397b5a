"""Keeping a ladder book: rows in, best prices out."""

from collections.abc import Callable, MutableSequence

from market_maker.model.recording import RowKind
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s
from market_maker.replay_venue.replay_layout import BOOK, NO_ASK, NO_BID, BookRecord

BID = int(RowKind.BID)
ASK = int(RowKind.ASK)
BUY_TRADE = int(RowKind.BUY_TRADE)
SELL_TRADE = int(RowKind.SELL_TRADE)
BEST_BID = int(RowKind.BEST_BID)
BEST_ASK = int(RowKind.BEST_ASK)
BEST_EXPIRED = int(RowKind.BEST_EXPIRED)
CLEAR = int(RowKind.CLEAR)
GAP = int(RowKind.GAP)


books_at: Callable[[int, int], MutableSequence[BookRecord]] = arrays_at(BOOK)


@compiled
def bid_price(book: BookRecord) -> int:
    """Best bid, ticks; NO_BID when there is none."""
    if book.best_holds:
        return book.best_bid
    return book.low + book.bid if book.bid >= 0 else NO_BID


@compiled
def ask_price(book: BookRecord) -> int:
    """Best ask, ticks; NO_ASK when there is none."""
    if book.best_holds:
        return book.best_ask
    return book.low + book.ask if book.ask < book.width else NO_ASK


@compiled
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


@compiled
def displayed_ask(book: BookRecord, price: int) -> int:
    """Lots displayed to sell at `price`; as displayed_bid."""
    index = price - book.low
    lots = 0
    if 0 <= index < book.width:
        lots = int64s(book.asks, book.width)[index]
    if book.best_holds and price == book.best_ask:
        lots = max(lots, book.best_ask_lots)
    return lots


@compiled
def mid_x2_of(book: BookRecord) -> int:
    """Twice the mid, ticks; 0 while the book is unknown or one-sided."""
    if not book.known:
        return 0
    bid = bid_price(book)
    ask = ask_price(book)
    return bid + ask if bid > NO_BID and ask < NO_ASK else 0


@compiled
def set_bid(book: BookRecord, price: int, lots: int) -> None:
    """`lots` are now displayed to buy at `price`. The newer side is right: asks at or below a
    new best bid are gone."""
    index = price - book.low
    if index < 0 or index >= book.width:
        return
    bids = int64s(book.bids, book.width)
    bids[index] = lots
    if lots > 0:
        book.lowest = min(book.lowest, index)
        book.highest = max(book.highest, index)
        if index > book.bid:
            book.bid = index
            if index >= book.ask:
                asks = int64s(book.asks, book.width)
                for gone in range(book.ask, index + 1):
                    asks[gone] = 0
                book.ask = next_ask(book, index)
    elif index == book.bid:
        book.bid = next_bid(book, index)


@compiled
def set_ask(book: BookRecord, price: int, lots: int) -> None:
    """`lots` are now displayed to sell at `price`; as set_bid."""
    index = price - book.low
    if index < 0 or index >= book.width:
        return
    asks = int64s(book.asks, book.width)
    asks[index] = lots
    if lots > 0:
        book.lowest = min(book.lowest, index)
        book.highest = max(book.highest, index)
        if index < book.ask:
            book.ask = index
            if index <= book.bid:
                bids = int64s(book.bids, book.width)
                for gone in range(index, book.bid + 1):
                    bids[gone] = 0
                book.bid = next_bid(book, index)
    elif index == book.ask:
        book.ask = next_ask(book, index)


@compiled
def next_bid(book: BookRecord, index: int) -> int:
    """Index of the best bid below `index`, or -1."""
    bids = int64s(book.bids, book.width)
    index -= 1
    while index >= book.lowest:
        if bids[index] > 0:
            return index
        index -= 1
    return -1


@compiled
def next_ask(book: BookRecord, index: int) -> int:
    """Index of the best ask above `index`, or width."""
    asks = int64s(book.asks, book.width)
    index += 1
    while index <= book.highest:
        if asks[index] > 0:
            return index
        index += 1
    return book.width


@compiled
def clear(book: BookRecord) -> None:
    """Nothing is displayed, and that is known."""
    bids = int64s(book.bids, book.width)
    asks = int64s(book.asks, book.width)
    for index in range(book.lowest, book.highest + 1):
        bids[index] = 0
        asks[index] = 0
    book.bid = -1
    book.ask = book.width
    book.lowest = book.width
    book.highest = -1
    book.known = 1
    book.best_holds = 0


@compiled
def apply_row(book: BookRecord, kind: int, price: int, lots: int) -> None:
    """Bring the book up with one row of a recording; trades leave it as it is. Between a gap
    and the next CLEAR all rows are ignored, and the book stays what it was before the gap.

    Best prices count from their second row on, so that old and new are never mixed.
    """
    if kind == BID:
        if book.known:
            set_bid(book, price, lots)
    elif kind == ASK:
        if book.known:
            set_ask(book, price, lots)
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
