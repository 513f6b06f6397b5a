"""Any damage to a capture ends in a recording or in one line, and in bounded memory."""

import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import (
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
from tests.examples import examples
from tests.unit.venues.recorded import test_bybit, test_okx

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]
US = 1_640_995_200_000_000
MEMORY_MAX = 64 << 20


def lines(*messages):
    return "".join(stamped(n, message) + "\n" for n, message in enumerate(messages)).encode()


SEEDS = {
    CaptureFormat.BINANCE_FUTURES: lines(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_depth(2, 11, 12, 10, bids=[["98.0", "1.000"]]),
        futures_ticker(3, 14, "98.5", "100.5"),
        binance_trade(4, 7, "99.0", "0.010"),
        aggregate(5, 8, 9, "99.0", "0.020"),
        futures_depth(6, 13, 15, 12, asks=[["101.0", "0"]]),
    ),
    CaptureFormat.BINANCE_SPOT: lines(
        snapshot(10, BIDS, ASKS), spot_depth(2, 11, 12, bids=BIDS), spot_depth(3, 13, 14, asks=ASKS)
    ),
    CaptureFormat.HYPERLIQUID: lines(
        hyperliquid_book(0, [("99", "1")], [("101", "1")]),
        hyperliquid_trades((1, 3, "99", "1", "A")),
        hyperliquid_book(500, [("98", "1")], [("101", "1")]),
    ),
    CaptureFormat.BYBIT: lines(
        test_bybit.book(1, 5, "snapshot", BIDS, ASKS),
        test_bybit.book(2, 6, bids=BIDS),
        test_bybit.trades((2, "a", "Buy", "0.1")),
    ),
    CaptureFormat.OKX: lines(
        test_okx.book(1, "snapshot", 10, -1, test_okx.BIDS, test_okx.ASKS),
        test_okx.book(2, "update", 15, 10, test_okx.BIDS),
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
PIECES = [b"", b"-1", b"1e400", b"9" * 30, b"null", b'"', b"{", b"]", b",", b"\n", b"\xff", b"NaN"]
PIECES += [b"true", b"0", b"0.000000000000000000001", b"{}", b"[]", b" ", b"\x00", b"1700000000"]


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


@pytest.mark.thorough
@pytest.mark.parametrize("capture_format", SEEDS)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_a_mutated_capture_is_read_or_refused_in_one_line(tmp_path, capture_format, seed):
    rng = random.Random(seed)
    path = tmp_path / "x"
    for _ in range(5):
        path.write_bytes(mutated(SEEDS[capture_format], rng))
        for asked in (capture_format, CaptureFormat.AUTO):
            try:
                recording, _ = import_capture(asked, [path], ImportOptions())
                write_recording(tmp_path / "made", recording)
                assert read_recording(tmp_path / "made").rows == recording.rows
            except InvalidDataError as error:
                assert "\n" not in str(error).replace("\\n", "")  # noqa: PT017  # either is right


@pytest.mark.parametrize("capture_format", SEEDS)
def test_a_whole_seed_is_read(tmp_path, capture_format):
    path = tmp_path / "x"
    path.write_bytes(SEEDS[capture_format])
    _, report = import_capture(CaptureFormat.AUTO, [path], ImportOptions())
    assert (report.format, report.malformed) == (capture_format, 0)


def test_memory_is_bounded_by_the_rows_and_not_by_what_lines_claim(tmp_path):
    path = tmp_path / "x"
    odd = b'1700000000003000000 {"stream":"btcusdt@trade","data":' + b"[" * 100_000 + b"\n"
    path.write_bytes(SEEDS[CaptureFormat.BINANCE_FUTURES] + odd * 9)
    tracemalloc.start()
    try:
        _, report = import_capture(CaptureFormat.AUTO, [path], ImportOptions())
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()
    assert report.malformed == 9
