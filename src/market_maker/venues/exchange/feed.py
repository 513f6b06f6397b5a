"""What one symbol's messages mean: facts in order, each once."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from msgspec import Struct

from market_maker.model.events import BookLost, Event
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.topics.schema_files import (
    CONSUMED,
    DELTAS,
    ENGINE_EVENTS,
    MARKS,
    SNAPSHOTS,
    TRADES,
)
from market_maker.venues.exchange.ascent import Ascent, TopicPlace, TopicVerdict
from market_maker.venues.exchange.facts import (
    EngineNews,
    WrittenPrices,
    delta_of,
    engine_fact,
    mark_of,
    snapshot_of,
    trade_of,
)
from market_maker.venues.exchange.joining import BookJoin

Fields = dict[str, Any]
Fact: TypeAlias = Event | EngineNews
Hear = Callable[[Fact], None]


TRADES_AT_ONCE = 10_000
"""Trades of one place in the exchange's order whose names are compared; one that numbers none has
all in one place. Of those that came first a repetition is then taken for news, which moves
estimates by one trade, and no money."""


class FeedCounts(Struct):
    """Since the start. repeated: facts that were known already. skipped: numbers of engine events
    that never came; what they said is found by asking the venue. unknown: kinds of engine events
    that this program does not know. faults: messages that those after them have shown to be wrong
    in their number alone; until then what came was old news."""

    repeated: int = 0
    skipped: int = 0
    unknown: int = 0
    faults: int = 0


class SymbolFeed:
    """Every fact goes to the callback once."""

    def __init__(self, instrument: Instrument, hear: Hear) -> None:
        self.instrument, self._hear = instrument, hear
        self.join, self._prices = BookJoin(), WrittenPrices(instrument)
        self.counts = FeedCounts()
        self._ascents = {topic: Ascent() for topic in CONSUMED}
        # In the order in which they came: dict keeps it.
        self._trades_there: dict[str, None] = {}

    def take(self, topic: str, fields: Fields, at: Nanos) -> None:
        """One message. at: when it arrived at the exchange's broker, by our clock. Raises
        InvalidDataError for what is no fact of this instrument."""
        match topic:
            case _ if topic == SNAPSHOTS:
                event = snapshot_of(fields, self._prices, at)
                self._check_book(topic, (fields["epoch"], event.seq), at)
                self._tell(self.join.snapshot(fields["epoch"], event))
            case _ if topic == DELTAS:
                change = delta_of(fields, self._prices, at)
                self._check_book(topic, (fields["epoch"], change.last_seq), at)
                self._tell(self.join.delta(fields["epoch"], change))
            case _ if topic == MARKS:
                self._mark(fields, at)
            case _ if topic == TRADES:
                self._trade(fields, at)
            case _ if topic == ENGINE_EVENTS:
                self._engine_event(fields, at)

    def lost(self, now: Nanos, reason: str) -> None:
        """There is no book until a snapshot that nothing is missing behind."""
        self._tell(self.join.lost(now, reason))

    def unreadable(self, topic: str, now: Nanos, reason: str) -> None:
        """A message could not be read. Without a delta nothing is known of the book; without a
        snapshot all is known that was."""
        if topic == DELTAS:
            self.lost(now, reason)

    def _check_book(self, topic: str, place: TopicPlace, at: Nanos) -> None:
        """Both topics of a book have one epoch. Raises InvalidDataError."""
        if self._ascents[topic].judge(place) is TopicVerdict.ANEW:
            self.counts.faults += 1
            self._tell(self.join.forget(at))
        self.join.check(*place)

    def _mark(self, fields: Fields, at: Nanos) -> None:
        event = mark_of(fields, self.instrument, at)
        if self._is_news(MARKS, (0, fields["seq"])):
            self._hear(event)
        else:
            self.counts.repeated += 1

    def _trade(self, fields: Fields, at: Nanos) -> None:
        event = trade_of(fields, self.instrument, at)
        place = (fields["epoch"], fields["seq"])
        if self._is_news(TRADES, place):
            self._trades_there.clear()
        newest = self._ascents[TRADES].newest
        if place < newest or fields["trade_id"] in self._trades_there:
            self.counts.repeated += 1
            return
        self._trades_there[fields["trade_id"]] = None
        if len(self._trades_there) > TRADES_AT_ONCE:
            del self._trades_there[next(iter(self._trades_there))]
        self._hear(event)

    def _engine_event(self, fields: Fields, at: Nanos) -> None:
        fact = engine_fact(fields, self.instrument, at)
        place = (fields["epoch"], fields["seq"])
        if not self._is_news(ENGINE_EVENTS, place):
            self.counts.repeated += 1
            return
        before = self._ascents[ENGINE_EVENTS].before
        if place[0] == before[0]:
            self.counts.skipped += place[1] - before[1] - 1
        if fact is None:
            self.counts.unknown += 1
        else:
            self._hear(fact)

    def _is_news(self, topic: str, place: TopicPlace) -> bool:
        """Raises InvalidDataError."""
        standing = self._ascents[topic].judge(place)
        self.counts.faults += standing is TopicVerdict.ANEW
        return standing is not TopicVerdict.OLD

    def _tell(self, facts: Iterable[Event | BookLost]) -> None:
        for fact in facts:
            self._hear(fact)
