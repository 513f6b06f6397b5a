"""What of ours rested on the book at every moment, from what the venue said about our orders."""

from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.orders import Side
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS, Nanos, Ticks

Int64s = NDArray[np.int64]

NO_QUOTE = 0
"""Stands where a side has no live order; no order has a price of 0."""

CLAMPS = tuple(Clamp)
"""Clamps by code, as samples store them."""


class OrderInterval(Struct, frozen=True, gc=False):
    """One order's time on the book: [since, until), the venue's clock."""

    side: Side
    price: Ticks
    since: Nanos
    until: Nanos


class QuoteLine(Struct, frozen=True, eq=False):
    """Our best prices as a step function: bid[i] and ask[i], ticks, hold from ts[i] until
    ts[i + 1]; NO_QUOTE where nothing of ours rests. The first step begins the run."""

    ts: Int64s
    bid: Int64s
    ask: Int64s

    def at(self, times: Int64s) -> tuple[Int64s, Int64s]:
        """Best bid and ask in force at each time, none of them before the run."""
        index = np.searchsorted(self.ts, times, side="right") - 1
        return self.bid[index], self.ask[index]


class _Ladder:
    """Live orders of one side by price."""

    def __init__(self) -> None:
        self.count: dict[Ticks, int] = {}

    def change(self, price: Ticks, by: int) -> None:
        left = self.count.get(price, 0) + by
        assert left >= 0, (price, by)
        if left:
            self.count[price] = left
        else:
            del self.count[price]


def quote_line(resting: Iterable[OrderInterval], start: Nanos) -> QuoteLine:
    """Our best prices over time, out of every order's time on the book."""
    changes: list[tuple[Nanos, int, Side, Ticks]] = []
    for order in resting:
        if order.since < order.until:
            changes.append((order.since, 1, order.side, order.price))
            changes.append((order.until, -1, order.side, order.price))
    changes.sort()  # At one moment what leaves goes before what arrives.
    bids, asks = _Ladder(), _Ladder()
    rows = [(start, NO_QUOTE, NO_QUOTE)]
    for ts, by, side, price in changes:
        (bids if side is Side.BUY else asks).change(price, by)
        row = (ts, max(bids.count, default=NO_QUOTE), min(asks.count, default=NO_QUOTE))
        if rows[-1][0] == ts:
            rows.pop()
        rows.append(row)
    columns = np.array(rows, dtype=np.int64).T
    return QuoteLine(*(np.ascontiguousarray(column) for column in columns))


class Samples(Struct, frozen=True, eq=False):
    """What held from each turn to the next. ts: the turns' times, ascending, ns. mid_x2: twice
    the market's mid, ticks. clamp: index into CLAMPS, as the engine last decided."""

    ts: Int64s
    mid_x2: Int64s
    clamp: NDArray[np.uint8]


class QuotingFigures(Struct, frozen=True):
    """How much we quoted, and how wide.

    uptime: share of the run with at least one live bid and one live ask. mean_spread_bps: our
    best ask minus our best bid, bps of the mid, time-weighted over that time. at_floor,
    at_ceiling: share of that time in which the total spread was held by the clamp. None where
    there was no such time.
    """

    uptime: float | None
    mean_spread_bps: float | None
    at_floor: float | None
    at_ceiling: float | None


def quoting_figures(line: QuoteLine, samples: Samples, end: Nanos) -> QuotingFigures:
    """Time-weighted figures over [first sample, end)."""
    start = int(samples.ts[0])
    edges = np.unique(np.concatenate((line.ts, samples.ts)))
    edges = edges[(edges >= start) & (edges < end)]
    weight = np.diff(np.append(edges, end))
    bid, ask = line.at(edges)
    sample = np.searchsorted(samples.ts, edges, side="right") - 1
    quoting = (bid != NO_QUOTE) & (ask != NO_QUOTE)
    total, quoted = int(weight.sum()), int(weight[quoting].sum())
    if not quoted:
        return QuotingFigures(0.0 if total else None, None, None, None)
    # An order can rest only after the engine has seen a book, so the mid is known here.
    spread = BPS * 2 * (ask - bid)[quoting] / samples.mid_x2[sample][quoting]
    clamp, weight = samples.clamp[sample][quoting], weight[quoting]
    return QuotingFigures(
        uptime=quoted / total,
        mean_spread_bps=float(spread @ weight) / quoted,
        at_floor=int(weight[clamp == CLAMPS.index(Clamp.FLOOR)].sum()) / quoted,
        at_ceiling=int(weight[clamp == CLAMPS.index(Clamp.CEILING)].sum()) / quoted,
    )
