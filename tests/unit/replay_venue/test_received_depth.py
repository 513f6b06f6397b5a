"""Levels behind the best prices, as a replay has received them, against a book of dictionaries."""

import numpy as np
import pytest

from market_maker.model.events import BookSnapshot, BookTop
from market_maker.model.recording import RowKind
from market_maker.model.units import Nanos
from market_maker.replay_venue.book_kernels import books_at
from market_maker.replay_venue.received_depth import read_levels as part
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.replay_venue.recorded_rows import TickWindow
from market_maker.replay_venue.replay_layout import BUY, SELL
from market_maker.replay_venue.replay_state import book_of
from tests.captures import make_recording
from tests.support.kernels import alone
from tests.toy_market import toy_recording

RECORDING = toy_recording(seconds=10)
read_levels = alone(part)


def book_at(recording, until):
    sides = ({}, {})
    for kind, price, lots, ts in zip(
        *(getattr(recording, name).tolist() for name in ("kind", "ticks", "lots", "ts_recv")),
        strict=True,
    ):
        if ts > until:
            break
        if kind == RowKind.CLEAR:
            sides = ({}, {})
        elif kind in {RowKind.BID, RowKind.ASK}:
            sides[kind][price] = lots
    bids = sorted(((p, n) for p, n in sides[0].items() if n), reverse=True)
    return tuple(bids[:3]), tuple(sorted((p, n) for p, n in sides[1].items() if n)[:3])


def test_levels_are_those_of_the_rows_received():
    exchange = RecordedExchange([RECORDING], ReplaySettings(), depth=3)
    seen = 0
    for now in range(int(RECORDING.start), int(RECORDING.end), 50_000_000):
        exchange.advance(Nanos(now))
        for event in exchange.events(0):
            assert isinstance(event, BookSnapshot)
            assert (event.bids, event.asks) == book_at(RECORDING, now)
            seen += 1
    assert seen > 100


def test_best_prices_are_the_same_with_levels_and_without():
    plain, deep = (RecordedExchange([RECORDING], ReplaySettings(), depth=depth) for depth in (0, 5))
    for now in range(int(RECORDING.start), int(RECORDING.end), 100_000_000):
        for exchange in (plain, deep):
            exchange.advance(Nanos(now))
        for top, whole in zip(plain.events(0), deep.events(0), strict=True):
            assert isinstance(top, BookTop)
            assert (top.ts_event, top.ts_recv) == (whole.ts_event, whole.ts_recv)
            assert (top.bid, top.bid_size) == whole.bids[0]
            assert (top.ask, top.ask_size) == whole.asks[0]


@pytest.mark.parametrize(
    ("best", "bids", "asks"),
    [
        ((99, 7, 103, 1), ((99, 7), (98, 2)), ((103, 9), (104, 3))),  # inside the levels
        ((101, 1, 102, 1), ((101, 1), (100, 5)), ((102, 1), (103, 9))),  # ahead of them
        ((100, 50, 103, 90), ((100, 50), (99, 4)), ((103, 90), (104, 3))),  # of other sizes
    ],
)
def test_best_prices_of_a_faster_feed_stand_before_the_levels(best, bids, asks):
    levels = [(RowKind.BID, 100, 5), (RowKind.BID, 99, 4), (RowKind.BID, 98, 2)]
    levels += [(RowKind.ASK, 103, 9), (RowKind.ASK, 104, 3)]
    rows = [(RowKind.CLEAR, 0, 0), *levels]
    rows += [(RowKind.BEST_BID, best[0], best[1]), (RowKind.BEST_ASK, best[2], best[3])]
    recording = make_recording([(*row, 1_000, 2_000) for row in rows])
    exchange = RecordedExchange([recording], ReplaySettings(), depth=2)
    exchange.advance(Nanos(2_000))
    (event,) = exchange.events(0)
    assert (event.bids, event.asks) == (bids, asks)


def test_levels_far_apart_are_found():
    width = 1_000
    ladders = np.zeros((2, width), np.int64)
    ladders[0, [10, 400, 500]] = 1, 2, 3
    ladders[1, [498, 299, 9]] = 4, 5, 6  # from 1,999 downwards
    book = np.array([book_of(TickWindow(1_000, width, 0), ladders[0], ladders[1])])
    book["bid"], book["ask"], book["lowest"] = 500, 498, 9
    found = []
    for side in (BUY, SELL):
        prices, sizes = np.zeros((2, 5), np.int64)
        count = read_levels(books_at(book.ctypes.data, 1)[0], side, prices, sizes)
        found.append(list(zip(prices.tolist(), sizes.tolist(), strict=True))[:count])
    bids, asks = found
    assert bids == [(1_500, 3), (1_400, 2), (1_010, 1)]
    assert asks == [(1_501, 4), (1_700, 5), (1_990, 6)]
