"""The venue's side of one symbol: rows and our requests in order of time, and what they do to our
orders."""

from collections.abc import Callable, MutableSequence

from market_maker.replay_venue.book_kernels import (
    ASK,
    BEST_ASK,
    BEST_BID,
    BUY_TRADE,
    CHANGES,
    SELL_TRADE,
    apply_row,
    displayed_ask,
    displayed_bid,
    mid_x2_of,
    set_level,
)
from market_maker.replay_venue.compiled import arrays_at, compiled, inlined, int64s, merged, octets
from market_maker.replay_venue.order_kernels import (
    arrive,
    cross_both,
    depth,
    requests_at,
    trade,
)
from market_maker.replay_venue.received_kernels import keep_view
from market_maker.replay_venue.replay_layout import (
    BUY,
    SELL,
    SYMBOL,
    BookRecord,
    RowsRecord,
    SymbolRecord,
    VenueRecord,
)

NEVER = 2**63 - 1

symbols_at: Callable[[int, int], MutableSequence[SymbolRecord]] = arrays_at(SYMBOL)


@compiled
def note_mid(symbol: SymbolRecord, book: BookRecord) -> None:
    """Remember the mid before something happens, unless there is none."""
    mid_x2 = mid_x2_of(book)
    if mid_x2:
        symbol.mid_x2 = mid_x2


@inlined
def note_moment(symbol: SymbolRecord, book: BookRecord, ts: int) -> None:
    """Remember the mid before the moment `ts`, once in a moment: before the first row of it that
    can move the mid or fill an order."""
    if symbol.noted != ts:
        symbol.noted = ts
        note_mid(symbol, book)


@inlined
def wants_room(symbol: SymbolRecord) -> bool:
    """Whether the answers need more room before all of our orders may be filled at once."""
    return symbol.answer_capacity - (symbol.answer_tail - symbol.answer_head) <= symbol.open_orders


@merged
def level_row(
    venue: VenueRecord,
    symbol: SymbolRecord,
    book: BookRecord,
    side: int,
    price: int,
    lots: int,
    ts: int,
) -> bool:
    """A level changes while orders of ours rest. Nothing, and False, where the answers need more
    room first. Only a level that reaches our orders of the other side can fill them: by those
    that were there before, they would be filled already."""
    reaches = price <= symbol.own_bid if side else price >= symbol.own_ask
    if reaches:
        if wants_room(symbol):
            return False
        note_moment(symbol, book, ts)
    bid = book.bid
    ask = book.ask
    if set_level(book, side, price, lots) and symbol.noted != ts and not book.best_holds:
        symbol.noted = ts
        if bid >= 0 and ask >= 0:
            symbol.mid_x2 = book.low + bid + book.high - ask
    best = symbol.own_ask if side else symbol.own_bid_last
    worst = symbol.own_ask_last if side else symbol.own_bid
    if best <= price <= worst:
        displayed = displayed_ask(book, price) if side else displayed_bid(book, price)
        depth(venue, symbol, side, price, displayed)
    if reaches:
        cross_both(symbol, book, ts)
    return True


@compiled
def other_row(
    venue: VenueRecord,
    symbol: SymbolRecord,
    book: BookRecord,
    kind: int,
    price: int,
    lots: int,
    ts: int,
) -> bool:
    """A row that is no level, while orders of ours rest. As level_row."""
    if kind == BUY_TRADE and price < symbol.own_ask:
        return True
    if kind == SELL_TRADE and price > symbol.own_bid:
        return True
    if wants_room(symbol):
        return False
    note_moment(symbol, book, ts)
    if kind == BUY_TRADE:
        trade(venue, symbol, SELL, price, lots, ts)
        return True
    if kind == SELL_TRADE:
        trade(venue, symbol, BUY, price, lots, ts)
        return True
    apply_row(book, kind, price, lots)
    if kind == BEST_BID:  # its other half is the next row
        return True
    if kind == BEST_ASK and book.known:
        depth(venue, symbol, BUY, book.best_bid, displayed_bid(book, book.best_bid))
        depth(venue, symbol, SELL, price, displayed_ask(book, price))
    cross_both(symbol, book, ts)
    return True


@merged
def venue_row(
    venue: VenueRecord,
    symbol: SymbolRecord,
    book: BookRecord,
    kind: int,
    price: int,
    lots: int,
    ts: int,
) -> bool:
    """One row at the venue. False, and nothing happened, where the answers need more room first."""
    if not symbol.open_orders:
        apply_row(book, kind, price, lots)
        return True
    if kind > ASK:
        return other_row(venue, symbol, book, kind, price, lots, ts)
    if book.known:
        return level_row(venue, symbol, book, kind, price, lots, ts)
    return True


@merged
def run_rows(
    venue: VenueRecord, symbol: SymbolRecord, book: BookRecord, rows: RowsRecord, until: int
) -> bool:
    """Rows at the venue up to the moment `until`. False when answers or views need more room."""
    kinds = octets(rows.kind, rows.count)
    ticks = int64s(rows.ticks, rows.count)
    sizes = int64s(rows.lots, rows.count)
    stamps = int64s(rows.ts, rows.count)
    changed = symbol.changed
    kept_from = NEVER
    full = NEVER
    if symbol.one_book:
        kept_from = symbol.received
        full = symbol.received + symbol.view_capacity - 1
    row = rows.cursor
    done = True
    while row < rows.count and stamps[row] <= until:
        kind = int(kinds[row])
        if changed >= full or not venue_row(
            venue, symbol, book, kind, ticks[row], sizes[row], stamps[row]
        ):
            done = False
            break
        row += 1
        changed += (CHANGES >> kind) & 1
        if changed >= kept_from:
            keep_view(symbol, book, changed)
    rows.cursor = row
    symbol.changed = changed
    return done


@merged
def run_venue(
    venue: VenueRecord, symbol: SymbolRecord, book: BookRecord, rows: RowsRecord, now: int
) -> bool:
    """Bring the venue's side of one symbol to `now`: rows and requests in order of time, rows
    first where they meet. False when answers or views need more room first."""
    requests = requests_at(symbol.requests, symbol.request_capacity)
    while True:
        arrival = NEVER
        if symbol.request_head < symbol.request_tail:
            arrival = requests[symbol.request_head & (symbol.request_capacity - 1)].ts
        if not run_rows(venue, symbol, book, rows, min(now, arrival)):
            return False
        if arrival > now:
            return True
        if symbol.answer_tail - symbol.answer_head >= symbol.answer_capacity:
            return False
        note_mid(symbol, book)
        arrive(symbol, book, requests[symbol.request_head & (symbol.request_capacity - 1)])
        symbol.request_head += 1
