"""What of ours rested on the book at every moment, from what the venue said about our orders."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.orders import Side
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS, Nanos, Ticks

Int64s = NDArray[np.int64]

NO_QUOTE = 0
"""Stands where a side has no live order; no order has a price of 0."""

_FAR = 2**62
"""Above every price."""

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


def quote_line(resting: Iterable[OrderInterval], start: Nanos) -> QuoteLine:
    """Our best prices over time, out of every order's time on the book, none of it before
    `start`."""
    orders = [order for order in resting if order.since < order.until]
    since = np.array([order.since for order in orders], np.int64)
    until = np.array([order.until for order in orders], np.int64)
    price = np.array([order.price for order in orders], np.int64)
    buys = np.array([order.side is Side.BUY for order in orders], bool)
    ts = np.unique(np.concatenate(([start], since, until)))
    first, end = np.searchsorted(ts, since), np.searchsorted(ts, until)
    bid, ask = np.full(len(ts), NO_QUOTE), np.full(len(ts), _FAR)
    steps, order = _steps(first[buys], end[buys])
    np.maximum.at(bid, steps, price[buys][order])
    steps, order = _steps(first[~buys], end[~buys])
    np.minimum.at(ask, steps, price[~buys][order])
    ask[ask == _FAR] = NO_QUOTE
    return QuoteLine(ts, bid, ask)


def _steps(first: Int64s, end: Int64s) -> tuple[Int64s, Int64s]:
    """Every step of every order, which rests from `first` until before `end`, and the order."""
    lengths = end - first
    of_order = np.repeat(np.arange(len(first)), lengths)
    begun = np.cumsum(lengths) - lengths
    return first[of_order] + np.arange(len(of_order)) - begun[of_order], of_order


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


def weighted_sum(values: NDArray[Any], weights: Int64s) -> float:
    """Of values times weights, rounded once, so that it is the same however many cores there are: a
    matrix product adds up in an order that depends on its threads."""
    return math.fsum((values * weights.astype(np.float64)).tolist())


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
        mean_spread_bps=weighted_sum(spread, weight) / quoted,
        at_floor=int(weight[clamp == CLAMPS.index(Clamp.FLOOR)].sum()) / quoted,
        at_ceiling=int(weight[clamp == CLAMPS.index(Clamp.CEILING)].sum()) / quoted,
    )
