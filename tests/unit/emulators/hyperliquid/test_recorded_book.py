"""The book that a recording displays."""

from market_maker.emulators.hyperliquid.recorded_book import RecordedBook
from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_rows import at_venue, received
from tests.captures import make_recording

LEVELS = [(RowKind.CLEAR, 0, 0), (RowKind.BID, 99, 5), (RowKind.BID, 98, 7), (RowKind.ASK, 101, 3)]


def book(*steps):
    """A book after rows at 1, 2, ... nanoseconds."""
    rows = [(kind, ticks, lots, 1, 1) for kind, ticks, lots in LEVELS]
    rows += [(*row, when, when) for when, row in enumerate(steps, start=2)]
    made = RecordedBook(at_venue(received(make_recording(rows))))
    return made, made.advance(len(steps) + 1)


def test_levels_are_sorted_from_the_best_and_leave_when_empty():
    made, trades = book((RowKind.BID, 99, 0), (RowKind.ASK, 100, 4))
    assert made.levels(Side.BUY, 9) == [(98, 7)]
    assert made.levels(Side.SELL, 1) == [(100, 4)]
    assert trades == []


def test_a_faster_best_price_hides_what_it_has_overtaken_until_it_expires():
    steps = [(RowKind.BEST_BID, 97, 2), (RowKind.BEST_ASK, 102, 1)]
    rows = [(kind, ticks, lots, 1, 1) for kind, ticks, lots in LEVELS]
    rows += [(*row, 2, 2) for row in steps] + [(RowKind.BEST_EXPIRED, 0, 0, 3, 3)]
    made = RecordedBook(at_venue(received(make_recording(rows))))
    made.advance(2)
    assert made.levels(Side.BUY, 9) == [(97, 2)]
    assert made.levels(Side.SELL, 9) == [(102, 1)]
    made.advance(3)
    assert made.levels(Side.BUY, 9) == [(99, 5), (98, 7)]


def test_trades_are_given_once_and_a_gap_empties_the_book():
    made, trades = book((RowKind.BUY_TRADE, 101, 2), (RowKind.GAP, 0, 0))
    assert [(trade.price, trade.size, trade.aggressor) for trade in trades] == [(101, 2, Side.BUY)]
    assert made.advance(100) == []
    assert made.levels(Side.SELL, 9) == []
