from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.recording import RowKind
from market_maker.research.book_check import PlainBook, check_book
from market_maker.venues.recorded.rows import ExpectedTop
from tests.captures import make_recording


def recording_of(*rows):
    """Rows as (kind, ticks, lots, ts)."""
    return make_recording([(*row, row[3]) for row in rows])


CROSSED = [(RowKind.BID, 100, 1, 1), (RowKind.ASK, 100, 1, 1)]


def test_a_locked_book_counts_as_crossed():
    assert check_book(recording_of(*CROSSED), ()).crossed == 1


def test_only_the_end_of_a_message_counts():
    rows = [*CROSSED, (RowKind.ASK, 100, 0, 1), (RowKind.ASK, 101, 1, 1)]
    assert check_book(recording_of(*rows), ()).crossed == 0


def test_every_message_with_a_crossed_book_counts():
    rows = [*CROSSED, (RowKind.BID, 90, 1, 2), (RowKind.ASK, 100, 0, 3)]
    assert check_book(recording_of(*rows), ()).crossed == 2


def test_a_gap_empties_the_book():
    rows = [*CROSSED, (RowKind.GAP, 0, 0, 2), (RowKind.BID, 200, 1, 3)]
    assert check_book(recording_of(*rows), ()).crossed == 1


def test_crossed_best_prices_count():
    rows = [(RowKind.BEST_BID, 100, 1, 1), (RowKind.BEST_ASK, 99, 1, 1)]
    assert check_book(recording_of(*rows), ()).crossed == 1


def test_expected_tops_agree_with_the_levels_in_price_and_size():
    rows = [(RowKind.BID, 99, 5, 1), (RowKind.ASK, 101, 6, 1), (RowKind.ASK, 100, 7, 2)]
    tops = [
        ExpectedTop(2, 99, 5, 101, 6),
        ExpectedTop(2, 99, 4, 101, 6),
        ExpectedTop(3, 99, 5, 100, 7),
        ExpectedTop(3, 99, 5, 101, 6),
    ]
    check = check_book(recording_of(*rows), tops)
    assert (check.compared, check.agreed) == (4, 2)


LEVELS = st.tuples(
    st.sampled_from([RowKind.BID, RowKind.ASK]), st.integers(1, 9), st.integers(0, 2)
)


@given(st.lists(LEVELS, max_size=60))
def test_best_prices_are_the_extremes_of_the_levels(levels):
    book = PlainBook()
    for kind, ticks, lots in levels:
        book.apply(kind, ticks, lots)
        assert book.bid == max(book.bids, default=None)
        assert book.ask == min(book.asks, default=None)
