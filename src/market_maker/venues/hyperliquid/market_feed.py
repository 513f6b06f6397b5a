"""Frames about one market as facts for an engine.

Depth comes as the five best levels twice a second, the best prices with every block that changes
them. The two are merged, so that each fact is a whole book as it is known now. Trades that the
venue sends upon subscription are history and left out.
"""

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal

from market_maker.model.errors import InvalidDataError
from market_maker.model.events import BookLost, BookSnapshot, Event, LeadMoved, MarkPrice, Trade
from market_maker.model.inbox import Inbox
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Lots, Nanos, Ticks
from market_maker.venues.hyperliquid.frames import (
    Best,
    Frame,
    PerpContext,
    SpotPairContext,
    WireTrade,
)
from market_maker.venues.hyperliquid.grid import WireGrid, side_of
from market_maker.venues.hyperliquid.market_wire import AssetContext, BookAnswer, BookLevel

BACKLOG = Nanos(5 * NANOS_PER_SECOND)
"""A trade that is so much older than the connection is history."""

TRADES_KEPT = 5_000
"""Trade ids that are remembered, to report each trade once."""

_Side = list[tuple[Ticks, Lots]]


class MarketFeed:
    """Of one instrument. context: the newest state of a perpetual, and when it came. unreadable:
    frames with a number that is not on the instrument's grid."""

    def __init__(self, grid: WireGrid) -> None:
        self._grid = grid
        self._bids: _Side = []
        self._asks: _Side = []
        self._book_time = self._best_time = -1
        self._best: Best | None = None
        self._seq = 0
        self._since = 0
        self._trades: OrderedDict[int, None] = OrderedDict()
        self._inbox = Inbox()
        self.context: AssetContext | None = None
        self.context_at = Nanos(0)
        self.unreadable = 0

    def opened(self, now: Nanos) -> None:
        """The connection was made: what arrives from now on is news."""
        self._since = (now - BACKLOG) // NANOS_PER_MS

    def lost(self, now: Nanos, reason: str) -> None:
        """The connection broke."""
        self._bids, self._asks, self._best = [], [], None
        # The venue's stamps may go back from one connection to the next.
        self._book_time = self._best_time = -1
        self._inbox.put(BookLost(now, reason))

    def hear(self, frame: Frame, now: Nanos) -> None:
        """One frame; those of other markets and accounts are not for us."""
        try:
            match frame:
                case BookAnswer():
                    self._book(frame, now)
                case Best():
                    self._top(frame, now)
                case (WireTrade(), *_):
                    self._traded(frame, now)
                case PerpContext(ctx=context):
                    self.context, self.context_at = context, now
                    self._marked(context.mark_px, now)
                case SpotPairContext(ctx=pair):
                    self._marked(pair.mark_px, now)
                case _:
                    pass
        except InvalidDataError:
            self.unreadable += 1

    def led(self, move: LeadMoved) -> None:
        """The market that may lead ours has a new mid."""
        self._inbox.put(move)

    def drain(self) -> list[Event]:
        """What came since the last call."""
        return self._inbox.drain()

    def __len__(self) -> int:
        return len(self._inbox)

    def _book(self, book: BookAnswer, now: Nanos) -> None:
        if book.time < self._book_time:
            return
        bids, asks = self._side(book.levels[0]), self._side(book.levels[1])
        self._bids, self._asks, self._book_time = bids, asks, book.time
        best = self._best
        if best is not None and best.time > book.time:
            # The best prices are of a later block than this depth.
            self._merge(best)
        self._tell(book.time, now)

    def _top(self, best: Best, now: Nanos) -> None:
        if best.time < max(self._best_time, self._book_time):
            return
        self._best, self._best_time = best, best.time
        self._merge(best)
        self._tell(best.time, now)

    def _merge(self, best: Best) -> None:
        bid, ask = best.bbo
        self._bids = self._with_best(self._bids, bid, 1)
        self._asks = self._with_best(self._asks, ask, -1)

    def _with_best(self, levels: _Side, level: BookLevel | None, direction: int) -> _Side:
        """Levels better than the best one are gone; those behind it are as they were last seen."""
        if level is None:
            return []
        best, size = self._grid.ticks(level.px), self._grid.lots(level.sz)
        return [(best, size), *(one for one in levels if one[0] * direction < best * direction)]

    def _side(self, levels: Iterable[BookLevel]) -> _Side:
        ticks, lots = self._grid.ticks, self._grid.lots
        return [(ticks(level.px), lots(level.sz)) for level in levels]

    def _tell(self, time: int, now: Nanos) -> None:
        self._seq += 1
        stamps = (Nanos(time * NANOS_PER_MS), now)
        self._inbox.put(
            BookSnapshot(*stamps, self._seq, bids=tuple(self._bids), asks=tuple(self._asks))
        )

    def _traded(self, trades: tuple[object, ...], now: Nanos) -> None:
        for trade in trades:
            if not isinstance(trade, WireTrade) or trade.time < self._since:
                continue
            if trade.tid in self._trades:
                continue
            self._trades[trade.tid] = None
            if len(self._trades) > TRADES_KEPT:
                self._trades.popitem(last=False)
            self._inbox.put(
                Trade(
                    ts_event=Nanos(trade.time * NANOS_PER_MS),
                    ts_recv=now,
                    price=self._grid.ticks(trade.px),
                    size=self._grid.lots(trade.sz),
                    aggressor=side_of(trade.side),
                )
            )

    def _marked(self, price: Decimal, now: Nanos) -> None:
        ticks = self._grid.near(price)
        if ticks > 0:
            # The venue does not say when it was made.
            self._inbox.put(MarkPrice(now, now, ticks))
