"""Our own orders in a book that was recorded live, and the recording without them.

A venue shows our orders in its book. A replay puts orders of its own beside what was recorded, so
ours are taken out, by the venue's stamps: an order is in the book from its acknowledgement to its
end. Trades stay: what the takers wanted is what fills a replayed order as well.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import TypeGuard

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from market_maker.engine.orders import Working
from market_maker.model.actions import Action, Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    FillFound,
    Rejected,
)
from market_maker.model.orders import SIDES, Side
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import Nanos, OrderId

_SIDE_OF = {
    RowKind.BID: Side.BUY,
    RowKind.BEST_BID: Side.BUY,
    RowKind.ASK: Side.SELL,
    RowKind.BEST_ASK: Side.SELL,
}
_BEST = (RowKind.BEST_BID, RowKind.BEST_ASK)


class _Open(Struct):
    """leaves: lots that are not filled; shown: whether it has been acknowledged."""

    side: Side
    price: int
    leaves: int
    shown: bool


class _Steps:
    """What was ours at one price: changes by the venue's time, in any order until it is asked."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, int]] = []
        self._times: list[int] | None = None
        self._sums: list[int] = []

    def add(self, ts: int, lots: int) -> None:
        self._changes.append((ts, lots))
        self._times = None

    def at(self, ts: int) -> int:
        if self._times is None:
            self._changes.sort(key=lambda change: change[0])
            self._times = [change[0] for change in self._changes]
            self._sums = np.cumsum([0, *(lots for _, lots in self._changes)]).tolist()
        return max(0, self._sums[bisect_right(self._times, ts)])


class OwnShown:
    """Follows our orders through turns."""

    def __init__(self, working: Iterable[Working] = ()) -> None:
        self._open: dict[OrderId, _Open] = {}
        self._steps: dict[tuple[Side, int], _Steps] = {}
        for order in working:
            if order.acknowledged:
                side = SIDES[order.side]
                self._open[order.order_id] = _Open(side, order.price, order.leaves, shown=True)
                self._change(side, order.price, order.rested_at[0], order.leaves)

    def note(self, events: Iterable[Event], actions: Iterable[Action]) -> None:
        """One turn."""
        for event in events:
            if isinstance(event, Accepted):
                self._shown(event.order_id, event.ts_event)
            elif isinstance(event, Filled | FillFound):
                self._less(event.order_id, event.ts_event, event.size)
            elif isinstance(event, Canceled | Rejected) or _is_gone(event):
                self._less(event.order_id, event.ts_event, None)
        for action in actions:
            if isinstance(action, Place):
                order = _Open(action.side, action.price, action.size, shown=False)
                self._open[action.order_id] = order

    def _shown(self, order_id: OrderId, ts: Nanos) -> None:
        order = self._open.get(order_id)
        if order is not None and not order.shown:
            order.shown = True
            self._change(order.side, order.price, ts, order.leaves)

    def _less(self, order_id: OrderId, ts: Nanos, size: int | None) -> None:
        """size: None for all that is left."""
        order = self._open.get(order_id)
        if order is None:
            return
        lots = order.leaves if size is None else min(size, order.leaves)
        order.leaves -= lots
        if order.shown:
            self._change(order.side, order.price, ts, -lots)
        if size is None or not order.leaves:
            del self._open[order_id]

    def _change(self, side: Side, price: int, ts: int, lots: int) -> None:
        self._steps.setdefault((side, price), _Steps()).add(ts, lots)

    def taken_out(self, recording: Recording) -> Recording:
        """The recording of what others had. A best price that was ours alone is, where no depth
        is known, the last one of others, or worse."""
        ours = {side: [p for s, p in self._steps if s is side] for side in Side}
        kind, ticks, lots = recording.kind, recording.ticks.copy(), recording.lots.copy()
        known: dict[RowKind, tuple[int, int]] = {}
        rows = np.isin(kind, _BEST)
        for row_kind, side in _SIDE_OF.items():
            rows |= (kind == row_kind) & np.isin(ticks, ours[side]) & (lots > 0)
        for row in np.flatnonzero(rows).tolist():
            of, price, size = RowKind(int(kind[row])), int(ticks[row]), int(lots[row])
            steps = self._steps.get((_SIDE_OF[of], price))
            left = size - steps.at(int(recording.ts_event[row])) if steps else size
            if of not in _BEST:
                lots[row] = max(0, left)
            elif left > 0:
                known[of] = price, left
                lots[row] = left
            elif of in known:
                best, lots[row] = known[of]
                ticks[row] = min(best, price) if of is RowKind.BEST_BID else max(best, price)
        return replace(recording, ticks=ticks, lots=lots)


def _is_gone(event: Event) -> TypeGuard[CancelRejected]:
    return isinstance(event, CancelRejected) and event.gone
