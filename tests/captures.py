"""Small captures and recordings, made by tests."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import numpy as np

from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording, RowKind

START_MS = 1_723_161_255_000
MS = 1_000_000
INSTRUMENT = Instrument("BTCUSDT", Decimal("0.1"), Decimal("0.001"))


def stamped(receive_ms, message):
    """A line received `receive_ms` after START_MS."""
    text = message if isinstance(message, str) else json.dumps(message, separators=(",", ":"))
    return f"{(START_MS + receive_ms) * MS} {text}"


def write_capture(path: Path, lines, *, packed=True) -> Path:
    content = "".join(line + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def futures_depth(ms, first, last, prev, bids=(), asks=(), symbol="BTCUSDT"):
    data = {"e": "depthUpdate", "E": START_MS + ms, "T": START_MS + ms, "s": symbol}
    data |= {"U": first, "u": last, "pu": prev, "b": bids, "a": asks}
    return {"stream": f"{symbol.lower()}@depth@0ms", "data": data}


def spot_depth(ms, first, last, bids=(), asks=()):
    data = {"e": "depthUpdate", "E": START_MS + ms, "s": "BTCUSDT", "U": first, "u": last}
    return {"stream": "btcusdt@depth@100ms", "data": data | {"b": bids, "a": asks}}


def futures_ticker(ms, seq, bid, ask, size="1.000"):
    data = {"e": "bookTicker", "E": START_MS + ms, "T": START_MS + ms, "s": "BTCUSDT", "u": seq}
    data |= {"b": bid, "B": size, "a": ask, "A": size}
    return {"stream": "btcusdt@bookTicker", "data": data}


def spot_ticker(seq, bid, ask, size="1.000"):
    data = {"u": seq, "s": "BTCUSDT", "b": bid, "B": size, "a": ask, "A": size}
    return {"stream": "btcusdt@bookTicker", "data": data}


def binance_trade(ms, trade_id, price, size, *, buyer_is_maker=False, kind="MARKET"):
    data = {"e": "trade", "E": START_MS + ms, "T": START_MS + ms, "s": "BTCUSDT", "t": trade_id}
    data |= {"p": price, "q": size, "X": kind, "m": buyer_is_maker}
    return {"stream": "btcusdt@trade", "data": data}


def aggregate(ms, first, last, price, size, *, buyer_is_maker=False):
    data = {"e": "aggTrade", "E": START_MS + ms, "T": START_MS + ms, "s": "BTCUSDT", "a": first}
    data |= {"p": price, "q": size, "f": first, "l": last, "m": buyer_is_maker}
    return {"stream": "btcusdt@aggTrade", "data": data}


def snapshot(seq, bids, asks, ms=None):
    stamps = {} if ms is None else {"E": START_MS + ms, "T": START_MS + ms}
    return {"lastUpdateId": seq, **stamps, "bids": bids, "asks": asks}


def hyperliquid_book(ms, bids, asks, coin="BTC"):
    levels = [[{"px": p, "sz": s, "n": 1} for p, s in side] for side in (bids, asks)]
    data = {"coin": coin, "time": START_MS + ms, "levels": levels}
    return {"channel": "l2Book", "data": data}


def hyperliquid_trades(*trades):
    """Trades as (ms, tid, price, size, side)."""
    data = [
        {"coin": "BTC", "side": side, "px": price, "sz": size, "time": START_MS + ms, "tid": tid}
        for ms, tid, price, size, side in trades
    ]
    return {"channel": "trades", "data": data}


def rows_of(recording):
    """Rows as (kind, ticks, lots), for comparison."""
    columns = (recording.kind, recording.ticks, recording.lots)
    triples = zip(*(column.tolist() for column in columns), strict=True)
    return [(RowKind(kind).name, ticks, lots) for kind, ticks, lots in triples]


def make_recording(rows, *, instrument=INSTRUMENT, clock_shift_ns=0):
    """A recording of (kind, ticks, lots, ts_event, ts_recv) rows."""
    kind, ticks, lots, ts_event, ts_recv = zip(*rows, strict=True) if rows else ((),) * 5
    return Recording(
        instrument=instrument,
        kind=np.array(kind, dtype=np.uint8),
        ticks=np.array(ticks, dtype=np.int64),
        lots=np.array(lots, dtype=np.int64),
        ts_event=np.array(ts_event, dtype=np.int64),
        ts_recv=np.array(ts_recv, dtype=np.int64),
        clock_shift_ns=clock_shift_ns,
        origin="a test",
    )
