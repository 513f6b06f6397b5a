"""A recording of the sandbox: repeatable, well formed, and with a book that is never crossed."""

import numpy as np
import pytest

from market_maker.model.recording import RowKind
from market_maker.research.book_check import check_book
from market_maker.research.sandbox_recording import START, WARM_UP, record_sandbox
from market_maker.sandbox.listings import listing

SECONDS = 20


def recorded(seed=1, symbol="BTCUSDT-PERP", told=None):
    progress = [] if told is None else told
    return record_sandbox(listing(symbol), seed, SECONDS, lambda *done: progress.append(done))


@pytest.fixture(scope="module")
def recording():
    return recorded()


@pytest.mark.thorough
def test_equal_seeds_are_equal_recordings_and_others_are_not(recording):
    again, other = recorded(), recorded(seed=2)
    for column in ("kind", "ticks", "lots", "ts_event", "ts_recv"):
        assert np.array_equal(getattr(again, column), getattr(recording, column))
    assert not np.array_equal(other.ticks, recording.ticks)


def test_it_begins_with_the_whole_book_and_holds_levels_and_trades(recording):
    assert recording.kind[0] == RowKind.CLEAR
    kinds = set(recording.kind.tolist())
    assert {RowKind.BID, RowKind.ASK, RowKind.BUY_TRADE, RowKind.SELL_TRADE} <= kinds
    assert recording.rows > 1_000


def test_it_is_received_in_order_within_its_time(recording):
    assert np.all(np.diff(recording.ts_recv) >= 0)
    assert np.all(recording.ts_recv >= recording.ts_event)
    begin = START + WARM_UP
    assert begin <= recording.start < recording.end <= begin + SECONDS * 10**9


def test_its_book_is_never_crossed(recording):
    assert check_book(recording, []).crossed == 0


@pytest.mark.thorough
def test_how_far_it_is_is_reported():
    told = []
    recorded(told=told)
    assert told[-1] == (SECONDS, SECONDS)
