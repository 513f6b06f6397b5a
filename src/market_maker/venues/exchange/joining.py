"""Snapshots and deltas of one symbol, which come by two topics in any order relative to each other,
as one book's facts: by the epoch of the matching engine and the sequence within it."""

from typing import TypeAlias

from msgspec import Struct, structs

from market_maker.model.events import NO_SEQ, BookDelta, BookLost, BookSnapshot
from market_maker.model.units import Nanos
from market_maker.venues.exchange.ascent import refuse_jump

HELD_MAX = 1_000
"""Deltas kept while there is no book, for a snapshot that they have overtaken."""

BookFact: TypeAlias = BookSnapshot | BookDelta | BookLost


class JoinCounts(Struct):
    """Since the start. old: messages that said nothing new, or were of an earlier epoch. gaps:
    breaks of the sequence. epochs: changes of the epoch."""

    old: int = 0
    gaps: int = 0
    epochs: int = 0


class BookJoin:
    """Judges which facts go on to an engine. A repetition, however far back, brings nothing; a book
    that is known to be behind is never given out as one."""

    def __init__(self) -> None:
        self._epoch = NO_SEQ
        self._seq: int | None = None
        self._reached = NO_SEQ
        self._held: dict[int, BookDelta] = {}
        self.counts = JoinCounts()

    @property
    def is_whole(self) -> bool:
        """Whether there is a book, and nothing of it is known to be missing."""
        return self._seq is not None

    def check(self, epoch: int, seq: int) -> None:
        """Raises InvalidDataError for what is too far ahead of all that was met."""
        refuse_jump((self._epoch, self._newest_of(epoch)), (epoch, seq))

    def _newest_of(self, epoch: int) -> int:
        """The greatest number of an epoch that was met; NO_SEQ where it is none of this one."""
        if epoch != self._epoch:
            return NO_SEQ
        return self._reached if self._seq is None else max(self._seq, self._reached)

    def forget(self, now: Nanos) -> list[BookFact]:
        """What was known of numbers rests on a message that was a fault."""
        facts = self.lost(now, f"a message was wrong in its number (epoch {self._epoch})")
        self._epoch = self._reached = NO_SEQ
        self._held.clear()
        return facts

    def snapshot(self, epoch: int, event: BookSnapshot) -> list[BookFact]:
        """What an engine is to get of a whole book."""
        if epoch < self._epoch or (epoch == self._epoch and self._says_nothing(event)):
            self.counts.old += 1
            return []
        facts = self._entered(epoch, event.ts_recv)
        seq, following = self._followed(event.seq, event.ts_recv)
        if seq < self._reached:
            # What lies between is neither in it nor at hand.
            self.counts.old += 1
            return facts
        self._seq = self._reached = seq
        self._held.clear()
        return [*facts, event, *following]

    def delta(self, epoch: int, event: BookDelta) -> list[BookFact]:
        """What an engine is to get of a change."""
        if epoch < self._epoch:
            self.counts.old += 1
            return []
        facts = self._entered(epoch, event.ts_recv)
        if self._seq is None:
            self._hold(event)
            return facts
        if event.last_seq <= self._seq:
            self.counts.old += 1
            return facts
        if event.prev_seq > self._seq:
            self.counts.gaps += 1
            words = f"sequence gap: have {self._seq}, next update follows {event.prev_seq}"
            facts += self.lost(event.ts_recv, words)
            self._hold(event)
            return facts
        facts.append(_after(self._seq, event))
        self._seq = self._reached = event.last_seq
        return facts

    def lost(self, now: Nanos, reason: str) -> list[BookFact]:
        """Something is missing: there is no book until a snapshot. Says nothing where that is known
        already, so that a snapshot may be asked for again and again."""
        if self._seq is None:
            return []
        self._seq = None
        return [BookLost(now, reason)]

    def _entered(self, epoch: int, now: Nanos) -> list[BookFact]:
        """A greater epoch makes everything void."""
        if epoch == self._epoch:
            return []
        first, before = self._epoch == NO_SEQ, self._epoch
        self._epoch, self._reached = epoch, NO_SEQ
        self._held.clear()
        if first:
            return []
        self.counts.epochs += 1
        return self.lost(now, f"the matching engine started anew: epoch {epoch} after {before}")

    def _says_nothing(self, event: BookSnapshot) -> bool:
        return self._seq is not None and event.seq <= self._seq

    def _hold(self, event: BookDelta) -> None:
        self._reached = max(self._reached, event.last_seq)
        self._held[event.last_seq] = event
        if len(self._held) > HELD_MAX:
            del self._held[min(self._held)]

    def _followed(self, seq: int, now: Nanos) -> tuple[int, list[BookFact]]:
        """How far the held deltas lead on from `seq`, and those that do: received when they can be
        used."""
        following: list[BookFact] = []
        for last_seq in sorted(self._held):
            event = self._held[last_seq]
            if last_seq <= seq:
                continue
            if event.prev_seq > seq:
                break
            event = structs.replace(event, ts_recv=max(now, event.ts_recv))
            following.append(_after(seq, event))
            seq = last_seq
        return seq, following


def _after(seq: int, event: BookDelta) -> BookDelta:
    """Sizes are totals, so that a delta which repeats a part of the book may follow it."""
    return event if event.prev_seq == seq else structs.replace(event, prev_seq=seq)
