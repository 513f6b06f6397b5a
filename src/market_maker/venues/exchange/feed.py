"""What one symbol's messages mean: facts in order, each once."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.model.events import BookLost, Event
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.topics.schema_files import DELTAS, ENGINE_EVENTS, MARKS, SNAPSHOTS, TRADES
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


JUMP_MAX = 10**9
"""Numbers are given out one by one, so that no more than so many were missed. One that is further
ahead is a fault, and all that follows it would be old news for ever. So of an epoch, which is such
a number or a time in any unit: a time that comes to more than twice the one before it is none."""


TRADES_AT_ONCE = 10_000
"""Trades of one place in the exchange's order whose names are compared; one that numbers none has
all in one place. Of those that came first a repetition is then taken for news, which moves
estimates by one trade, and no money."""


class FeedCounts(Struct):
    """Since the start. repeated: facts that were known already. skipped: numbers of engine events
    that never came; what they said is found by asking the venue. unknown: kinds of engine events
    that this program does not know."""

    repeated: int = 0
    skipped: int = 0
    unknown: int = 0


class SymbolFeed:
    """Every fact goes to the callback once."""

    def __init__(self, instrument: Instrument, hear: Hear) -> None:
        self.instrument, self._hear = instrument, hear
        self.join, self._prices = BookJoin(), WrittenPrices(instrument)
        self.counts = FeedCounts()
        self._mark_seq = -1
        self._trade_place = (-1, -1)
        # In the order in which they came: dict keeps it.
        self._trades_there: dict[str, None] = {}
        self._event_place = (-1, -1)

    def take(self, topic: str, fields: Fields, at: Nanos) -> None:
        """One message. at: when it arrived at the exchange's broker, by our clock. Raises
        InvalidDataError for what is no fact of this instrument."""
        match topic:
            case _ if topic == SNAPSHOTS:
                event = snapshot_of(fields, self._prices, at)
                _check_epoch(fields["epoch"], self.join.epoch)
                _check_jump(event.seq, self.join.newest(fields["epoch"]))
                self._tell(self.join.snapshot(fields["epoch"], event))
            case _ if topic == DELTAS:
                change = delta_of(fields, self._prices, at)
                _check_epoch(fields["epoch"], self.join.epoch)
                _check_jump(change.last_seq, self.join.newest(fields["epoch"]))
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

    def _mark(self, fields: Fields, at: Nanos) -> None:
        event = mark_of(fields, self.instrument, at)
        _check_jump(fields["seq"], self._mark_seq)
        if fields["seq"] <= self._mark_seq:
            self.counts.repeated += 1
            return
        self._mark_seq = fields["seq"]
        self._hear(event)

    def _trade(self, fields: Fields, at: Nanos) -> None:
        event = trade_of(fields, self.instrument, at)
        place = (fields["epoch"], fields["seq"])
        _check_epoch(place[0], self._trade_place[0])
        if place[0] == self._trade_place[0]:
            _check_jump(place[1], self._trade_place[1])
        if place > self._trade_place:
            self._trade_place = place
            self._trades_there.clear()
        if place < self._trade_place or fields["trade_id"] in self._trades_there:
            self.counts.repeated += 1
            return
        self._trades_there[fields["trade_id"]] = None
        if len(self._trades_there) > TRADES_AT_ONCE:
            del self._trades_there[next(iter(self._trades_there))]
        self._hear(event)

    def _engine_event(self, fields: Fields, at: Nanos) -> None:
        fact = engine_fact(fields, self.instrument, at)
        place, before = (fields["epoch"], fields["seq"]), self._event_place
        _check_epoch(place[0], before[0])
        if place <= before:
            self.counts.repeated += 1
            return
        if place[0] == before[0]:
            _check_jump(place[1], before[1])
            self.counts.skipped += place[1] - before[1] - 1
        self._event_place = place
        if fact is None:
            self.counts.unknown += 1
        else:
            self._hear(fact)

    def _tell(self, facts: Iterable[Event | BookLost]) -> None:
        for fact in facts:
            self._hear(fact)


def _check_jump(seq: int, before: int) -> None:
    """before: the greatest that was met; below 0 where there was none."""
    if before >= 0 and seq - before > JUMP_MAX:
        raise InvalidDataError("seq", f"{seq} is too far ahead of {before}")


def _check_epoch(epoch: int, before: int) -> None:
    """before: the newest that was met; below 0 where there was none."""
    if before >= 0 and epoch > max(before + JUMP_MAX, 2 * before):
        raise InvalidDataError("epoch", f"{epoch} is too far ahead of {before}")
