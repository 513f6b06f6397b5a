"""Books, best prices and trades become facts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.events import BookLost, BookSnapshot, MarkPrice, Trade
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.frames import Best, PerpContext, WireTrade
from market_maker.venues.hyperliquid.grid import WireGrid
from market_maker.venues.hyperliquid.market_feed import MarketFeed
from market_maker.venues.hyperliquid.market_wire import AssetContext, BookAnswer, BookLevel

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
MS = NOON // NANOS_PER_MS
BTC = Instrument("BTC", Decimal("0.1"), Decimal("0.00001"))


@pytest.fixture
def grid():
    return WireGrid(BTC)


@pytest.fixture
def feed(grid):
    made = MarketFeed(grid)
    made.opened(NOON)
    return made


def levels(*pairs):
    return tuple(BookLevel(str(price), str(size), 1) for price, size in pairs)


def book(time, bids, asks):
    return BookAnswer("BTC", (levels(*bids), levels(*asks)), MS + time, fast=True)


def best(time, bid, ask):
    sides = (levels(bid)[0] if bid else None, levels(ask)[0] if ask else None)
    return Best("BTC", MS + time, sides)


def trade(tid, time=0, side="A"):
    return WireTrade("BTC", side, "97001.0", "0.00219", MS + time, tid)


def told(feed, frame, now=NOON):
    feed.hear(frame, now)
    return feed.drain()


def prices(event):
    return [price for price, _ in event.bids], [price for price, _ in event.asks]


FIRST = book(0, [(97_000, "1.5"), (96_999, 2)], [(97_001, 1), (97_003, 4)])


def test_a_book_is_a_snapshot_in_ticks_and_lots(feed):
    (event,) = told(feed, FIRST, Nanos(NOON + 5))
    assert event == BookSnapshot(
        NOON,
        Nanos(NOON + 5),
        1,
        ((970_000, 150_000), (969_990, 200_000)),
        ((970_010, 100_000), (970_030, 400_000)),
    )


def test_better_best_prices_stand_before_the_depth_that_is_known(feed):
    told(feed, FIRST)
    (event,) = told(feed, best(1, (97_000.5, 3), (97_001, 2)))
    assert prices(event) == ([970_005, 970_000, 969_990], [970_010, 970_030])
    assert event.asks[0] == (970_010, 200_000)


def test_levels_that_are_better_than_the_best_are_gone(feed):
    told(feed, FIRST)
    (event,) = told(feed, best(1, (96_999, 2), (97_002, 9)))
    assert prices(event) == ([969_990], [970_020, 970_030])


def test_an_empty_side_is_empty(feed):
    told(feed, FIRST)
    (event,) = told(feed, best(1, None, (97_001, 1)))
    assert event.bids == ()


def test_a_depth_of_an_earlier_block_does_not_bring_back_what_is_gone(feed):
    told(feed, best(5, (96_999, 2), (97_002, 9)))
    (event,) = told(feed, FIRST)
    assert prices(event) == ([969_990], [970_020, 970_030])


def test_what_is_older_than_what_is_known_is_no_news(feed):
    told(feed, book(5, [(1, 1)], [(2, 1)]))
    assert told(feed, FIRST) == []
    assert told(feed, best(4, (1, 1), (3, 1))) == []


def test_after_a_break_nothing_is_known_and_stamps_may_go_back(feed):
    told(feed, book(5, [(1, 1)], [(2, 1)]))
    feed.lost(NOON, "closed")
    feed.opened(NOON)
    assert feed.drain() == [BookLost(NOON, "closed")]
    (event,) = told(feed, FIRST)
    assert prices(event) == ([970_000, 969_990], [970_010, 970_030])


PRICE = st.integers(1, 30)


@given(st.lists(st.tuples(st.booleans(), PRICE, PRICE, st.integers(0, 9)), max_size=30))
def test_a_merged_book_is_sorted_and_its_best_is_the_newest_that_was_sent(frames):
    feed = MarketFeed(WireGrid(BTC))
    newest, bid, ask = -1, 0, 0
    for whole, low, gap, time in frames:
        high = low + gap
        frame = (
            book(time, [(low, 1), (low - 0.5, 1)], [(high, 1), (high + 0.5, 1)])
            if whole
            else best(time, (low, 1), (high, 1))
        )
        events = told(feed, frame)
        if events and time >= newest:
            newest, bid, ask = time, low * 10, high * 10
        for event in events:
            bids, asks = prices(event)
            assert bids == sorted(set(bids), reverse=True)
            assert asks == sorted(set(asks))
            if time >= newest:
                assert (bids[0], asks[0]) == (bid, ask)


def test_a_trade_is_reported_once_with_its_aggressor(feed):
    events = told(feed, (trade(1), trade(2, side="B"), trade(1)))
    assert events == [
        Trade(NOON, NOON, 970_010, 219, Side.SELL),
        Trade(NOON, NOON, 970_010, 219, Side.BUY),
    ]
    assert told(feed, (trade(2),)) == []


def test_trades_of_before_the_connection_are_history(feed):
    events = told(feed, (trade(1, time=-50_000), trade(2)))
    assert events == [Trade(NOON, NOON, 970_010, 219, Side.SELL)]


def test_a_trade_of_no_side_is_counted_and_breaks_nothing(feed):
    assert told(feed, (trade(1, side="X"),)) == []
    assert feed.unreadable == 1


def test_a_mark_between_two_ticks_is_reported_as_the_next_one(feed):
    context = AssetContext(
        Decimal("0.0000125"), Decimal(688), Decimal("97000.04"), Decimal("97000.26")
    )
    assert told(feed, PerpContext("BTC", context)) == [MarkPrice(NOON, NOON, 970_003)]
    assert (feed.context, feed.context_at) == (context, NOON)


def test_a_number_off_the_grid_is_counted_and_breaks_nothing(feed):
    assert told(feed, book(0, [("97000.05", 1)], [])) == []
    assert told(feed, book(0, [("soon", 1)], [])) == []
    assert feed.unreadable == 2
