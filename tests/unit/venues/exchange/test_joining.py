from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.book import Book, BookState
from market_maker.model.events import BookDelta, BookLost, BookSnapshot
from market_maker.model.units import Lots, Nanos, Ticks
from market_maker.venues.exchange.joining import HELD_MAX, BookFact, BookJoin

NOW = Nanos(1)
SEQS = 30


def levels(epoch: int, seq: int):
    """Of a book whose best bid shows the epoch and number after which it is so."""
    return ((Ticks(epoch * 1_000 + seq + 1), Lots(1)),)


ASKS = ((Ticks(1_000_000), Lots(1)),)


def snapshot(seq: int, epoch: int = 1) -> tuple[int, BookSnapshot]:
    return epoch, BookSnapshot(NOW, NOW, seq, levels(epoch, seq), ASKS)


def delta(last: int, first: int | None = None, epoch: int = 1) -> tuple[int, BookDelta]:
    first = last if first is None else first
    gone = tuple(
        (price[0][0], Lots(0)) for price in (levels(epoch, s) for s in range(first - 1, last))
    )
    changed = (*gone, *levels(epoch, last))
    return epoch, BookDelta(NOW, NOW, first, last, first - 1, changed, ())


def tell(join: BookJoin, *messages: tuple[int, BookSnapshot | BookDelta]) -> list[BookFact]:
    return [fact for message in messages for fact in told(join, message)]


def told(join: BookJoin, message: tuple[int, BookSnapshot | BookDelta]) -> list[BookFact]:
    epoch, event = message
    if isinstance(event, BookSnapshot):
        return join.snapshot(epoch, event)
    return join.delta(epoch, event)


def seqs(facts: list[BookFact]) -> list[int | str]:
    """Snapshots and deltas by their last number, a loss by its reason."""
    return [
        fact.reason if isinstance(fact, BookLost) else getattr(fact, "last_seq", None) or fact.seq
        for fact in facts
    ]


def test_deltas_follow_a_snapshot_by_number() -> None:
    assert seqs(tell(BookJoin(), snapshot(5), delta(6), delta(8, 7))) == [5, 6, 8]


def test_nothing_is_reported_before_a_snapshot_and_held_deltas_follow_it() -> None:
    join = BookJoin()
    assert tell(join, delta(5), delta(6), delta(7)) == []
    assert seqs(tell(join, snapshot(5))) == [5, 6, 7]


def test_a_delta_that_repeats_a_part_of_the_snapshot_follows_it() -> None:
    (first, second) = tell(BookJoin(), snapshot(5), delta(7, 4))
    assert isinstance(second, BookDelta)
    assert (seqs([first, second]), second.prev_seq) == ([5, 7], 5)


def test_a_gap_is_reported_once_and_ends_with_a_snapshot_behind_it() -> None:
    join = BookJoin()
    told = tell(join, snapshot(5), delta(8), delta(9))
    assert seqs(told) == [5, "sequence gap: have 5, next update follows 7"]
    assert not join.is_whole
    assert seqs(tell(join, snapshot(7))) == [7, 8, 9]
    assert join.counts.gaps == 1


def test_a_snapshot_from_before_the_gap_does_not_end_it() -> None:
    join = BookJoin()
    tell(join, snapshot(5), delta(8))
    assert tell(join, snapshot(6)) == []
    assert not join.is_whole


def test_a_greater_epoch_makes_the_book_void_until_its_own_snapshot() -> None:
    join = BookJoin()
    told = tell(join, snapshot(50), delta(1, epoch=2), snapshot(60), delta(51))
    assert seqs(told) == [50, "the matching engine started anew: epoch 2 after 1"]
    assert seqs(tell(join, snapshot(0 + 1, epoch=2))) == [1]
    assert (join.counts.epochs, join.counts.old) == (1, 2)


def test_a_lost_book_is_reported_once_and_ends_with_the_next_snapshot_that_is_not_behind() -> None:
    join = BookJoin()
    tell(join, snapshot(5), delta(6))
    assert seqs(join.lost(NOW, "asked for")) == ["asked for"]
    assert join.lost(NOW, "asked for") == []
    assert tell(join, snapshot(5)) == []
    assert seqs(tell(join, delta(7), snapshot(6))) == [6, 7]


def test_repeating_everything_brings_nothing() -> None:
    join, messages = BookJoin(), [snapshot(5), delta(6), delta(7), snapshot(7), delta(8)]
    tell(join, *messages)
    assert tell(join, *messages) == []
    assert join.is_whole


def test_what_is_held_is_bounded() -> None:
    join = BookJoin()
    tell(join, *(delta(n) for n in range(1, HELD_MAX + 3)))
    assert tell(join, snapshot(1)) == []
    assert len(tell(join, snapshot(2))) == HELD_MAX + 1


MESSAGES = st.one_of(
    st.builds(snapshot, st.integers(1, SEQS), st.integers(1, 2)),
    st.builds(
        lambda last, width, epoch: delta(last, max(1, last - width), epoch),
        st.integers(1, SEQS),
        st.integers(0, 3),
        st.integers(1, 2),
    ),
)


@given(st.lists(MESSAGES, max_size=120))
def test_whatever_is_lost_repeated_or_reordered_a_book_that_can_be_quoted_on_is_the_true_one(
    messages: list[tuple[int, BookSnapshot | BookDelta]],
) -> None:
    join, book = BookJoin(), Book()
    for message in messages:
        for fact in told(join, message):
            match fact:
                case BookSnapshot():
                    book.snapshot(fact)
                case BookDelta():
                    book.delta(fact)
                case BookLost():
                    book.lost(fact)
        assert join.is_whole == (book.state is BookState.OK)
        if join.is_whole:
            # The best bid of the true book says after which number it is so.
            assert book.bid % 1_000 == book.seq + 1
            assert book.depth(5)[0] == ((book.bid, Lots(1)),)


@given(st.lists(st.integers(1, SEQS), max_size=10), st.lists(st.integers(0, SEQS), max_size=30))
def test_rewound_offsets_change_nothing(snapshots: list[int], starts: list[int]) -> None:
    stream = [delta(n) for n in range(1, SEQS + 1)]
    join = BookJoin()
    tell(join, snapshot(1), *stream)
    again = [m for n in starts for m in stream[n:]] + [snapshot(n) for n in snapshots]
    assert tell(join, *again) == []
    assert join.is_whole
