"""The records that the replay kernels work on: one book, one order, one symbol, the venue.

Integers are ticks, lots, nanoseconds, counts and addresses of arrays; flags are 0 or 1.
"""

from typing import Any

import numpy as np

from market_maker.replay_venue.compiled import layout

BUY, SELL = 0, 1
"""Sides."""

PLACE, CANCEL = 0, 1
"""Requests."""

ACCEPTED, REJECTED, FILLED, CANCELED, CANCEL_REJECTED = range(5)
"""Answers."""

TOP_CHANGED, BOOK_LOST = 1, 2
"""Flags of a TopRecord."""

NO_BID = -(2**62)
NO_ASK = 2**62
"""Prices of a side on which there is nothing: below and above every price."""


class BookRecord:
    """A book as two ladders: lots by tick, each in an array of `width`. A higher index is a better
    price on both sides: bids begin at tick `low` and rise, asks begin at tick `high` and fall.

    bid, ask: indices of the best levels; -1 when there is none. lowest: the lowest index used on
    either side since the last clearing. known: 0 after a gap until the next CLEAR.
    best_*: best prices of a faster feed, which are the top while best_holds.
    """

    bids: int
    asks: int
    low: int
    high: int
    width: int
    bid: int
    ask: int
    lowest: int
    known: int
    best_holds: int
    best_bid: int
    best_bid_lots: int
    best_ask: int
    best_ask_lots: int


class OrderLayout:
    """One of our orders on the venue's book; its place in the array is its time priority.

    front: lots of others before it. displayed: size last seen at its price. traded: lots
    traded at its price since then.
    """

    order_id: int
    side: int
    price: int
    leaves: int
    displayed: int
    traded: int
    front: float


class RequestRecord:
    """A request on its way to the venue, where it arrives at `ts`."""

    ts: int
    action: int
    order_id: int
    side: int
    price: int
    lots: int


class AnswerRecord:
    """An answer of the venue at `ts`, on its way to us. mid_x2: twice the mid just before it,
    ticks, for a fill; 0 if there has been none."""

    index: int
    answer: int
    order_id: int
    ts: int
    side: int
    price: int
    lots: int
    trade_id: int
    mid_x2: int


class RowsRecord:
    """Columns of a recording in one order of time, and how far they have been read.

    ts decides when a row counts; the row's other stamp is its ts_event, which is ts itself in
    the venue's order.
    """

    count: int
    cursor: int
    kind: int
    ticks: int
    lots: int
    ts: int
    ts_event: int


class SymbolRecord:
    """Everything else about one symbol. Rings are read at head and written at tail, which only
    grow; their capacities are powers of two. own_bid, own_ask: our best prices on the venue's
    book, NO_BID and NO_ASK when there are none; own_bid_last, own_ask_last: our worst ones, NO_ASK
    and NO_BID when there are none. mid_x2: of the venue's book, when last known before the moment
    at which something happened; noted: a moment for which that was seen to, or -1.

    one_book: rows reach us in the order in which they change the venue's book, so that our book is
    the venue's of a little earlier, and is not kept a second time. changed, received: how many
    rows that change a book have happened at the venue, and have reached us. views: ring of what
    the book showed after so many of them, from `received` to `changed`. counted: whether the rows
    of this advance are; last: the last one of them that is no trade, or -1."""

    open_orders: int
    order_capacity: int
    orders: int
    own_bid: int
    own_bid_last: int
    own_ask: int
    own_ask_last: int
    mid_x2: int
    noted: int
    fills: int
    request_head: int
    request_tail: int
    request_capacity: int
    requests: int
    answer_head: int
    answer_tail: int
    answer_capacity: int
    answers: int
    one_book: int
    changed: int
    received: int
    view_capacity: int
    views: int
    counted: int
    last: int


class ShownRecord:
    """What a book showed at some point; sizes and prices are 0 on a side that was empty."""

    known: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class TopRecord:
    """What we have received about the book since the last advance; sizes and prices are 0 on
    a side that is empty. flags: TOP_CHANGED (the top is known), BOOK_LOST (at ts_lost)."""

    flags: int
    ts_lost: int
    ts_event: int
    ts_recv: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class VenueRecord:
    """The root. books: two per symbol, the venue's then ours; rows likewise. outbox: answers
    that have reached us in this advance. resume: symbol at which the advance was interrupted for
    want of room, or -1."""

    symbols: int
    symbol: int
    books: int
    rows: int
    tops: int
    outbox: int
    outbox_capacity: int
    outbox_count: int
    resume: int
    feed_latency: int
    response_latency: int
    pessimistic: int
    partial_fills: int
    exponent: float


BOOK: np.dtype[Any] = layout(BookRecord)
ORDER: np.dtype[Any] = layout(OrderLayout)
REQUEST: np.dtype[Any] = layout(RequestRecord)
ANSWER: np.dtype[Any] = layout(AnswerRecord)
ROWS: np.dtype[Any] = layout(RowsRecord)
SYMBOL: np.dtype[Any] = layout(SymbolRecord)
SHOWN: np.dtype[Any] = layout(ShownRecord)
TOP: np.dtype[Any] = layout(TopRecord)
VENUE: np.dtype[Any] = layout(VenueRecord)
