"""The replay venue's inner loop, entered through one address (see replay_layout.VenueRecord)."""

from collections.abc import Callable, MutableSequence

from market_maker.replay_venue.book_kernels import apply_row, books_at, mid_x2_of
from market_maker.replay_venue.compiled import arrays_at, compiled, entry, int64s, octets
from market_maker.replay_venue.order_kernels import answers_at, requests_at
from market_maker.replay_venue.received_depth import read_levels
from market_maker.replay_venue.received_kernels import (
    APART,
    hear_rows,
    next_change,
    rows_at,
    see_rows,
)
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
def levels(address: int, index: int, side: int, prices: int, sizes: int, count: int) -> int:
    """As read_levels, of what a symbol's own book has received (ReplayState.own_books). prices,
    sizes: addresses of `count` integers."""
    venue = venues_at(address, 1)[0]
    book = books_at(venue.books, 2 * venue.symbols)[2 * index + 1]
    return int(read_levels(book, side, int64s(prices, count), int64s(sizes, count)))


@entry
def mids(books: int, rows: int, moments: int, mids_x2: int, count: int) -> int:
    """Twice the mid at or before each of `count` moments, which never go back; 0 before the first.
    How many rows are taken in. books, rows: addresses of one record each, in the venue's order of
    time. moments, mids_x2: addresses of as many integers."""
    book = books_at(books, 1)[0]
    record = rows_at(rows, 1)[0]
    kinds = octets(record.kind, record.count)
    ticks = int64s(record.ticks, record.count)
    sizes = int64s(record.lots, record.count)
    stamps = int64s(record.ts, record.count)
    times = int64s(moments, count)
    found = int64s(mids_x2, count)
    row = 0
    last = 0
    for i in range(count):
        while row < record.count and stamps[row] <= times[i]:
            apply_row(book, int(kinds[row]), ticks[row], sizes[row])
            row += 1
            # Rows of one moment belong together: the book is judged when they are all in.
            if row == record.count or stamps[row] > stamps[row - 1]:
                mid_x2 = mid_x2_of(book)
                if mid_x2:
                    last = mid_x2
        found[i] = last
    return row


@entry
def least_lead(received: int, at_venue: int) -> int:
    """By how much a row that changes a book happens before it is received, at least; APART where
    such rows are received in another order than they happen in. Where it is not negative, what we
    see is what the venue's book was a little earlier. received, at_venue: addresses of the same
    rows in both orders of time."""
    ours = rows_at(received, 1)[0]
    venues = rows_at(at_venue, 1)[0]
    kinds = octets(ours.kind, ours.count), octets(venues.kind, venues.count)
    ticks = int64s(ours.ticks, ours.count), int64s(venues.ticks, venues.count)
    sizes = int64s(ours.lots, ours.count), int64s(venues.lots, venues.count)
    stamps = int64s(ours.ts, ours.count), int64s(venues.ts, venues.count)
    least = -APART
    i = next_change(ours, 0)
    j = next_change(venues, 0)
    while i < ours.count:
        same = kinds[0][i] == kinds[1][j] and ticks[0][i] == ticks[1][j]
        if not same or sizes[0][i] != sizes[1][j]:
            return APART
        least = min(least, stamps[0][i] - stamps[1][j])
        i = next_change(ours, i + 1)
        j = next_change(venues, j + 1)
    return least
