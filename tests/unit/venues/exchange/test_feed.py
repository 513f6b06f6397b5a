from collections.abc import Callable
from typing import Any

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.events import BookDelta, BookLost, BookSnapshot, MarkPrice, Trade
from market_maker.model.units import Nanos
from market_maker.topics.schema_files import DELTAS, ENGINE_EVENTS, MARKS, SNAPSHOTS, TRADES
from market_maker.venues.exchange.ascent import JUMP_MAX
from market_maker.venues.exchange.feed import TRADES_AT_ONCE, Fact, SymbolFeed
from tests.support.exchange_messages import (
    INSTRUMENT,
    T,
    delta,
    engine_event,
    fill,
    mark,
    snapshot,
    trade,
)

Fields = dict[str, Any]
AT = Nanos(T)
FAR = 2**61
STREAM = [
    (SNAPSHOTS, snapshot(5)),
    (DELTAS, delta(6)),
    (MARKS, mark(1)),
    (TRADES, trade(6, "a")),
    (TRADES, trade(6, "b")),
    (ENGINE_EVENTS, fill(1)),
]


def told(feed_of: list[Fact], feed: SymbolFeed, *messages) -> list[type]:
    feed_of.clear()
    for topic, fields in messages:
        feed.take(topic, fields, AT)
    return [type(fact) for fact in feed_of]


def test_every_topic_is_reported_once_however_often_it_is_read() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    first = told(heard, feed, *STREAM)
    assert [kind.__name__ for kind in first] == [
        "BookSnapshot",
        "BookDelta",
        "MarkPrice",
        "Trade",
        "Trade",
        "EngineNews",
    ]
    assert told(heard, feed, *STREAM) == []
    assert feed.counts.repeated == 4


def test_an_older_mark_and_an_older_trade_are_old_news() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    assert told(heard, feed, (MARKS, mark(5)), (TRADES, trade(5, "x"))) == [MarkPrice, Trade]
    assert told(heard, feed, (MARKS, mark(4)), (TRADES, trade(4, "y"))) == []
    assert told(heard, feed, (TRADES, trade(1, "z", epoch=2))) == [Trade]


def test_engine_events_that_never_came_are_counted_and_what_follows_is_reported() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, (ENGINE_EVENTS, fill(1)), (ENGINE_EVENTS, fill(4)))
    assert feed.counts.skipped == 2
    assert len(heard) == 2


def test_a_kind_of_event_that_is_not_known_is_counted() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    assert told(heard, feed, (ENGINE_EVENTS, engine_event(1, "UNKNOWN", "accepted"))) == []
    assert feed.counts.unknown == 1


def test_a_delta_that_could_not_be_read_costs_the_book_and_nothing_else_does() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, *STREAM)
    heard.clear()
    for topic in (SNAPSHOTS, MARKS, TRADES, ENGINE_EVENTS):
        feed.unreadable(topic, AT, "poison")
    assert heard == []
    feed.unreadable(DELTAS, AT, "poison")
    assert heard == [BookLost(AT, "poison")]
    assert told(heard, feed, (DELTAS, delta(7))) == []
    assert told(heard, feed, (SNAPSHOTS, snapshot(6))) == [BookSnapshot, BookDelta]


@pytest.mark.parametrize(
    ("topic", "fields", "next_one"),
    [
        (SNAPSHOTS, snapshot(FAR), snapshot(8)),
        (DELTAS, delta(FAR), delta(7)),
        (MARKS, mark(FAR), mark(2)),
        (TRADES, trade(FAR, "c"), trade(7, "c")),
        (ENGINE_EVENTS, fill(FAR), fill(2)),
    ],
)
def test_a_number_far_ahead_is_refused_and_what_follows_is_no_old_news(
    topic: str, fields: Fields, next_one: Fields
) -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, *STREAM)
    with pytest.raises(InvalidDataError, match=f"seq: {FAR} is too far ahead of"):
        feed.take(topic, fields | {"event_time": T}, AT)
    assert len(told(heard, feed, (topic, next_one))) == 1


