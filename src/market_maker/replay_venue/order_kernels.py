"""Our orders on the venue's book: arriving, queueing, being filled, leaving.

Fills (math.md 3.9 and 7): completely when a trade goes through our price or when the best price
of the other side reaches it; at our price when a trade exhausts what stands before us, then by
what is left of the trade, or completely where partial fills are switched off. Several of our
orders at one price share a trade in the order of their arrival.
"""

from collections.abc import Callable, MutableSequence

from market_maker.replay_venue.book_kernels import (
    ask_price,
    bid_price,
    displayed_ask,
    displayed_bid,
)
from market_maker.replay_venue.compiled import arrays_at, compiled
from market_maker.replay_venue.queue_position import (
    POWER1,
    front_after_depth,
    probability_behind,
    whole_lots,
)
from market_maker.replay_venue.replay_layout import (
    ACCEPTED,
    ANSWER,
    BUY,
    CANCEL_REJECTED,
    CANCELED,
    FILLED,
    NO_ASK,
    NO_BID,
    ORDER,
    PLACE,
    REJECTED,
    REQUEST,
    SELL,
    AnswerRecord,
    BookRecord,
    OrderLayout,
    RequestRecord,
    SymbolRecord,
    VenueRecord,
)

orders_at: Callable[[int, int], MutableSequence[OrderLayout]] = arrays_at(ORDER)
requests_at: Callable[[int, int], MutableSequence[RequestRecord]] = arrays_at(REQUEST)
answers_at: Callable[[int, int], MutableSequence[AnswerRecord]] = arrays_at(ANSWER)


@compiled
def answer(symbol: SymbolRecord, kind: int, order_id: int, ts: int) -> AnswerRecord:
    """Put an answer on its way; there must be room for it."""
    ring = answers_at(symbol.answers, symbol.answer_capacity)
    entry = ring[symbol.answer_tail & (symbol.answer_capacity - 1)]
    symbol.answer_tail += 1
    entry.answer = kind
    entry.order_id = order_id
    entry.ts = ts
    return entry


@compiled
def refresh_own(symbol: SymbolRecord) -> None:
    """Find our best and worst prices again."""
    bid, bid_last = NO_BID, NO_ASK
    ask, ask_last = NO_ASK, NO_BID
    orders = orders_at(symbol.orders, symbol.order_capacity)
    for i in range(symbol.open_orders):
        price = orders[i].price
        if orders[i].side == BUY:
            bid = max(bid, price)
            bid_last = min(bid_last, price)
        else:
            ask = min(ask, price)
            ask_last = max(ask_last, price)
    symbol.own_bid = bid
    symbol.own_bid_last = bid_last
    symbol.own_ask = ask
    symbol.own_ask_last = ask_last


@compiled
def remove(symbol: SymbolRecord, at: int) -> None:
    """Take an order off the book; the others keep their priority."""
    orders = orders_at(symbol.orders, symbol.order_capacity)
    symbol.open_orders -= 1
    for i in range(at, symbol.open_orders):
        orders[i] = orders[i + 1]


@compiled
def fill(symbol: SymbolRecord, at: int, lots: int, ts: int) -> bool:
    """Fill `lots` of an order at its price; whether that completed it and took it off."""
    order = orders_at(symbol.orders, symbol.order_capacity)[at]
    entry = answer(symbol, FILLED, order.order_id, ts)
    entry.side = order.side
    entry.price = order.price
    entry.lots = lots
    entry.trade_id = symbol.fills
    entry.mid_x2 = symbol.mid_x2
    symbol.fills += 1
    order.leaves -= lots
    if order.leaves > 0:
        return False
    remove(symbol, at)
    return True


@compiled
def through(side: int, ours: int, price: int) -> bool:
    """Whether `price`, on the other side or traded, lies beyond our price."""
    return ours > price if side == BUY else ours < price


@compiled
def trade(
    venue: VenueRecord, symbol: SymbolRecord, side: int, price: int, lots: int, ts: int
) -> None:
    """`lots` were traded at `price` against resting orders on `side`.

    What earlier orders of ours have taken is not there for those behind them.
    """
    orders = orders_at(symbol.orders, symbol.order_capacity)
    taken = 0
    changed = False
    i = 0
    while i < symbol.open_orders:
        order = orders[i]
        filled = 0
        if order.side == side:
            if through(side, order.price, price):
                filled = order.leaves
            elif order.price == price:
                order.front -= max(lots - taken, 0)
                order.traded += lots
                reached = whole_lots(order.front)
                if reached > 0:
                    filled = min(reached, order.leaves) if venue.partial_fills else order.leaves
                    taken += filled
                    order.front = 0.0
        if filled > 0 and fill(symbol, i, filled, ts):
            changed = True
        else:
            i += 1
    if changed:
        refresh_own(symbol)


