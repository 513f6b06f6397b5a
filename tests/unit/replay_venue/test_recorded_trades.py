from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.events import BookLost, BookTop, Trade
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.recording import Recording
from market_maker.model.recording import RowKind as K
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.replay_venue.recorded_rows import received
from market_maker.replay_venue.recorded_trades import RecordedTrades

OPENING = [(K.CLEAR, 0, 0), (K.BID, 99, 10), (K.ASK, 101, 11)]


def tape(*messages):
    """Rows of messages (ts_event, ts_recv, rows)."""
    rows = [(*row, event, recv) for event, recv, rows in messages for row in rows]
    kind, ticks, lots, event, recv = (np.array(column) for column in zip(*rows, strict=True))
    instrument = Instrument("X", Decimal(1), Decimal(1))
    return Recording(instrument, kind.astype(np.uint8), ticks, lots, event, recv, 0, "test")


TAPE = tape(
    (1_000, 1_010, OPENING),
    (1_100, 1_120, [(K.BUY_TRADE, 101, 2), (K.BUY_TRADE, 102, 1)]),
    (1_115, 1_120, [(K.SELL_TRADE, 99, 3), (K.BID, 99, 7)]),
    (1_200, 1_230, [(K.SELL_TRADE, 99, 0), (K.GAP, 0, 0)]),
    (1_300, 1_310, [(K.BUY_TRADE, 103, 4)]),
)


def exchange(**fields):
    return RecordedExchange([TAPE], ReplaySettings(feed_latency_ns=5), **fields)


def test_trades_are_reported_as_they_were_received_before_the_book_they_led_to():
    venue = exchange(trades=True)
    venue.advance(1_124)
    assert venue.events(0) == [BookTop(1_000, 1_015, 99, 10, 101, 11)]
    venue.advance(1_125)
    assert venue.events(0) == [
        Trade(1_100, 1_125, 101, 2, Side.BUY),
        Trade(1_100, 1_125, 102, 1, Side.BUY),
        Trade(1_115, 1_125, 99, 3, Side.SELL),
        BookTop(1_115, 1_125, 99, 7, 101, 11),
    ]
    venue.advance(1_400)
    lost = BookLost(1_235, "the recording has a gap")
    assert venue.events(0) == [Trade(1_300, 1_315, 103, 4, Side.BUY), lost]


def test_without_being_asked_for_they_are_not_reported():
    venue = exchange()
    venue.advance(1_400)
    assert not any(isinstance(event, Trade) for event in venue.events(0))


moments = st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.integers(0, 3)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(moments, st.lists(st.integers(1_000, 3_000), max_size=12), st.integers(0, 40))
def test_every_trade_of_some_size_is_reported_once_and_in_order(drawn, looks, latency):
    now, messages = 1_000, [(1_000, 1_000, OPENING)]
    for step, buys, lots in drawn:
        now += step
        kind = K.BUY_TRADE if buys else K.SELL_TRADE
        messages.append((now - 1, now, [(kind, 100, lots)]))
    reader, told = RecordedTrades(received(tape(*messages)), latency), []
    for look in [*sorted(looks), 10_000]:
        fresh = reader.until(look)
        assert all(trade.ts_recv <= look for trade in fresh)
        told += fresh
    expected = [(recv + latency, row[2]) for _, recv, [row] in messages[1:] if row[2]]
    assert [(trade.ts_recv, trade.size) for trade in told] == expected


def test_trades_that_were_taken_elsewhere_are_left_out():
    reader = RecordedTrades(received(TAPE), 5)
    columns = reader.columns()
    arrival, side, lots = (columns[name].tolist() for name in ("arrival", "side", "lots"))
    assert (arrival, side, lots) == ([1_125, 1_125, 1_125, 1_315], [0, 0, 1, 0], [2, 1, 3, 4])
    assert reader.skip(0) is None
    assert reader.skip(2) == Trade(1_100, 1_125, 102, 1, Side.BUY)
    assert [trade.size for trade in reader.until(2_000)] == [3, 4]
