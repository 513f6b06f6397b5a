import pytest

from market_maker.emulators.topic_messages import TopicWriter
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Filled,
    InstrumentStatus,
    MarkPrice,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value
from market_maker.topics.schema_files import DELTAS, ENGINE_EVENTS, MARKS, SNAPSHOTS, TRADES
from market_maker.venues.exchange.facts import EngineNews
from market_maker.venues.exchange.feed import SymbolFeed
from market_maker.venues.order_service.wire import News
from tests.support.exchange_messages import INSTRUMENT, message

NOW = Nanos(1_700_000_000_000_000_000)
LEVELS = ((Ticks(999_999), Lots(5)),)
ASKS = ((Ticks(1_000_001), Lots(7)),)


def heard(*written):
    """What a reader of the messages receives."""
    facts = []
    feed = SymbolFeed(INSTRUMENT, facts.append)
    for topic, fields in written:
        message(topic, fields)  # It can be written by the topic's schema.
        missing = {"accepted", "rejected", "filled", "cancelled", "cancel_rejected"}
        feed.take(topic, dict.fromkeys(missing) | fields, NOW)
    return facts


def test_the_market_is_read_back_as_it_was() -> None:
    writer = TopicWriter(INSTRUMENT, epoch=3)
    events = [
        BookSnapshot(NOW, NOW, 5, LEVELS, ASKS),
        BookDelta(NOW, NOW, 6, 7, 5, ((Ticks(999_998), Lots(0)),), ()),
        Trade(NOW, NOW, Ticks(1_000_001), Lots(3), Side.BUY),
        MarkPrice(NOW, NOW, Ticks(1_000_000)),
        InstrumentStatus(NOW, halted=True),
        InstrumentStatus(NOW, halted=False),
    ]
    written = [writer.market(event) for event in events]
    assert [topic for topic, _ in written] == [
        SNAPSHOTS,
        DELTAS,
        TRADES,
        MARKS,
        ENGINE_EVENTS,
        ENGINE_EVENTS,
    ]
    assert heard(*written) == events


def test_what_has_no_topic_is_not_written() -> None:
    assert TopicWriter(INSTRUMENT, 1).market(BookLost(NOW, "x")) is None


@pytest.mark.parametrize(
    "event",
    [
        Accepted(NOW, NOW, OrderId(0), "mm-1"),
        Rejected(NOW, NOW, OrderId(0), RejectReason.POST_ONLY, "mm-1"),
        Filled(NOW, NOW, OrderId(0), 9, Ticks(999_999), Lots(2), Value(-150_000_000), "mm-1"),
        Canceled(NOW, NOW, OrderId(0), "mm-1"),
        CancelRejected(NOW, NOW, OrderId(0), gone=True, client_order_id="mm-1"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_became_of_an_order_is_read_back_as_it_was(event) -> None:
    written = TopicWriter(INSTRUMENT, 1).order(News("a", "mm-1", event), Lots(5))
    assert heard(written) == [EngineNews("a", "mm-1", event)]


def test_a_fill_says_what_is_left() -> None:
    writer = TopicWriter(INSTRUMENT, 1)
    fill = Filled(NOW, NOW, OrderId(1), 9, Ticks(999_999), Lots(2), Value(0), "mm-1")
    left = [writer.order(News("a", "mm-1", fill), Lots(4))[1]["filled"]["leaves"] for _ in "ab"]
    assert left == ["0.002", "0.000"]


def test_after_a_new_start_there_is_no_book_until_it_is_shown() -> None:
    writer = TopicWriter(INSTRUMENT, epoch=7)
    book = BookSnapshot(NOW, NOW, 50, LEVELS, ASKS)
    change = BookDelta(NOW, NOW, 51, 51, 50, ((Ticks(999_999), Lots(3)),), ())
    before = [writer.market(book), writer.market(change)]
    assert writer.begin_epoch() == 8
    later = BookDelta(NOW, NOW, 52, 52, 51, ((Ticks(999_998), Lots(3)),), ())
    shown = BookSnapshot(NOW, NOW, 52, LEVELS, ASKS)
    facts = heard(*before, writer.market(later), writer.market(shown))
    assert [type(fact) for fact in facts] == [BookSnapshot, BookDelta, BookLost, BookSnapshot]
    assert facts[2].reason == "the matching engine started anew: epoch 8 after 7"
    assert [facts[0].seq, facts[3].seq] == [50, 1]
