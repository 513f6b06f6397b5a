"""The replay venue's inner loop, entered through one address (see replay_layout.VenueRecord)."""

from collections.abc import Callable, MutableSequence

import numpy as np
from numpy.typing import NDArray

from market_maker.replay_venue.book_kernels import (
    ASK,
    BEST_ASK,
    BEST_BID,
    BID,
    BUY_TRADE,
    GAP,
    SELL_TRADE,
    apply_row,
    ask_price,
    bid_price,
    books_at,
    displayed_ask,
    displayed_bid,
    mid_x2_of,
)
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s, octets
from market_maker.replay_venue.order_kernels import (
    answers_at,
    arrive,
    cross_both,
    depth,
    requests_at,
    trade,
)
from market_maker.replay_venue.replay_layout import (
    BOOK_LOST,
    BUY,
    NO_ASK,
    NO_BID,
    PLACE,
    ROWS,
    SELL,
    SYMBOL,
    TOP,
    TOP_CHANGED,
    VENUE,
    BookRecord,
    RowsRecord,
    SymbolRecord,
    TopRecord,
    VenueRecord,
)

ANSWERS_FULL, OUTBOX_FULL = -1, -2
"""An advance was interrupted: a symbol's answers or the outbox want more room, after which the
same advance is called again."""

NEVER = 2**63 - 1


venues_at: Callable[[int, int], MutableSequence[VenueRecord]] = arrays_at(VENUE)
symbols_at: Callable[[int, int], MutableSequence[SymbolRecord]] = arrays_at(SYMBOL)
rows_at: Callable[[int, int], MutableSequence[RowsRecord]] = arrays_at(ROWS)
tops_at: Callable[[int, int], MutableSequence[TopRecord]] = arrays_at(TOP)


@compiled
def note_mid(symbol: SymbolRecord, book: BookRecord) -> None:
    """Remember the mid before something happens, unless there is none."""
    mid_x2 = mid_x2_of(book)
    if mid_x2:
        symbol.mid_x2 = mid_x2


@compiled
def venue_row(
    venue: VenueRecord,
    symbol: SymbolRecord,
    book: BookRecord,
    kind: int,
    price: int,
    lots: int,
    ts: int,
) -> None:
    """One row at the venue, while orders of ours rest there."""
    if kind == BUY_TRADE:
        if price >= symbol.own_ask:
            trade(venue, symbol, SELL, price, lots, ts)
        return
    if kind == SELL_TRADE:
        if price <= symbol.own_bid:
            trade(venue, symbol, BUY, price, lots, ts)
        return
    apply_row(book, kind, price, lots)
    if kind == BEST_BID:  # its other half is the next row
        return
    if kind == BID:
        if book.known and price <= symbol.own_bid:
            depth(venue, symbol, BUY, price, displayed_bid(book, price))
    elif kind == ASK:
        if book.known and price >= symbol.own_ask:
            depth(venue, symbol, SELL, price, displayed_ask(book, price))
    elif kind == BEST_ASK and book.known:
        depth(venue, symbol, BUY, book.best_bid, displayed_bid(book, book.best_bid))
        depth(venue, symbol, SELL, price, displayed_ask(book, price))
    cross_both(symbol, book, ts)


@compiled
def run_venue(
    venue: VenueRecord, symbol: SymbolRecord, book: BookRecord, rows: RowsRecord, now: int
) -> bool:
    """Bring the venue's side of one symbol to `now`: rows and requests in order of time, rows
    first where they meet. False when the answers need more room first."""
    kinds = octets(rows.kind, rows.count)
    ticks = int64s(rows.ticks, rows.count)
    sizes = int64s(rows.lots, rows.count)
    stamps = int64s(rows.ts, rows.count)
    requests = requests_at(symbol.requests, symbol.request_capacity)
    row = rows.cursor
    while True:
        arrival = NEVER
        if symbol.request_head < symbol.request_tail:
            arrival = requests[symbol.request_head & (symbol.request_capacity - 1)].ts
        until = min(now, arrival)
        while row < rows.count and stamps[row] <= until:
            if symbol.open_orders:
                room = symbol.answer_capacity - (symbol.answer_tail - symbol.answer_head)
                if room <= symbol.open_orders:
                    rows.cursor = row
                    return False
                if row == 0 or stamps[row] > stamps[row - 1]:
                    note_mid(symbol, book)
                venue_row(venue, symbol, book, int(kinds[row]), ticks[row], sizes[row], stamps[row])
            else:
                apply_row(book, int(kinds[row]), ticks[row], sizes[row])
            row += 1
        rows.cursor = row
        if arrival > now:
            return True
        if symbol.answer_tail - symbol.answer_head >= symbol.answer_capacity:
            return False
        note_mid(symbol, book)
        arrive(symbol, book, requests[symbol.request_head & (symbol.request_capacity - 1)])
        symbol.request_head += 1


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


@compiled
def receive_rows(
    venue: VenueRecord, book: BookRecord, rows: RowsRecord, top: TopRecord, now: int
) -> None:
    """Bring our book of one symbol to what has been received by `now`."""
    kinds = octets(rows.kind, rows.count)
    ticks = int64s(rows.ticks, rows.count)
    sizes = int64s(rows.lots, rows.count)
    stamps = int64s(rows.ts, rows.count)
    until = now - venue.feed_latency
    row = rows.cursor
    last = -1
    top.flags = 0
    while row < rows.count and stamps[row] <= until:
        kind = int(kinds[row])
        if not BUY_TRADE <= kind <= SELL_TRADE:
            apply_row(book, kind, ticks[row], sizes[row])
            last = row
            if kind == GAP:
                top.flags = BOOK_LOST
                top.ts_lost = stamps[row] + venue.feed_latency
        row += 1
    rows.cursor = row
    if last >= 0 and book.known:
        top.flags |= TOP_CHANGED
        top.ts_event = int64s(rows.ts_event, rows.count)[last]
        top.ts_recv = stamps[last] + venue.feed_latency
        show(book, top)


@compiled
def show(book: BookRecord, top: TopRecord) -> None:
    """Best prices and sizes of `book`."""
    top.bid = 0
    top.bid_lots = 0
    top.ask = 0
    top.ask_lots = 0
    bid = bid_price(book)
    ask = ask_price(book)
    if bid > NO_BID:
        top.bid = bid
        top.bid_lots = displayed_bid(book, bid)
    if ask < NO_ASK:
        top.ask = ask
        top.ask_lots = displayed_ask(book, ask)


@compiled
def advance(address: int, now: int) -> int:
    """Bring every symbol to `now`, one after the other; the number of answers in the outbox, or
    ANSWERS_FULL or OUTBOX_FULL."""
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
        if not run_venue(venue, symbol, books[2 * index], rows[2 * index], now):
            return ANSWERS_FULL
        if not deliver_answers(venue, symbol, index, now):
            return OUTBOX_FULL
        receive_rows(venue, books[2 * index + 1], rows[2 * index + 1], tops[index], now)
    venue.resume = -1
    return venue.outbox_count


@compiled
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


@compiled
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
