import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.book import Book, BookState
from market_maker.model.events import NO_SEQ, BookDelta, BookLost, BookSnapshot, BookTop

BIDS = ((99, 5), (98, 6), (97, 7))
ASKS = ((101, 4), (102, 3))


def snapshot(seq=100, bids=BIDS, asks=ASKS, ts=1):
    return BookSnapshot(ts, ts + 1, seq, bids, asks)


def futures(first, last, prev, bids=(), asks=(), ts=2):
    return BookDelta(ts, ts + 1, first, last, prev, bids, asks)


def spot(first, last, bids=(), asks=(), ts=2):
    return BookDelta(ts, ts + 1, first, last, NO_SEQ, bids, asks)


def book(*events):
    made = Book()
    take = {
        BookSnapshot: made.snapshot,
        BookDelta: made.delta,
        BookTop: made.top,
        BookLost: made.lost,
    }
    for event in events:
        take[type(event)](event)
    return made


def best(made):
    return made.bid, made.bid_size, made.ask, made.ask_size


def test_a_new_book_is_empty_and_says_so():
    assert (Book().state, best(Book())) == (BookState.EMPTY, (0, 0, 0, 0))
    assert Book().detail


def test_a_snapshot_has_best_prices_depth_and_stamps():
    made = book(snapshot())
    assert made.state is BookState.OK
    assert best(made) == (99, 5, 101, 4)
    assert made.depth(2) == (((99, 5), (98, 6)), ((101, 4), (102, 3)))
    assert (made.seq, made.ts_event, made.ts_recv) == (100, 1, 2)


def test_a_snapshot_need_not_be_sorted_and_drops_empty_levels():
    made = book(snapshot(bids=((97, 7), (99, 5), (100, 0)), asks=((103, 1), (101, 4))))
    assert best(made) == (99, 5, 101, 4)


def test_deltas_before_any_snapshot_are_ignored():
    made = book(spot(1, 2, bids=((99, 5),)), futures(3, 4, 2, asks=((101, 5),)))
    assert (made.state, best(made)) == (BookState.EMPTY, (0, 0, 0, 0))


def test_deltas_without_a_snapshot_leave_a_feed_of_best_prices_alone():
    made = book(BookTop(1, 2, 99, 5, 101, 4), spot(7, 8, bids=((90, 5),)), futures(9, 10, 8))
    assert (made.state, best(made)) == (BookState.OK, (99, 5, 101, 4))


@pytest.mark.parametrize("delta", [spot(99, 101, ((99, 8),)), futures(90, 101, 89, ((99, 8),))])
def test_the_first_delta_after_a_snapshot_may_overlap_it(delta):
    made = book(snapshot(), delta)
    assert (made.state, made.bid_size, made.seq) == (BookState.OK, 8, 101)


def test_only_the_first_delta_after_a_snapshot_may_overlap():
    made = book(snapshot(), spot(99, 101), spot(100, 103))
    assert made.state is BookState.GAPPED


@pytest.mark.parametrize("delta", [spot(98, 100, ((99, 8),)), futures(95, 99, 94, ((99, 8),))])
def test_deltas_older_than_the_snapshot_are_dropped_and_counted(delta):
    made = book(snapshot(), delta)
    assert (made.state, made.bid_size, made.seq, made.stale_deltas) == (BookState.OK, 5, 100, 1)


def test_a_first_delta_that_begins_after_the_snapshot_is_a_gap():
    assert book(snapshot(), spot(102, 103)).state is BookState.GAPPED
    assert book(snapshot(), futures(102, 103, 101)).state is BookState.GAPPED


def test_futures_deltas_follow_each_other_by_pu_whatever_their_first_number():
    made = book(snapshot(), futures(95, 101, 94), futures(250, 260, 101, ((99, 1),)))
    assert (made.state, made.seq, made.bid_size) == (BookState.OK, 260, 1)
    made = book(snapshot(), futures(95, 101, 94), futures(102, 260, 103))
    assert made.state is BookState.GAPPED
    assert "have 101" in made.detail
    assert "follows 103" in made.detail


def test_spot_deltas_follow_each_other_without_a_hole():
    made = book(snapshot(), spot(100, 101), spot(102, 105, ((99, 2),)), spot(106, 106))
    assert (made.state, made.seq, made.bid_size) == (BookState.OK, 106, 2)
    assert book(snapshot(), spot(100, 101), spot(103, 105)).state is BookState.GAPPED


def test_a_repeated_delta_is_dropped():
    again = spot(101, 102, ((99, 9),))
    made = book(snapshot(), again, spot(103, 103, ((99, 1),)), again)
    assert (made.state, made.bid_size, made.stale_deltas) == (BookState.OK, 1, 1)


def test_a_gap_forgets_the_book_until_a_snapshot():
    made = book(snapshot(), spot(105, 106))
    assert best(made) == (0, 0, 0, 0)
    assert made.depth(5) == ((), ())
    made.delta(spot(107, 108, ((99, 1),), ((101, 1),)))
    assert (made.state, best(made)) == (BookState.GAPPED, (0, 0, 0, 0))
    made.snapshot(snapshot(seq=108))
    made.delta(spot(109, 109, ((99, 1),)))
    assert (made.state, best(made)) == (BookState.OK, (99, 1, 101, 4))


