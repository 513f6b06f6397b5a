"""What we see of a venue: rows as they reach us, some time after they happened there."""

from collections.abc import Callable, MutableSequence
from typing import Any

from market_maker.replay_venue.book_kernels import (
    BUY_TRADE,
    CHANGES,
    GAP,
    SELL_TRADE,
    apply_row,
    ask_price,
    bid_price,
    displayed_ask,
    displayed_bid,
)
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s, octets
from market_maker.replay_venue.replay_layout import (
    BOOK_LOST,
    NO_ASK,
    NO_BID,
    ROWS,
    SHOWN,
    TOP_CHANGED,
    BookRecord,
    RowsRecord,
    ShownRecord,
    SymbolRecord,
    TopRecord,
    VenueRecord,
)

APART = -(2**62)
"""Instead of a lead."""

rows_at: Callable[[int, int], MutableSequence[RowsRecord]] = arrays_at(ROWS)
shown_at: Callable[[int, int], MutableSequence[ShownRecord]] = arrays_at(SHOWN)


@compiled
def show(book: BookRecord, shown: Any) -> None:
    """Best prices and sizes of `book`, into fields of these names."""
    shown.bid = 0
    shown.bid_lots = 0
    shown.ask = 0
    shown.ask_lots = 0
    bid = bid_price(book)
    ask = ask_price(book)
    if bid > NO_BID:
        shown.bid = bid
        shown.bid_lots = displayed_bid(book, bid)
    if ask < NO_ASK:
        shown.ask = ask
        shown.ask_lots = displayed_ask(book, ask)


@compiled
def keep_view(symbol: SymbolRecord, book: BookRecord, changed: int) -> None:
    """Keep what the book shows after so many rows that change it."""
    view = shown_at(symbol.views, symbol.view_capacity)[changed & (symbol.view_capacity - 1)]
    view.known = book.known
    show(book, view)


@compiled
def hear_rows(
    venue: VenueRecord, symbol: SymbolRecord, rows: RowsRecord, top: TopRecord, now: int
) -> None:
    """Count what has been received by `now`, before the venue is brought there: from then on it
    keeps what we see. Once in an advance. Nothing where we keep a book of our own."""
    if symbol.counted or not symbol.one_book:
        return
    symbol.counted = 1
    kinds = octets(rows.kind, rows.count)
    stamps = int64s(rows.ts, rows.count)
    until = now - venue.feed_latency
    row = rows.cursor
    last = -1
    received = symbol.received
    top.flags = 0
    while row < rows.count and stamps[row] <= until:
        kind = int(kinds[row])
        last = last if BUY_TRADE <= kind <= SELL_TRADE else row
        received += (CHANGES >> kind) & 1
        if kind == GAP:
            top.flags = BOOK_LOST
            top.ts_lost = stamps[row] + venue.feed_latency
        row += 1
    rows.cursor = row
    symbol.received = received
    symbol.last = last


@compiled
def see_rows(
    venue: VenueRecord,
    symbol: SymbolRecord,
    book: BookRecord,
    rows: RowsRecord,
    top: TopRecord,
    now: int,
) -> None:
    """Into `top` what has been received by `now` about the book, the venue being there."""
    if not symbol.one_book:
        receive_rows(venue, book, rows, top, now)
        return
    symbol.counted = 0
    last = symbol.last
    view = shown_at(symbol.views, symbol.view_capacity)[
        symbol.received & (symbol.view_capacity - 1)
    ]
    if last >= 0 and view.known:
        top.flags |= TOP_CHANGED
        top.ts_event = int64s(rows.ts_event, rows.count)[last]
        top.ts_recv = int64s(rows.ts, rows.count)[last] + venue.feed_latency
        top.bid = view.bid
        top.bid_lots = view.bid_lots
        top.ask = view.ask
        top.ask_lots = view.ask_lots


@compiled
def receive_rows(
    venue: VenueRecord, book: BookRecord, rows: RowsRecord, top: TopRecord, now: int
) -> None:
    """Bring our book of one symbol to what has been received by `now`, where it is a book of its
    own: rows reached us in another order than they happened in."""
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
def next_change(rows: RowsRecord, row: int) -> int:
    """The first row from `row` on that can change a book, or `count`."""
    kinds = octets(rows.kind, rows.count)
    while row < rows.count and not (CHANGES >> int(kinds[row])) & 1:
        row += 1
    return row
