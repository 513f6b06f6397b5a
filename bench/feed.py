"""A synthetic order-flow feed: levels and trades of a zero-intelligence market, from a seed.

Limit orders, cancels and market orders arrive as a Poisson process on a ladder of whole lots.
The book is never crossed; market orders walk it; the mid is a random walk whose drift changes
now and then. Receipt comes 4 ms after the event plus an exponential delay of 2 ms on average.
"""

import contextlib
import itertools
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from bench.feed_kernels import DEPTH, LADDER, START_NS, generate
from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording, RowKind
from market_maker.storage import kept_kernels as kept_kernels  # noqa: PLC0414  keeps what runs it

TICK, LOT = 0.1, 0.001
INSTRUMENT = Instrument("SYNTH", Decimal("0.1"), Decimal("0.001"))
MID = 100_000
"""Ticks; the ladder is centred on it."""

OPENING_ROWS = 2 * DEPTH + 1


def recording(rows: int, rate: float, seed: int) -> Recording:
    """About `rows` rows at `rate` a second after an opening snapshot of 2 x DEPTH levels. Raises
    ValueError for so many that the price leaves the ladder; bench/day.py joins shorter ones."""
    made = np.zeros((rows + 64, 5), np.int64)
    opening = np.zeros((2 * DEPTH, 5), np.int64)
    count = generate(rate, seed, made, opening)
    if count < rows:
        message = f"{rows} rows of seed {seed} leave the ladder after {count}"
        raise ValueError(message)
    made = made[:count]
    head = np.zeros((1, 5), np.int64)
    head[0, 0] = RowKind.CLEAR
    opening[:, 3:] = head[:, 3:] = START_NS
    table = np.concatenate([head, opening, made])
    table[1:, 1] += MID - LADDER // 2
    kind, *columns = (np.ascontiguousarray(column) for column in table.T)
    return Recording(INSTRUMENT, kind.astype(np.uint8), *columns, 0, f"synthetic feed {seed}")


def recordings(symbols: int, rows: int, rate: float) -> list[Recording]:
    """Independent symbols with `rows` rows in all."""
    seeds = itertools.count(1_000)
    return [next_recording(rows // symbols, rate, seeds) for _ in range(symbols)]


def next_recording(rows: int, rate: float, seeds: Iterator[int]) -> Recording:
    """Of the next seed whose price stays on the ladder for so long."""
    for seed in seeds:
        with contextlib.suppress(ValueError):
            return recording(rows, rate, seed)
    raise AssertionError