@pytest.mark.parametrize("begun", [0, 1, 2**31, 2**61])
@pytest.mark.parametrize(
    ("topic", "of_epoch"),
    [
        (SNAPSHOTS, lambda epoch: snapshot(8, epoch)),
        (DELTAS, lambda epoch: delta(7, epoch)),
        (TRADES, lambda epoch: trade(7, "c", epoch)),
        (ENGINE_EVENTS, lambda epoch: fill(2, epoch)),
    ],
)
def test_an_epoch_far_ahead_is_refused_and_what_follows_is_no_old_news(
    topic: str, of_epoch: Callable[[int], Fields], begun: int
) -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, *((topic, fields | {"epoch": begun}) for topic, fields in STREAM))
    far = max(begun + JUMP_MAX, 2 * begun) + 1
    with pytest.raises(InvalidDataError, match=f"epoch: {far} is too far ahead of {begun}"):
        feed.take(topic, of_epoch(far), AT)
    assert len(told(heard, feed, (topic, of_epoch(begun)))) == 1


@pytest.mark.parametrize(
    ("before", "next_one"),
    [(7, 8), (1_790_000_000, 1_790_000_060), (1_790_000_000 * 10**9, 1_890_000_000 * 10**9)],
    ids=["counted", "seconds", "nanoseconds of years"],
)
def test_an_epoch_may_be_counted_or_be_a_time_in_any_unit(before: int, next_one: int) -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, (SNAPSHOTS, snapshot(5, before)))
    assert told(heard, feed, (SNAPSHOTS, snapshot(1, next_one))) == [BookLost, BookSnapshot]


def test_the_numbers_of_a_new_epoch_and_the_first_that_is_met_may_be_any() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    late = {"event_time": T}
    for epoch in (1, 2):
        begun = [
            (SNAPSHOTS, snapshot(epoch * FAR, epoch=epoch) | late),
            (ENGINE_EVENTS, fill(epoch * FAR, epoch=epoch) | late),
            (TRADES, trade(epoch * FAR, "a", epoch=epoch) | late),
        ]
        assert len(told(heard, feed, *begun)) >= len(begun)


def test_of_an_exchange_that_numbers_no_trade_not_every_name_is_kept() -> None:
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    for number in range(TRADES_AT_ONCE + 5):
        feed.take(TRADES, trade(0, f"t{number}"), AT)
        feed.take(TRADES, trade(0, f"t{number}"), AT)
    assert len(heard) == TRADES_AT_ONCE + 5
    assert feed.counts.repeated == TRADES_AT_ONCE + 5
    assert len(feed._trades_there) == TRADES_AT_ONCE


@pytest.mark.parametrize("begun", [False, True], ids=["first of all", "in the middle"])
@pytest.mark.parametrize(
    "fault",
    [
        (SNAPSHOTS, snapshot(7, 2)),
        (DELTAS, delta(7, 2)),
        (SNAPSHOTS, snapshot(10**6)),
        (DELTAS, delta(10**6)),
        (MARKS, mark(10**6)),
        (TRADES, trade(7, "f", 2)),
        (TRADES, trade(10**6, "f")),
        (ENGINE_EVENTS, fill(7, 2)),
        (ENGINE_EVENTS, fill(10**6)),
    ],
    ids=lambda fault: "-".join(map(str, (fault[0], *fault[1].values())))[:40],
)
def test_one_message_that_is_wrong_in_its_number_alone_is_found_out_by_those_that_follow(
    fault: tuple[str, Fields], begun: bool
) -> None:
    """All of them fit the schema, so that nothing else shows it."""
    heard: list[Fact] = []
    feed = SymbolFeed(INSTRUMENT, heard.append)
    told(heard, feed, *(STREAM if begun else []), fault)
    for seq in range(7, 10):
        told(
            heard,
            feed,
            (SNAPSHOTS, snapshot(seq)),
            (DELTAS, delta(seq + 1)),
            (MARKS, mark(seq)),
            (TRADES, trade(seq, f"t{seq}")),
            (ENGINE_EVENTS, fill(seq)),
        )
    assert feed.counts.faults == 1
    told(heard, feed, (SNAPSHOTS, snapshot(10)))
    following = [
        (DELTAS, delta(11)),
        (MARKS, mark(10)),
        (TRADES, trade(10, "t")),
        (ENGINE_EVENTS, fill(10)),
    ]
    assert len(told(heard, feed, *following)) == len(following)
    assert feed.join.is_whole
