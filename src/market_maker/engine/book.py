"""The L2 book of one symbol, built from snapshots and deltas, or from best prices alone.

It knows whether it can be trusted: EMPTY until something arrives, GAPPED after a break in the
sequence until the next snapshot, CROSSED while the best bid is not below the best ask,
ONE_SIDED while a side is missing. Staleness is judged by its owner, who knows the time.
"""

from bisect import bisect_left, insort
from enum import StrEnum
from typing import Final

from market_maker.model.events import (
    NO_SEQ,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Levels,
)
from market_maker.model.units import Lots, Nanos, Ticks


class BookState(StrEnum):
    """Whether the book can be quoted on."""

    EMPTY = "EMPTY"
    OK = "OK"
    GAPPED = "GAPPED"
    CROSSED = "CROSSED"
    ONE_SIDED = "ONE_SIDED"


_OK: Final = BookState.OK


class _Levels:
    """One side. Keys are price x direction, so that the best price is always the last one."""

    __slots__ = ("direction", "keys", "sizes")

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.keys: list[int] = []
        self.sizes: dict[int, int] = {}

    def replace(self, levels: Levels) -> None:
        self.sizes = {price * self.direction: size for price, size in levels if size > 0}
        self.keys = sorted(self.sizes)

    def change(self, levels: Levels) -> None:
        keys, sizes, direction = self.keys, self.sizes, self.direction
        for price, size in levels:
            key = price * direction
            if size > 0:
                if key not in sizes:
                    insort(keys, key)
                sizes[key] = size
            elif sizes.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]

    def best(self) -> tuple[Ticks, Lots]:
        """(0, 0) when the side is empty."""
        if not self.keys:
            return Ticks(0), Lots(0)
        key = self.keys[-1]
        return Ticks(key * self.direction), Lots(self.sizes[key])

    def top(self, count: int) -> Levels:
        keys = self.keys[: -count - 1 : -1]
        return tuple((Ticks(k * self.direction), Lots(self.sizes[k])) for k in keys)


class Book:
    """Best prices are attributes, read on every turn: bid, bid_size, ask, ask_size (0 when
    unknown). detail says in words why the state is not OK. ts_recv: last receipt."""

    __slots__ = (
        "_asks",
        "_bids",
        "_bridging",
        "_synced",
        "ask",
        "ask_size",
        "bid",
        "bid_size",
        "detail",
        "seq",
        "stale_deltas",
        "state",
        "ts_event",
        "ts_recv",
    )

    def __init__(self) -> None:
        self._bids, self._asks = _Levels(1), _Levels(-1)
        self._synced = self._bridging = False
        self.bid, self.ask = Ticks(0), Ticks(0)
        self.bid_size, self.ask_size = Lots(0), Lots(0)
        self.state, self.detail = BookState.EMPTY, "nothing received yet"
        self.seq = NO_SEQ
        self.stale_deltas = 0
        self.ts_event, self.ts_recv = Nanos(0), Nanos(0)

    def top(self, event: BookTop) -> None:
        """Best prices from a feed without depth."""
        self.ts_event, self.ts_recv = event.ts_event, event.ts_recv
        self.bid = bid = event.bid
        self.ask = ask = event.ask
        self.bid_size = bid_size = event.bid_size
        self.ask_size = ask_size = event.ask_size
        if 0 < bid < ask and bid_size > 0 and ask_size > 0:
            self.state, self.detail = _OK, ""
        else:
            self._judge()

    def snapshot(self, event: BookSnapshot) -> None:
        """Replace everything; ends a gap. The next delta may overlap the snapshot."""
        self._bids.replace(event.bids)
        self._asks.replace(event.asks)
        self.seq, self._synced, self._bridging = event.seq, True, True
        self._refresh(event.ts_event, event.ts_recv)

    def delta(self, event: BookDelta) -> None:
        """Apply changed levels if they continue the sequence; drop what is already known; a
        break makes the book GAPPED. Deltas are ignored until a snapshot has been seen."""
        if not self._synced:
            return
        if self._known(event):
            self.stale_deltas += 1
            return
        if not self._continues(event):
            self.lost(BookLost(event.ts_recv, self._gap_words(event)))
            return
        self._bridging = False
        self.seq = event.last_seq
        self._bids.change(event.bids)
        self._asks.change(event.asks)
        self._refresh(event.ts_event, event.ts_recv)

    def lost(self, event: BookLost) -> None:
        """Data were lost: nothing is known until the next snapshot or top."""
        self.state, self.detail = BookState.GAPPED, event.reason
        self._synced = False
        self._bids.replace(())
        self._asks.replace(())
        self.bid, self.ask = Ticks(0), Ticks(0)
        self.bid_size, self.ask_size = Lots(0), Lots(0)

    def is_after(self, stamps: tuple[int, int]) -> bool:
        """Whether it is as new as what the venue reported with these stamps (its own, ours); by
        its own where both have one."""
        ts_event, ts_recv = stamps
        if ts_event and self.ts_event:
            return self.ts_event >= ts_event
        return self.ts_recv >= ts_recv

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of each side, best first."""
        return self._bids.top(count), self._asks.top(count)

    def displayed(self, side: int, price: int) -> int | None:
        """Lots on the book at `price`; side: 0 bids, 1 asks. None where the feed does not say: it
        has no depth, and this is not its best price."""
        levels = self._asks if side else self._bids
        if self._synced:
            return levels.sizes.get(price * levels.direction, 0)
        best, size = (self.ask, self.ask_size) if side else (self.bid, self.bid_size)
        return size if price == best else None

    def _known(self, event: BookDelta) -> bool:
        if event.last_seq == NO_SEQ:
            return False
        if self._bridging and event.prev_seq != NO_SEQ:
            return event.last_seq < self.seq
        return event.last_seq <= self.seq

    def _continues(self, event: BookDelta) -> bool:
        if event.last_seq == NO_SEQ:
            return True
        if self._bridging:
            return event.first_seq <= self.seq + 1
        if event.prev_seq != NO_SEQ:
            return event.prev_seq == self.seq
        return event.first_seq == self.seq + 1

    def _gap_words(self, event: BookDelta) -> str:
        before = event.first_seq - 1 if event.prev_seq == NO_SEQ else event.prev_seq
        return f"sequence gap: have {self.seq}, next update follows {before}"

    def _refresh(self, ts_event: Nanos, ts_recv: Nanos) -> None:
        self.ts_event, self.ts_recv = ts_event, ts_recv
        self.bid, self.bid_size = self._bids.best()
        self.ask, self.ask_size = self._asks.best()
        self._judge()

    def _judge(self) -> None:
        if self.bid_size <= 0 or self.ask_size <= 0 or self.bid <= 0:
            self.state, self.detail = BookState.ONE_SIDED, "the book has no bid or no ask"
        elif self.bid >= self.ask:
            self.state = BookState.CROSSED
            self.detail = f"best bid {self.bid} is not below best ask {self.ask} (ticks)"
        else:
            self.state, self.detail = BookState.OK, ""