def test_a_feed_that_lost_data_gaps_the_book_until_a_snapshot_or_a_top():
    made = book(snapshot(), BookLost(5, "socket closed"))
    assert (made.state, made.detail) == (BookState.GAPPED, "socket closed")
    made.top(BookTop(6, 7, 99, 5, 101, 4))
    assert (made.state, best(made)) == (BookState.OK, (99, 5, 101, 4))


def test_levels_lost_in_a_gap_never_come_back_under_a_feed_of_best_prices():
    lost = BookLost(5, "socket closed")
    unnumbered = BookDelta(8, 9, NO_SEQ, NO_SEQ, NO_SEQ, ((95, 1),), ())
    made = book(snapshot(), lost, BookTop(6, 7, 90, 5, 92, 4), unnumbered)
    assert best(made) == (90, 5, 92, 4)


def test_deltas_without_numbers_are_taken_as_they_come():
    made = book(snapshot(NO_SEQ), BookDelta(2, 3, NO_SEQ, NO_SEQ, NO_SEQ, ((99, 1),), ()))
    assert (made.state, made.bid_size) == (BookState.OK, 1)


@pytest.mark.parametrize("bid", [101, 102, 150])
def test_a_bid_at_or_above_the_best_ask_is_crossed_until_it_is_gone(bid):
    made = book(snapshot(), spot(101, 101, ((bid, 1),)))
    assert made.state is BookState.CROSSED
    assert str(bid) in made.detail
    made.delta(spot(102, 102, ((bid, 0),)))
    assert (made.state, made.detail, made.bid) == (BookState.OK, "", 99)


def test_a_book_without_one_side_is_one_sided():
    made = book(snapshot(asks=()))
    assert (made.state, made.ask, made.bid) == (BookState.ONE_SIDED, 0, 99)
    made = book(snapshot(), spot(101, 101, (), ((101, 0), (102, 0))))
    assert made.state is BookState.ONE_SIDED


@pytest.mark.parametrize(
    ("top", "state"),
    [
        (BookTop(1, 2, 99, 5, 101, 4), BookState.OK),
        (BookTop(1, 2, 101, 5, 101, 4), BookState.CROSSED),
        (BookTop(1, 2, 102, 5, 101, 4), BookState.CROSSED),
        (BookTop(1, 2, 99, 0, 101, 4), BookState.ONE_SIDED),
        (BookTop(1, 2, 99, 5, 0, 0), BookState.ONE_SIDED),
        (BookTop(1, 2, 0, 5, 101, 4), BookState.ONE_SIDED),
        (BookTop(1, 2, -3, 5, 3, 4), BookState.ONE_SIDED),
    ],
)
def test_a_feed_of_best_prices_is_judged_alike(top, state):
    made = book(top)
    assert made.state is state
    assert bool(made.detail) is (state is not BookState.OK)


PRICES = st.integers(1, 30)
CHANGES = st.lists(st.tuples(st.booleans(), PRICES, st.integers(0, 4)), max_size=6)


@given(st.lists(st.one_of(CHANGES, st.just("snapshot")), max_size=25), st.booleans())
def test_any_sequence_of_updates_agrees_with_two_dictionaries(steps, chained):
    made, sides, seq = Book(), ({}, {}), 10
    made.snapshot(snapshot(seq, (), ()))
    for step in steps:
        if step == "snapshot":
            seq += 3
            made.snapshot(snapshot(seq, tuple(sides[0].items()), tuple(sides[1].items())))
            continue
        changed = ([], [])
        for buys, price, size in step:
            changed[buys].append((price, size))
            sides[buys].pop(price, None) if size == 0 else sides[buys].update({price: size})
        make = (lambda f, la, b, a, p=seq: futures(f, la, p, b, a)) if chained else spot
        made.delta(make(seq + 1, seq + 2, tuple(changed[0]), tuple(changed[1])))
        seq += 2
        bids = sorted(sides[0].items(), reverse=True)
        asks = sorted(sides[1].items())
        assert made.depth(100) == (tuple(bids), tuple(asks))
        assert best(made) == (*(bids or [(0, 0)])[0], *(asks or [(0, 0)])[0])
        if not bids or not asks:
            assert made.state is BookState.ONE_SIDED
        else:
            crossed = bids[0][0] >= asks[0][0]
            assert made.state is (BookState.CROSSED if crossed else BookState.OK)


def test_the_book_says_what_is_displayed_at_a_price():
    book = Book()
    book.top(BookTop(1, 1, 99, 5, 101, 6))
    assert [book.displayed(0, 99), book.displayed(1, 101)] == [5, 6]
    assert [book.displayed(0, 98), book.displayed(1, 99)] == [None, None]
    book.snapshot(BookSnapshot(2, 2, 1, ((99, 5), (98, 7)), ((101, 6),)))
    assert [book.displayed(0, 98), book.displayed(0, 97), book.displayed(1, 101)] == [7, 0, 6]
