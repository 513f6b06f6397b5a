"""The replay venue's inner loop, entered through one address (see replay_layout.VenueRecord)."""

from collections.abc import Callable, MutableSequence

import numpy as np
from numpy.typing import NDArray

from market_maker.replay_venue.book_kernels import apply_row, books_at, mid_x2_of
from market_maker.replay_venue.compiled import arrays_at, compiled, entry, int64s, octets
from market_maker.replay_venue.order_kernels import answers_at, requests_at
from market_maker.replay_venue.received_depth import read_levels
from market_maker.replay_venue.received_kernels import hear_rows, rows_at, see_rows
from market_maker.replay_venue.replay_layout import (
    PLACE,
    TOP,
    VENUE,
    SymbolRecord,
    TopRecord,
    VenueRecord,
)
from market_maker.replay_venue.venue_kernels import run_venue, symbols_at

RINGS_FULL, OUTBOX_FULL = -1, -2
"""An advance was interrupted: a symbol's answers or views, or the outbox, want more room, after
which the same advance is called again."""

venues_at: Callable[[int, int], MutableSequence[VenueRecord]] = arrays_at(VENUE)
tops_at: Callable[[int, int], MutableSequence[TopRecord]] = arrays_at(TOP)


@compiled
def deliver_answers(venue: VenueRecord, symbol: SymbolRecord, index: int, now: int) -> bool:
    """Move the answers that have reached us by `now` to the outbox. False when it is too small."""
    ring = answers_at(symbol.answers, symbol.answer_capacity)
    outbox = answers_at(venue.outbox, venue.outbox_capacity)
    while symbol.answer_head < symbol.answer_tail:
        entry = ring[symbol.answer_head & (symbol.answer_capacity - 1)]
        if entry.ts + venue.response_latency > now:
            break
        if venue.outbox_count == venue.outbox_capacity:
            return False
        entry.index = index
        outbox[venue.outbox_count] = entry
        venue.outbox_count += 1
        symbol.answer_head += 1
    return True


@entry
def advance(address: int, now: int) -> int:
    """Bring every symbol to `now`, one after the other; the number of answers in the outbox, or
    RINGS_FULL or OUTBOX_FULL."""
    venue = venues_at(address, 1)[0]
    symbols = symbols_at(venue.symbol, venue.symbols)
    books = books_at(venue.books, 2 * venue.symbols)
    rows = rows_at(venue.rows, 2 * venue.symbols)
    tops = tops_at(venue.tops, venue.symbols)
    if venue.resume < 0:
        venue.outbox_count = 0
    for index in range(max(venue.resume, 0), venue.symbols):
        venue.resume = index
        symbol = symbols[index]
        hear_rows(venue, symbol, rows[2 * index + 1], tops[index], now)
        if not run_venue(venue, symbol, books[2 * index], rows[2 * index], now):
            return RINGS_FULL
        if not deliver_answers(venue, symbol, index, now):
            return OUTBOX_FULL
        see_rows(venue, symbol, books[2 * index + 1], rows[2 * index + 1], tops[index], now)
    venue.resume = -1
    return venue.outbox_count


@entry
def send(
    address: int, index: int, action: int, ts: int, order_id: int, side: int, price: int, lots: int
) -> bool:
    """Send a request that arrives at `ts`. False when the symbol has no room for it: for its
    orders, open and on their way, or for requests on their way."""
    venue = venues_at(address, 1)[0]
    symbol = symbols_at(venue.symbol, venue.symbols)[index]
    waiting = symbol.request_tail - symbol.request_head
    if waiting == symbol.request_capacity:
        return False
    requests = requests_at(symbol.requests, symbol.request_capacity)
    if action == PLACE and symbol.open_orders + waiting >= symbol.order_capacity:
        return False
    entry = requests[symbol.request_tail & (symbol.request_capacity - 1)]
    entry.ts = ts
    entry.action = action
    entry.order_id = order_id
    entry.side = side
    entry.price = price
    entry.lots = lots
    symbol.request_tail += 1
    return True


@entry
def levels(
    address: int, index: int, side: int, prices: NDArray[np.int64], sizes: NDArray[np.int64]
) -> int:
    """As read_levels, of what a symbol's own book has received (ReplayState.own_books)."""
    venue = venues_at(address, 1)[0]
    book = books_at(venue.books, 2 * venue.symbols)[2 * index + 1]
    return int(read_levels(book, side, prices, sizes))


@entry
def mids(books: int, rows: int, times: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    """Into `found`: twice the mid at or before each of `times`, which never go back; 0 before
    the first. books, rows: addresses of one record each, in the venue's order of time."""
    book = books_at(books, 1)[0]
    record = rows_at(rows, 1)[0]
    kinds = octets(record.kind, record.count)
    ticks = int64s(record.ticks, record.count)
    sizes = int64s(record.lots, record.count)
    stamps = int64s(record.ts, record.count)
    row = 0
    last = 0
    for i in range(len(times)):
        while row < record.count and stamps[row] <= times[i]:
            apply_row(book, int(kinds[row]), ticks[row], sizes[row])
            row += 1
            # Rows of one moment belong together: the book is judged when they are all in.
            if row == record.count or stamps[row] > stamps[row - 1]:
                mid_x2 = mid_x2_of(book)
                if mid_x2:
                    last = mid_x2
        found[i] = last
