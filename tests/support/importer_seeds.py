"""Small captures of every format, whole, and the damage that is done to them."""

import gzip
import io
import struct
import zipfile

import numpy as np

from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import (
    START_MS,
    aggregate,
    binance_trade,
    futures_depth,
    futures_ticker,
    hyperliquid_book,
    hyperliquid_trades,
    snapshot,
    spot_depth,
    stamped,
)
from tests.unit.venues.recorded import test_bybit, test_hftbacktest_npz, test_lobster, test_okx

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]
US = 1_640_995_200_000_000


def marked(ms, due_ms, rate):
    """A mark price of Binance that names the next payment of funding."""
    data = {"e": "markPriceUpdate", "E": START_MS + ms, "s": "BTCUSDT", "p": "99.51", "r": rate}
    return {"stream": "btcusdt@markPrice@1s", "data": data | {"T": START_MS + due_ms}}


def ticker(ms, due_ms, rate):
    """The same of Bybit."""
    data = {"markPrice": "99.51", "fundingRate": rate, "nextFundingTime": str(START_MS + due_ms)}
    return {"topic": "tickers.BTCUSDT", "type": "delta", "ts": START_MS + ms, "data": data}


def of_okx(channel, **data):
    """A message of one of OKX's other channels."""
    return {"arg": {"channel": channel, "instId": "BTC-USDT"}, "data": [data]}


def funded_by(coin, rate):
    """A context of Hyperliquid."""
    context = {"funding": rate, "oraclePx": "99.5", "markPx": "99.4"}
    return {"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": context}}


def lines(*messages):
    """Messages as they were received, a millisecond apart."""
    return "".join(stamped(n, message) + "\n" for n, message in enumerate(messages)).encode()


SEEDS = {
    CaptureFormat.BINANCE_FUTURES: lines(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_depth(2, 11, 12, 10, bids=[["98.0", "1.000"]]),
        futures_ticker(3, 14, "98.5", "100.5"),
        marked(2, 3, "0.0001"),
        binance_trade(4, 7, "99.0", "0.010"),
        marked(4, 28_800_003, "-0.00012345"),
        aggregate(5, 8, 9, "99.0", "0.020"),
        futures_depth(6, 13, 15, 12, asks=[["101.0", "0"]]),
    ),
    CaptureFormat.BINANCE_SPOT: lines(
        snapshot(10, BIDS, ASKS), spot_depth(2, 11, 12, bids=BIDS), spot_depth(3, 13, 14, asks=ASKS)
    ),
    CaptureFormat.HYPERLIQUID: lines(
        hyperliquid_book(0, [("99", "1")], [("101", "1")]),
        funded_by("BTC", "0.0000125"),
        hyperliquid_trades((1, 3, "99", "1", "A")),
        hyperliquid_book(500, [("98", "1")], [("101", "1")]),
    ),
    CaptureFormat.BYBIT: lines(
        test_bybit.book(1, 5, "snapshot", BIDS, ASKS),
        ticker(1, 2, "0.0001"),
        ticker(3, 28_800_002, "0.0002"),
        test_bybit.book(2, 6, bids=BIDS),
        test_bybit.trades((2, "a", "Buy", "0.1")),
    ),
    CaptureFormat.OKX: lines(
        test_okx.book(1, "snapshot", 10, -1, test_okx.BIDS, test_okx.ASKS),
        test_okx.book(2, "update", 15, 10, test_okx.BIDS),
        of_okx("funding-rate", fundingRate="0.00018753912848", fundingTime=str(START_MS + 2)),
        of_okx("mark-price", markPx="99.9", ts=str(START_MS + 2)),
        of_okx("funding-rate", fundingRate="0.0001", fundingTime=str(START_MS + 28_800_002)),
        test_okx.trade(3, "1", "buy"),
    ),
    CaptureFormat.TARDIS: (
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
        f"x,BTCUSDT,{US},{US + 9},true,bid,100.0,1\nx,BTCUSDT,{US},{US + 9},true,ask,101.0,1\n"
        f"x,BTCUSDT,{US + 99},{US + 109},false,ask,101.0,0\n"
    ).encode(),
    CaptureFormat.BINANCE_ARCHIVE: (
        b"symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n"
        b"BTCUSDT,1667347199939,5,6,b,snap,100.0,1,4\nBTCUSDT,1667347199949,7,8,a,set,101.0,1,6\n"
    ),
}
"""Formats whose capture may be one text file."""

PIECES = [b"", b"-1", b"1e400", b"9" * 30, b"null", b'"', b"{", b"]", b",", b"\n", b"\xff", b"NaN"]
PIECES += [b"true", b"0", b"0.000000000000000000001", b"{}", b"[]", b" ", b"\x00", b"1700000000"]

LOBSTER_NAMES = tuple(
    f"MSFT_2012-06-21_34200000_37800000_{part}_2.csv" for part in ("message", "orderbook")
)
LOBSTER = tuple(
    "\n".join(column).encode() + b"\n"
    for column in zip(
        test_lobster.FIRST,
        ("36000.5,4,1,10,308900,-1", test_lobster.BOOK),
        ("36001.5,3,1,90,308900,-1", test_lobster.BOOK),
        strict=True,
    )
)
"""A message file and its orderbook file."""


def npz(rng=None):
    """Events of hftbacktest; with a few of their bytes changed by `rng`."""
    packed = io.BytesIO()
    events = np.array(test_hftbacktest_npz.GOOD, dtype=test_hftbacktest_npz.EVENT)
    if rng is not None:
        bytes_of = events.view(np.uint8)
        for _ in range(rng.randint(1, 4)):
            bytes_of[rng.randrange(len(bytes_of))] = rng.randrange(256)
    np.savez(packed, data=events)
    return packed.getvalue()


def packings(content):
    """The same capture as it may be packed, by the ending of its name."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", content)
    block = struct.pack("<I", len(content) | 1 << 31) + content
    lz4 = b"\x04\x22\x4d\x18" + bytes([0x60, 0x40, 0]) + block + struct.pack("<I", 0)
    return {
        "": content,
        ".gz": gzip.compress(content, mtime=0),
        ".zip": zipped.getvalue(),
        ".lz4": lz4,
    }


def mutated(content, rng):
    """A few places replaced, lines swapped, doubled or cut."""
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(damaged) + 1)
        damaged[at : at + rng.randint(0, 6)] = rng.choice(PIECES)
    parts = bytes(damaged).splitlines(keepends=True)
    if parts and rng.random() < 0.3:
        rng.shuffle(parts)
    if parts and rng.random() < 0.3:
        parts.append(rng.choice(parts))
    return b"".join(parts)


def flipped(content, rng):
    """A packed file with a few bytes changed, or cut short."""
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged[: rng.randrange(len(damaged))] if rng.random() < 0.2 else damaged)
