"""The best prices of a book without dust: levels worth less than a stated value make no price.

An order of a few dollars before all others moves the mid for next to nothing. What such a level
would make of fair is left out; whether a quote would cross is judged by the book as it is.
"""

from collections.abc import Iterator

from market_maker.engine.book import Book
from market_maker.engine.others import OthersBook
from market_maker.model.events import Levels
from market_maker.model.units import Lots, Nanos, Ticks

LEVELS_SEARCHED = 20
"""Of each side. Where all of them are dust, or the feed has best prices alone, the best one is
taken as it is."""


class SolidTop:
    """Reads like a Book: bid, bid_size, ask, ask_size, as of the last `refresh`."""

    __slots__ = ("_top", "ask", "ask_size", "bid", "bid_size")

    def __init__(self, top: Book | OthersBook) -> None:
        self._top = top
        self.bid, self.ask = Ticks(0), Ticks(0)
        self.bid_size, self.ask_size = Lots(0), Lots(0)

    @property
    def ts_recv(self) -> Nanos:
        """Last receipt."""
        return self._top.ts_recv

    def refresh(self, top: Book | OthersBook, least_value: int) -> "SolidTop":
        """The best level of each side that is worth at least `least_value`, ticks x lots."""
        self._top = top
        self.bid, self.bid_size = top.bid, top.bid_size
        self.ask, self.ask_size = top.ask, top.ask_size
        solid_bid = top.bid * top.bid_size >= least_value
        solid_ask = top.ask * top.ask_size >= least_value
        if solid_bid and solid_ask:
            return self
        bids, asks = top.depth(LEVELS_SEARCHED)
        if not solid_bid:
            worse = (level for level in bids if level[0] < top.bid)
            self.bid, self.bid_size = _first(worse, least_value) or (top.bid, top.bid_size)
        if not solid_ask:
            worse = (level for level in asks if level[0] > top.ask)
            self.ask, self.ask_size = _first(worse, least_value) or (top.ask, top.ask_size)
        return self

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of each side, dust included: in a sum it weighs what it is."""
        return self._top.depth(count)

    def displayed(self, side: int, price: int) -> int | None:
        """As Book.displayed."""
        return self._top.displayed(side, price)


def _first(levels: Iterator[tuple[Ticks, Lots]], least_value: int) -> tuple[Ticks, Lots] | None:
    return next((level for level in levels if level[0] * level[1] >= least_value), None)
