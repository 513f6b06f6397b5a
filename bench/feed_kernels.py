"""The loop behind the synthetic feed."""

# numba compiles numpy's global generator, seeded here, and no other.
# ruff: noqa: NPY002

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_maker.model.recording import RowKind

Lots = NDArray[np.int64]

START_NS = 1_700_000_000_000_000_000
LADDER = 30_000
DEPTH = 300
"""Levels a side in the opening snapshot."""

ROOM = 1_000
"""Levels between the price and the ladder's end that orders may need."""

ROWS_PER_ORDER = 1.0456  # a market order makes two rows and more

BID, ASK = int(RowKind.BID), int(RowKind.ASK)
BUY_TRADE, SELL_TRADE = int(RowKind.BUY_TRADE), int(RowKind.SELL_TRADE)


@njit(cache=True)
def opening_levels(bids: Lots, asks: Lots, out: Lots) -> None:
    """Levels around the middle, thicker further out."""
    middle = LADDER // 2
    row = 0
    for depth in range(1, DEPTH + 1):
        for side in range(2):
            lots = int(np.random.gamma(2.0, 0.5) * (1 + depth * 0.02) * 1_000) + 1
            price = middle - depth if side == 0 else middle + depth - 1
            (bids if side == 0 else asks)[price] = lots
            out[row, 0], out[row, 1], out[row, 2] = side, price, lots
            row += 1


@njit(cache=True)
def write(out: Lots, row: int, kind: int, price: int, lots: int) -> int:
    out[row, 0], out[row, 1], out[row, 2] = kind, price, lots
    return row + 1


@njit(cache=True)
def best_of(bids: Lots, asks: Lots, bid: int, ask: int) -> tuple[int, int]:
    """The best prices, found from where they were; the ladder's ends where a side is empty."""
    while ask < LADDER - 1 and asks[ask] == 0:
        ask += 1
    while bid > 0 and bids[bid] == 0:
        bid -= 1
    return bid, ask


@njit(cache=True)
def market_order(bids: Lots, asks: Lots, top: Lots, out: Lots, row: int) -> int:
    """Walk the book from the top; a trade and the level it leaves, one after the other."""
    buying = np.random.random() < 0.5 + top[2] / 2_000
    left = int(min(np.random.pareto(1.6) * 0.25, 60.0) * 1_000) + 1
    while left > 0 and row < len(out) - 4:
        levels, best = (asks, top[1]) if buying else (bids, top[0])
        lots = min(left, levels[best])
        if lots == 0:  # the side is empty
            break
        levels[best] -= lots
        left -= lots
        row = write(out, row, BUY_TRADE if buying else SELL_TRADE, best, lots)
        row = write(out, row, ASK if buying else BID, best, levels[best])
        top[0], top[1] = best_of(bids, asks, top[0], top[1])
    return row


@njit(cache=True)
def limit_order(bids: Lots, asks: Lots, top: Lots, out: Lots, row: int) -> int:
    """Add to a level, or take from one; nothing where there is nothing to take."""
    adding = np.random.random() < 0.53
    buying = np.random.random() < 0.5
    depth = min(int(np.random.pareto(0.9) * 2.0), 250)
    levels = bids if buying else asks
    if adding:
        price = top[1] - 1 - depth if buying else top[0] + 1 + depth
        levels[price] += int(np.random.gamma(2.0, 0.15) * 1_000) + 1
        if buying:
            top[0] = max(top[0], price)
        else:
            top[1] = min(top[1], price)
    else:
        price = top[0] - depth if buying else top[1] + depth
        if levels[price] == 0:
            return row
        share = 1.0 if np.random.random() < 0.25 else np.random.random() * 0.6
        levels[price] -= int(levels[price] * share)
        top[0], top[1] = best_of(bids, asks, top[0], top[1])
    return write(out, row, BID if buying else ASK, price, levels[price])


@njit(cache=True)
def generate(rate: float, seed: int, out: Lots, opening: Lots) -> int:
    """Fill `out` (kind, ladder index, lots, ts_event, ts_recv); how many rows were made, fewer
    where the price came near the ladder's end."""
    np.random.seed(seed)
    bids, asks = np.zeros(LADDER, np.int64), np.zeros(LADDER, np.int64)
    opening_levels(bids, asks, opening)
    top = np.array([LADDER // 2 - 1, LADDER // 2, 0])  # best bid, best ask, drift per mille
    ts, recv, row = START_NS, START_NS, 0
    while row < len(out) - 64 and top[0] > ROOM and top[1] < LADDER - ROOM:
        ts += int(np.random.exponential(ROWS_PER_ORDER * 1e9 / rate)) + 1
        recv = max(ts + 4_000_000 + int(np.random.exponential(2e6)), recv + 1)
        if np.random.random() < 0.0005:
            top[2] = int(np.random.normal(0.0, 250.0))
        first = row
        if np.random.random() < 0.06:
            row = market_order(bids, asks, top, out, row)
        else:
            row = limit_order(bids, asks, top, out, row)
        for i in range(first, row):
            out[i, 3], out[i, 4] = ts, recv
    return row