@compiled
def cross(symbol: SymbolRecord, side: int, best: int, ts: int) -> None:
    """The best price of the other side is now `best`: fill our orders on `side` it reaches."""
    orders = orders_at(symbol.orders, symbol.order_capacity)
    i = 0
    while i < symbol.open_orders:
        order = orders[i]
        if order.side == side and (order.price == best or through(side, order.price, best)):
            fill(symbol, i, order.leaves, ts)
        else:
            i += 1
    refresh_own(symbol)


@compiled
def depth(venue: VenueRecord, symbol: SymbolRecord, side: int, price: int, displayed: int) -> None:
    """`displayed` lots are now shown on `side` at `price`: orders of ours there move up.

    The estimates of two orders may overtake each other; the queue does not, so the later one
    never has less before it than the earlier one.
    """
    orders = orders_at(symbol.orders, symbol.order_capacity)
    ahead = -1.0
    for i in range(symbol.open_orders):
        order = orders[i]
        if order.price == price and order.side == side:
            behind = 1.0
            if not venue.pessimistic:
                back = order.displayed - order.front
                behind = probability_behind(POWER1, venue.exponent, order.front, back)
            front = front_after_depth(
                order.front, float(order.displayed), float(displayed), float(order.traded), behind
            )
            ahead = max(front, ahead)
            order.front = ahead
            order.displayed = displayed
            order.traded = 0


@compiled
def rest(symbol: SymbolRecord, book: BookRecord, request: RequestRecord) -> None:
    """Queue a new order behind what is displayed at its price."""
    orders = orders_at(symbol.orders, symbol.order_capacity)
    side = request.side
    price = request.price
    displayed = displayed_bid(book, price) if side == BUY else displayed_ask(book, price)
    front = float(displayed)
    for i in range(symbol.open_orders):
        if orders[i].price == price and orders[i].side == side:
            front = max(front, orders[i].front)
    order = orders[symbol.open_orders]
    symbol.open_orders += 1
    order.order_id = request.order_id
    order.side = side
    order.price = price
    order.leaves = request.lots
    order.displayed = displayed
    order.traded = 0
    order.front = front
    if side == BUY:
        symbol.own_bid = max(symbol.own_bid, price)
        symbol.own_bid_last = min(symbol.own_bid_last, price)
    else:
        symbol.own_ask = min(symbol.own_ask, price)
        symbol.own_ask_last = max(symbol.own_ask_last, price)


@compiled
def cancel(symbol: SymbolRecord, order_id: int) -> bool:
    """Whether the order was there to be cancelled."""
    orders = orders_at(symbol.orders, symbol.order_capacity)
    for i in range(symbol.open_orders):
        if orders[i].order_id == order_id:
            remove(symbol, i)
            refresh_own(symbol)
            return True
    return False


@compiled
def arrive(symbol: SymbolRecord, book: BookRecord, request: RequestRecord) -> None:
    """The venue takes in a request. A new order that would trade at once is refused, since it is
    post-only; while the book is unknown it is judged by the last known one."""
    kind = ACCEPTED
    if request.action == PLACE:
        crosses = (
            request.price >= ask_price(book)
            if request.side == BUY
            else request.price <= bid_price(book)
        )
        if crosses:
            kind = REJECTED
        else:
            rest(symbol, book, request)
    else:
        kind = CANCELED if cancel(symbol, request.order_id) else CANCEL_REJECTED
    answer(symbol, kind, request.order_id, request.ts)


@compiled
def cross_both(symbol: SymbolRecord, book: BookRecord, ts: int) -> None:
    """Fill what the book's best prices have reached, if they are known."""
    if not book.known:
        return
    bid = bid_price(book)
    if bid >= symbol.own_ask:
        cross(symbol, SELL, bid, ts)
    ask = ask_price(book)
    if ask <= symbol.own_bid:
        cross(symbol, BUY, ask, ts)
