"""The trades of a recording as events, for engines that want them."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from market_maker.model.events import Trade
from market_maker.model.orders import SIDES
from market_maker.model.recording import RowKind
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_rows import RecordedColumns

Integers = NDArray[np.int64]


class RecordedTrades:
    """Trades in order of receipt, each once: those of size 0 are left out."""

    def __init__(self, rows: RecordedColumns, feed_latency_ns: int) -> None:
        traded = (rows.kind == RowKind.BUY_TRADE) | (rows.kind == RowKind.SELL_TRADE)
        traded &= rows.lots > 0
        self._arrival: list[int] = (rows.ts[traded] + feed_latency_ns).tolist()
        self._columns = (
            rows.ts_event[traded],
            rows.ticks[traded],
            rows.lots[traded],
            (rows.kind[traded] == RowKind.SELL_TRADE).astype(np.int64),
        )
        self._next = 0

    @property
    def lots(self) -> float:
        """Of all trades together."""
        return float(self._columns[2].sum(dtype=np.float64))

    def columns(self) -> dict[str, Integers]:
        """Of every trade when it reaches us, the side of its aggressor, price and lots."""
        _, ticks, lots, sides = self._columns
        return {
            "arrival": np.array(self._arrival, dtype=np.int64),
            "side": sides,
            "ticks": np.ascontiguousarray(ticks),
            "lots": np.ascontiguousarray(lots),
        }

    def skip(self, count: int) -> Trade | None:
        """The first `count` were taken elsewhere: the last of them, None where there is none."""
        assert count >= self._next, (count, self._next)
        if not count:
            return None
        self._next = count - 1
        last = self.until(Nanos(self._arrival[count - 1]))[0]
        self._next = count
        return last

    def until(self, now: Nanos) -> list[Trade]:
        """What has reached us by `now` since the last call."""
        first, arrival = self._next, self._arrival
        if first == len(arrival) or arrival[first] > now:
            return []
        self._next = last = bisect_right(arrival, now, first)
        ts_event, ticks, lots, sides = (column[first:last].tolist() for column in self._columns)
        return [
            Trade(stamp, Nanos(arrival[first + i]), ticks[i], lots[i], SIDES[sides[i]])
            for i, stamp in enumerate(ts_event)
        ]
