"""A small market in which a maker trades: a seeded random walk with trades at the best prices."""

import random
from decimal import Decimal

import msgspec
import numpy as np

from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.recording import RowKind
from tests.builders import member, pool
from tests.captures import make_recording

INSTRUMENT = Instrument("TOYUSDT", Decimal("0.01"), Decimal("0.001"))
"""At a price of 100 one tick is one basis point."""

COIN_MARGINED = Instrument(
    "TOYUSD_PERP",
    INSTRUMENT.tick_size,
    Decimal(1),
    quote_currency="USD",
    contract=ContractKind.INVERSE,
    contract_value=Decimal(10),
)
"""An inverse contract of 10 USD."""

START = 1_700_000_000_000_000_000
STEP = 50_000_000
TRANSIT = 2_000_000
DEPTH = 5
CHANCE_OF_TRADE, CHANCE_OF_MOVE = 0.5, 0.4
CHANCE_OF_TURN, CHANCE_OF_TREND = 0.03, 0.75
STEPS_TO_LOSS = 400


def toy_config(**changes):
    """A maker that quotes a few ticks from the mid after a short warm-up."""
    fields = {
        "gamma": 0.01,
        "kappa": 20,
        "min_spread_bps": 3,
        "max_spread_bps": 80,
        "order_size_usdt": 1_000,
        "vol_lookback_seconds": 10,
        "warmup_samples": 3,
        "members": (member("alice", 60, 50_000, 2_000),),
    }
    return pool(**{"symbol": INSTRUMENT.symbol, **fields, **changes})


def toy_recording(seconds=30, seed=1):
    """Best prices one tick either side of a mid that walks; `DEPTH` levels a side."""
    chance = random.Random(seed)
    mid, book = 10_000, {}
    rows = _rows([(RowKind.CLEAR, 0, 0), *_changes(book, _book(mid, chance))], START)
    for step in range(1, seconds * 1_000_000_000 // STEP):
        now = START + step * STEP
        if chance.random() < CHANCE_OF_TRADE:
            lots = chance.randrange(1_000, 40_000)
            kind, at = chance.choice([(RowKind.BUY_TRADE, 1), (RowKind.SELL_TRADE, -1)])
            rows += _rows([(kind, mid + at, lots)], now - STEP // 2)
        if chance.random() < CHANCE_OF_MOVE:
            mid += chance.choice([-2, -1, 1, 2])
        rows += _rows(_changes(book, _book(mid, chance)), now)
    return make_recording(rows, instrument=INSTRUMENT)


def foretold_recording(seconds=30, seed=1):
    """The same market, but which way the mid goes lasts for a while, and sizes and most trades
    foretell it. Now and then a trade goes deep, and every 20 s the book is lost for a moment."""
    chance = random.Random(f"foretold {seed}")
    mid, book, trend = 10_000, {}, 1
    rows = _rows([(RowKind.CLEAR, 0, 0), *_changes(book, _book(mid, chance))], START)
    for step in range(1, seconds * 1_000_000_000 // STEP):
        now = START + step * STEP
        if chance.random() < CHANCE_OF_TURN:
            trend = -trend
        if chance.random() < CHANCE_OF_TRADE:
            bought = (chance.random() < CHANCE_OF_TREND) == (trend > 0)
            away = chance.choice([1, 1, 1, 2, 3, 5]) * (1 if bought else -1)
            kind = RowKind.BUY_TRADE if bought else RowKind.SELL_TRADE
            lots = chance.randrange(1_000, 40_000)
            rows += _rows([(kind, mid + away, lots)], now - STEP // 2)
        if chance.random() < CHANCE_OF_MOVE:
            mid += chance.choice([1, 2]) * (trend if chance.random() < CHANCE_OF_TREND else -trend)
        new = _book(mid, chance)
        heavy = (RowKind.BID, mid - 1) if trend > 0 else (RowKind.ASK, mid + 1)
        new[heavy] *= chance.randrange(2, 5)
        if step % STEPS_TO_LOSS == 0:
            book.clear()
            rows += _rows([(RowKind.CLEAR, 0, 0)], now)
        rows += _rows(_changes(book, new), now)
    return make_recording(rows, instrument=INSTRUMENT)


def coin_margined(recording):
    """The same market in inverse contracts, a hundredth as many as there were lots."""
    lots = np.where(recording.lots > 0, np.maximum(recording.lots // 100, 1), 0)
    return msgspec.structs.replace(recording, instrument=COIN_MARGINED, lots=lots)


def _book(mid, chance):
    """Sizes by (kind, ticks)."""
    offsets = range(1, DEPTH + 1)
    bids = {(RowKind.BID, mid - i): chance.randrange(5_000, 30_000) for i in offsets}
    return bids | {(RowKind.ASK, mid + i): chance.randrange(5_000, 30_000) for i in offsets}


def _changes(book, new):
    """Rows that turn `book` into `new`, which it then is."""
    gone = [(*level, 0) for level in book if level not in new]
    changed = [(*level, lots) for level, lots in new.items() if book.get(level) != lots]
    book.clear()
    book.update(new)
    return gone + changed


def _rows(messages, at):
    return [(kind, ticks, lots, at, at + TRANSIT) for kind, ticks, lots in messages]
