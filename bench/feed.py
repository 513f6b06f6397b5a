"""A synthetic order-flow feed: levels and trades of a zero-intelligence market, from a seed.

Limit orders, cancels and market orders arrive as a Poisson process on a ladder of whole lots.
The book is never crossed; market orders walk it; the mid is a random walk whose drift changes
now and then. Receipt comes 4 ms after the event plus an exponential delay of 2 ms on average.
"""

from decimal import Decimal

import numpy as np
from numba import njit

from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording, RowKind

TICK, LOT = 0.1, 0.001
INSTRUMENT = Instrument("SYNTH", Decimal("0.1"), Decimal("0.001"))
START_NS = 1_700_000_000_000_000_000
MID = 100_000
LADDER = 30_000
DEPTH = 300
"""Levels a side in the opening snapshot."""

BID, ASK = int(RowKind.BID), int(RowKind.ASK)
BUY_TRADE, SELL_TRADE = int(RowKind.BUY_TRADE), int(RowKind.SELL_TRADE)
_ROWS_PER_ORDER = 1.0456  # a market order makes two rows and more


@njit(cache=True)
def _opening(bids, asks, out):
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
def _generate(rate, seed, out, opening):
    """Fill `out` (kind, ladder index, lots, ts_event, ts_recv); how many rows were made."""
    np.random.seed(seed)
    bids, asks = np.zeros(LADDER, np.int64), np.zeros(LADDER, np.int64)
    _opening(bids, asks, opening)
    bid, ask = LADDER // 2 - 1, LADDER // 2
    ts, recv, drift, row = START_NS, START_NS, 0.0, 0
    while row < len(out) - 64:
        ts += int(np.random.exponential(_ROWS_PER_ORDER * 1e9 / rate)) + 1
        recv = max(ts + 4_000_000 + int(np.random.exponential(2e6)), recv + 1)
        if np.random.random() < 0.0005:
            drift = np.random.normal(0.0, 0.25)
        first = row
        what = np.random.random()
        if what < 0.06:
            buying = np.random.random() < 0.5 + drift * 0.5
            left = int(min(np.random.pareto(1.6) * 0.25, 60.0) * 1_000) + 1
            while left > 0 and row < len(out) - 4:
                levels, best = (asks, ask) if buying else (bids, bid)
                lots = min(left, levels[best])
                levels[best] -= lots
                left -= lots
                out[row, 0], out[row, 1], out[row, 2] = (
                    BUY_TRADE if buying else SELL_TRADE,
                    best,
                    lots,
                )
                out[row + 1, 0], out[row + 1, 1] = ASK if buying else BID, best
                out[row + 1, 2] = levels[best]
                row += 2
                while asks[ask] == 0:
                    ask += 1
                while bids[bid] == 0:
                    bid -= 1
        else:
            depth = min(int(np.random.pareto(0.9) * 2.0), 250)
            buying = np.random.random() < 0.5
            if what < 0.56:
                price = ask - 1 - depth if buying else bid + 1 + depth
                levels = bids if buying else asks
                levels[price] += int(np.random.gamma(2.0, 0.15) * 1_000) + 1
                bid, ask = (max(bid, price), ask) if buying else (bid, min(ask, price))
            else:
                price = bid - depth if buying else ask + depth
                levels = bids if buying else asks
                if levels[price] == 0:
                    continue
                share = 1.0 if np.random.random() < 0.25 else np.random.random() * 0.6
                levels[price] -= int(levels[price] * share)
            out[row, 0], out[row, 1], out[row, 2] = BID if buying else ASK, price, levels[price]
            row += 1
            while asks[ask] == 0:
                ask += 1
            while bids[bid] == 0:
                bid -= 1
        for i in range(first, row):
            out[i, 3], out[i, 4] = ts, recv
    return row


def recording(rows: int, rate: float, seed: int) -> Recording:
    """About `rows` rows at `rate` a second after an opening snapshot of 2 x DEPTH levels."""
    made = np.zeros((rows + 64, 5), np.int64)
    opening = np.zeros((2 * DEPTH, 5), np.int64)
    made = made[: _generate(rate, seed, made, opening)]
    head = np.zeros((1, 5), np.int64)
    head[0, 0] = RowKind.CLEAR
    opening[:, 3:] = head[:, 3:] = START_NS
    table = np.concatenate([head, opening, made])
    table[1:, 1] += MID - LADDER // 2
    kind, *columns = (np.ascontiguousarray(column) for column in table.T)
    return Recording(INSTRUMENT, kind.astype(np.uint8), *columns, 0, f"synthetic feed {seed}")


def recordings(symbols: int, rows: int, rate: float) -> list[Recording]:
    """Independent symbols with `rows` rows in all."""
    return [recording(rows // symbols, rate, 1_000 + n) for n in range(symbols)]
