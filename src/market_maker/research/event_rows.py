"""Events of a market as the rows of a recording."""

from array import array

import numpy as np

from market_maker.model.events import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Event,
    Levels,
    Trade,
)
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import Nanos


class EventRows:
    """Rows in the making. What comes before the first book changes none and is left out."""

    def __init__(self) -> None:
        self._kind = bytearray()
        self._ticks, self._lots = array("q"), array("q")
        self._ts_event, self._ts_recv = array("q"), array("q")
        self._stamps = Nanos(0), Nanos(0)
        self._best_holds = self._lost = False

    def __len__(self) -> int:
        return len(self._kind)

    def add(self, event: Event) -> None:
        """The rows of one message; what is no market data has none."""
        if not self._kind and not isinstance(event, BookSnapshot | BookTop):
            return
        match event:
            case BookSnapshot():
                self._stamps = event.ts_event, event.ts_recv
                self._row(RowKind.CLEAR, 0, 0)
                self._best_holds = self._lost = False
                self._levels(event.bids, event.asks)
            case BookDelta():
                self._stamps = event.ts_event, event.ts_recv
                if self._best_holds:
                    self._row(RowKind.BEST_EXPIRED, 0, 0)
                    self._best_holds = False
                self._levels(event.bids, event.asks)
            case BookTop():
                self._stamps = event.ts_event, event.ts_recv
                self._top(event)
            case BookLost():
                self._stamps = event.ts_recv, event.ts_recv
                self._row(RowKind.GAP, 0, 0)
                self._best_holds, self._lost = False, True
            case Trade():
                self._stamps = event.ts_event, event.ts_recv
                bought = event.aggressor is Side.BUY
                kind = RowKind.BUY_TRADE if bought else RowKind.SELL_TRADE
                self._row(kind, event.price, event.size)
            case _:
                pass

    def alive(self, now: Nanos) -> None:
        """Nothing has changed until `now`, and the feed is not broken."""
        self._stamps = now, now
        self._row(RowKind.ALIVE, 0, 0)

    def _top(self, event: BookTop) -> None:
        if self._lost:  # a book that was lost is known again from a CLEAR on only
            self._row(RowKind.CLEAR, 0, 0)
            self._lost = False
        self._row(RowKind.BEST_BID, event.bid, event.bid_size)
        self._row(RowKind.BEST_ASK, event.ask, event.ask_size)
        self._best_holds = True

    def _levels(self, bids: Levels, asks: Levels) -> None:
        for kind, levels in ((RowKind.BID, bids), (RowKind.ASK, asks)):
            for price, size in levels:
                self._row(kind, price, size)

    def _row(self, kind: RowKind, ticks: int, lots: int) -> None:
        self._kind.append(kind)
        self._ticks.append(ticks)
        self._lots.append(lots)
        self._ts_event.append(self._stamps[0])
        self._ts_recv.append(self._stamps[1])

    def recording(self, instrument: Instrument, origin: str) -> Recording:
        """All rows."""
        return Recording(
            instrument=instrument,
            kind=np.frombuffer(bytes(self._kind), dtype=np.uint8),
            ticks=np.array(self._ticks, dtype=np.int64),
            lots=np.array(self._lots, dtype=np.int64),
            ts_event=np.array(self._ts_event, dtype=np.int64),
            ts_recv=np.array(self._ts_recv, dtype=np.int64),
            clock_shift_ns=0,
            origin=origin,
        )
