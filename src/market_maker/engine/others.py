"""The book without our own orders: what prices are made from.

Every venue shows our orders in its book. A maker that computes fair from them chases itself: its
own bid moves the mid, the mid moves its bid. What is ours at a price is known when the venue has
acknowledged the order and the book is newer than that. Before, it is what appeared there since
the order was sent; after its end, it stays ours until a newer book has come. While a cancel is
under way the book may be ahead of the report: then what is left there beyond what others had is
ours.
"""

from market_maker.engine.book import Book
from market_maker.engine.orders import LIVE, OwnOrders
from market_maker.model.events import Levels
from market_maker.model.orders import BUY, SELL
from market_maker.model.units import Lots, Nanos, Ticks

NOTHING = (Ticks(0), Lots(0))

NOWHERE = (-1, 2**63)
"""Prices of a bid and an ask that never reach a book."""


class _Shown:
    """Ours at one price. certain: lots that are in the book; maybe: those that may be; behind:
    lots of others there, when that was last certain."""

    __slots__ = ("behind", "certain", "maybe")

    def __init__(self) -> None:
        self.certain = self.maybe = 0
        self.behind = 2**63

    def of(self, displayed: int) -> int:
        """How much of `displayed` lots is ours."""
        more = max(0, displayed - self.behind) if self.maybe else 0
        return min(displayed, self.certain + min(self.maybe, more))


class OthersBook:
    """Reads like a Book: bid, bid_size, ask, ask_size, as of the last refresh."""

    __slots__ = ("_book", "_known", "_orders", "_ours", "ask", "ask_size", "bid", "bid_size")

    def __init__(self, book: Book, orders: OwnOrders) -> None:
        self._book, self._orders = book, orders
        self._ours: tuple[dict[int, _Shown], dict[int, _Shown]] = ({}, {})
        self._known = [NOTHING, NOTHING]
        self.bid, self.ask = Ticks(0), Ticks(0)
        self.bid_size, self.ask_size = Lots(0), Lots(0)

    @property
    def ts_recv(self) -> Nanos:
        """Last receipt."""
        return self._book.ts_recv

    def refresh(self) -> bool:
        """Work out the best prices of others. False where a side has none."""
        self._find_ours()
        self.bid, self.bid_size = self._best(BUY)
        self.ask, self.ask_size = self._best(SELL)
        return self.bid_size > 0 and self.ask_size > 0

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of others on each side, best first."""
        spare = len(self._ours[BUY]), len(self._ours[SELL])
        bids, asks = self._book.depth(count + max(spare))
        return self._of_others(BUY, bids)[:count], self._of_others(SELL, asks)[:count]

    def displayed(self, side: int, price: int) -> int | None:
        """As Book.displayed: ours included."""
        return self._book.displayed(side, price)

    def _find_ours(self) -> None:
        book, orders = self._book, self._orders
        orders.fading = [gone for gone in orders.fading if not book.is_after(gone.ended_at)]
        ours: tuple[dict[int, _Shown], dict[int, _Shown]]
        ours = self._ours = {}, {}
        for gone in orders.fading:
            shown = ours[gone.side].setdefault(gone.price, _Shown())
            self._add(shown, gone.lots, gone.behind, certain=book.is_after(gone.rested_at))
        for order in orders.slots.values():
            certain = order.state is LIVE and book.is_after(order.rested_at)
            shown = ours[order.side].setdefault(order.price, _Shown())
            self._add(shown, order.leaves, order.behind, certain=certain)
        for order in orders.slots.values():
            if order.state is LIVE:
                shown = ours[order.side][order.price]
                displayed = book.displayed(order.side, order.price) or 0
                order.behind = max(0, displayed - shown.certain)
        orders.tops[:] = max(ours[BUY], default=NOWHERE[BUY]), min(ours[SELL], default=NOWHERE[1])

    def _add(self, shown: _Shown, lots: int, behind: int, *, certain: bool) -> None:
        if certain:
            shown.certain += lots
        else:
            shown.maybe += lots
            shown.behind = min(shown.behind, behind)

    def _best(self, side: int) -> tuple[Ticks, Lots]:
        levels = self._book.depth(len(self._ours[side]) + 1)[side]
        if not levels or levels[0][0] != (self._book.ask if side else self._book.bid):
            return self._of_a_top(side)
        others = self._of_others(side, levels)
        return others[0] if others else (Ticks(0), Lots(0))

    def _of_a_top(self, side: int) -> tuple[Ticks, Lots]:
        """Of a feed without depth, or ahead of it: where the best price is ours alone, that of
        others is what it was when it was last seen, or worse."""
        book = self._book
        price, size = (book.ask, book.ask_size) if side else (book.bid, book.bid_size)
        shown = self._ours[side].get(price)
        left = size - shown.of(size) if shown else size
        if left:
            self._known[side] = price, Lots(left)
            return self._known[side]
        if not self._known[side][1]:
            slots = self._orders.slots.values()
            self._known[side] = next((o.touch for o in slots if o.side == side), (price, size))
        known, lots = self._known[side]
        return Ticks(max(known, price) if side else min(known, price)), lots

    def _of_others(self, side: int, levels: Levels) -> Levels:
        ours = self._ours[side]
        left = []
        for price, size in levels:
            shown = ours.get(price)
            others = size - shown.of(size) if shown else size
            if others > 0:
                left.append((price, Lots(others)))
        return tuple(left)
