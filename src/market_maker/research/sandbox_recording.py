"""A recording of the sandbox exchange: a capture without a download, equal for equal seeds."""

from array import array
from collections.abc import Callable

import numpy as np

from market_maker.model.events import BookDelta, BookSnapshot, Event, Levels, Trade
from market_maker.model.orders import Side
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.sandbox.listings import Listing
from market_maker.sandbox.market import SandboxMarket

START = Nanos(1_767_225_600 * NANOS_PER_SECOND)
"""2026-01-01, of the market's own time: a recording does not depend on when it was made."""
WARM_UP = Nanos(30 * NANOS_PER_SECOND)
"""How old the market is when the recording begins."""
STEP = Nanos(NANOS_PER_SECOND)


def record_sandbox(
    listing: Listing, seed: int, seconds: int, progress: Callable[[int, int], None]
) -> Recording:
    """The book and the trades of a market for so long. progress: called with seconds done, and
    all."""
    market = SandboxMarket(
        listing.instrument,
        listing.fees,
        seed=seed,
        start=START,
        parameters=listing.parameters,
    )
    begin = Nanos(START + WARM_UP)
    market.advance(begin)
    subscription = market.subscribe(begin)
    columns = _Columns()
    for number in range(1, seconds + 1):
        market.advance(Nanos(begin + number * STEP))
        for event in subscription.drain():
            columns.add(event)
        progress(number, seconds)
    return columns.recording(listing, f"sandbox: {listing.instrument.symbol}, seed {seed}")


class _Columns:
    def __init__(self) -> None:
        self._kind = bytearray()
        self._ticks, self._lots = array("q"), array("q")
        self._ts_event, self._ts_recv = array("q"), array("q")

    def add(self, event: Event) -> None:
        """The rows of one message. What comes before the first snapshot changes no book."""
        if not self._kind and not isinstance(event, BookSnapshot):
            return
        match event:
            case BookSnapshot():
                self._row(event, RowKind.CLEAR, 0, 0)
                self._levels(event, event.bids, event.asks)
            case BookDelta():
                self._levels(event, event.bids, event.asks)
            case Trade():
                bought = event.aggressor is Side.BUY
                kind = RowKind.BUY_TRADE if bought else RowKind.SELL_TRADE
                self._row(event, kind, event.price, event.size)
            case _:
                pass

    def _levels(self, event: BookSnapshot | BookDelta, bids: Levels, asks: Levels) -> None:
        for kind, levels in ((RowKind.BID, bids), (RowKind.ASK, asks)):
            for price, size in levels:
                self._row(event, kind, price, size)

    def _row(
        self, event: BookSnapshot | BookDelta | Trade, kind: RowKind, ticks: int, lots: int
    ) -> None:
        self._kind.append(kind)
        self._ticks.append(ticks)
        self._lots.append(lots)
        self._ts_event.append(event.ts_event)
        self._ts_recv.append(event.ts_recv)

    def recording(self, listing: Listing, origin: str) -> Recording:
        """All rows."""
        return Recording(
            instrument=listing.instrument,
            kind=np.frombuffer(bytes(self._kind), dtype=np.uint8),
            ticks=np.array(self._ticks, dtype=np.int64),
            lots=np.array(self._lots, dtype=np.int64),
            ts_event=np.array(self._ts_event, dtype=np.int64),
            ts_recv=np.array(self._ts_recv, dtype=np.int64),
            clock_shift_ns=0,
            origin=origin,
        )
