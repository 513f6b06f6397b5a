import pytest

from market_maker.model.recording import RowKind
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.timed_book import TimedBook

BID, ASK = ("99", "1"), ("101", "2")


@pytest.fixture
def rows():
    return MarketRows(CaptureCounts())


def kinds(rows):
    return [RowKind(kind).name for kind in rows.columns().kind]


def test_best_prices_hold_until_levels_of_their_time_come(rows):
    book = TimedBook(rows)
    book.best(BID, ASK, 1, 1)
    book.clear(2, 2)
    book.levels(RowKind.BID, [BID], 2, 2)
    book.best(BID, ASK, 5, 5)
    book.levels(RowKind.BID, [BID], 4, 6)
    book.levels(RowKind.BID, [BID], 5, 7)
    book.best(BID, ASK, 5, 8)
    expected = ["CLEAR", "BID", "BEST_BID", "BEST_ASK", "BID", "BEST_EXPIRED", "BID"]
    assert kinds(rows) == expected
    assert rows.counts.late_tickers == 2


def test_a_snapshot_ends_best_prices_by_itself(rows):
    book = TimedBook(rows)
    book.clear(1, 1)
    book.best(BID, ASK, 2, 2)
    book.clear(3, 3)
    book.levels(RowKind.ASK, [ASK], 3, 3)
    assert kinds(rows) == ["CLEAR", "BEST_BID", "BEST_ASK", "CLEAR", "ASK"]


def test_trades_without_an_id_all_count(rows):
    book = TimedBook(rows)
    for name in ("", "", "a", "a"):
        book.trade(name, BID, 1, 1, bought=True)
    assert kinds(rows) == ["BUY_TRADE"] * 3
