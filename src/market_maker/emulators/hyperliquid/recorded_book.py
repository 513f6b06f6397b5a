"""The book that a recording displays at a moment, and its trades on the way there."""

from itertools import islice

from msgspec import Struct
from numpy import searchsorted

from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.model.units import Lots, Nanos, Ticks
from market_maker.replay_venue.recorded_rows import RecordedColumns

SIDE_OF = {
    RowKind.BID: Side.BUY,
    RowKind.ASK: Side.SELL,
    RowKind.BEST_BID: Side.BUY,
    RowKind.BEST_ASK: Side.SELL,
}
AGGRESSOR = {RowKind.BUY_TRADE: Side.BUY, RowKind.SELL_TRADE: Side.SELL}


class RecordedTrade(Struct, frozen=True):
    """A public trade. ts: at the venue."""

    ts: Nanos
    price: Ticks
    size: Lots
    aggressor: Side


class RecordedBook:
    """Rows in the venue's order of time, applied as time goes on."""

    def __init__(self, rows: RecordedColumns) -> None:
        self._rows, self._next = rows, 0
        self._levels: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._best: dict[Side, tuple[int, int]] = {}
        self._ordered: dict[Side, list[int]] = {}

    def __len__(self) -> int:
        return max(map(len, self._levels.values())) + 1

    def advance(self, until: Nanos) -> list[RecordedTrade]:
        """Apply everything up to and including `until`; returns the trades."""
        rows, first = self._rows, self._next
        last = int(searchsorted(rows.ts, until, side="right"))
        if last <= first:
            return []
        self._next = last
        self._ordered = {}
        trades: list[RecordedTrade] = []
        columns = (rows.kind, rows.ticks, rows.lots, rows.ts)
        for kind, ticks, lots, ts in zip(
            *(column[first:last].tolist() for column in columns), strict=True
        ):
            aggressor = AGGRESSOR.get(kind)
            if aggressor is None:
                self._apply(kind, ticks, lots)
            elif lots > 0:
                trades.append(RecordedTrade(ts, ticks, lots, aggressor))
        return trades

    def levels(self, side: Side, most: int) -> list[tuple[Ticks, Lots]]:
        """At most `most` levels, the best first; a faster feed's best price goes before the levels
        that it has overtaken."""
        best = self._best.get(side)
        found: list[tuple[Ticks, Lots]] = []
        if best is not None and best[1] > 0:
            found.append((Ticks(best[0]), Lots(best[1])))
        prices = self._ordered.get(side)
        if prices is None:
            prices = sorted(self._levels[side], key=lambda price: -price * side.sign)
            self._ordered[side] = prices
        if best is not None:
            prices = [price for price in prices if (best[0] - price) * side.sign > 0]
        wanted = islice(prices, max(0, most - len(found)))
        return found + [(Ticks(price), Lots(self._levels[side][price])) for price in wanted]

    def _apply(self, kind: int, ticks: int, lots: int) -> None:
        if kind in {RowKind.BID, RowKind.ASK}:
            levels = self._levels[SIDE_OF[RowKind(kind)]]
            if lots > 0:
                levels[ticks] = lots
            else:
                levels.pop(ticks, None)
        elif kind in {RowKind.BEST_BID, RowKind.BEST_ASK}:
            self._best[SIDE_OF[RowKind(kind)]] = (ticks, lots)
        elif kind == RowKind.BEST_EXPIRED:
            self._best.clear()
        elif kind in {RowKind.CLEAR, RowKind.GAP}:
            self._best.clear()
            for levels in self._levels.values():
                levels.clear()
