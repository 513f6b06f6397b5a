from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.engine.engine import Engine
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.actions import Cancel, Place
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    Canceled,
    Configured,
    Operated,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, Ticks
from tests.builders import member, pool

INSTRUMENT = Instrument("X", Decimal("0.1"), Decimal("0.001"))
CONFIG = pool("X", warmup_samples=2, members=(member("ann", 100, 9_000, 100),))
INTERVAL = Nanos(100)
SECOND = NANOS_PER_SECOND


class Scripted:
    """A venue that says what a test sets, and remembers what it was asked."""

    def __init__(self):
        self.waiting, self.placed, self.cancelled, self.snapshots = [], [], [], []

    def poll(self, _now):
        events, self.waiting = self.waiting, []
        return events

    def due(self, now):
        return now if self.waiting else 10_000

    def request_snapshot(self, now):
        self.snapshots.append(now)

    def place(self, _now, order):
        self.placed.append(order)

    def cancel(self, _now, *order_ids):
        self.cancelled += order_ids

    def open_orders(self, _now, _after=-1):
        return ()


def book(now, middle=1_000_000):
    bids, asks = ((Ticks(middle - 5), Lots(10)),), ((Ticks(middle + 5), Lots(10)),)
    return BookSnapshot(Nanos(now), Nanos(now), 1, bids, asks)


def made():
    venue, journal = Scripted(), MemoryJournal()
    actor = Actor(Engine(INSTRUMENT, CONFIG), VenuePorts(venue, venue, journal), INTERVAL)
    return actor, venue, journal


def quoting():
    """An actor whose engine has just begun to quote, at second 5."""
    actor, venue, journal = made()
    for second in range(1, 5):
        venue.waiting = [book(second * SECOND, 1_000_000 + second)]
        actor.step(Nanos(second * SECOND))
    actor.tell(Operated(Nanos(5 * SECOND), Command.ENABLE, "ann", "go"))
    venue.waiting = [book(5 * SECOND)]
    actor.step(Nanos(5 * SECOND))
    return actor, venue, journal


def test_everything_that_waits_is_one_turn():
    actor, venue, journal = made()
    venue.waiting = [book(1), book(2)]
    actor.tell(BookLost(Nanos(1), "test"))
    actor.step(Nanos(10))
    assert [len(turn.events) for turn in journal.turns] == [3]


def test_a_step_is_due_when_something_waits_or_the_interval_is_over():
    actor, venue, _ = made()
    assert actor.is_due(Nanos(0)), "there was none yet"
    actor.step(Nanos(0))
    assert [now for now in (1, 99, 100) if actor.is_due(Nanos(now))] == [100]
    venue.waiting = [book(5)]
    assert actor.is_due(Nanos(5))
    actor.step(Nanos(5))
    assert not actor.is_due(Nanos(6))
    actor.tell(BookLost(Nanos(6), "test"))
    assert actor.is_due(Nanos(6))


def test_a_changed_quote_interval_is_the_timer_of_the_next_step():
    venue = Scripted()
    engine = Engine(INSTRUMENT, CONFIG)
    venue.due = lambda now: now + SECOND
    actor = Actor(engine, VenuePorts(venue, venue, MemoryJournal()))
    actor.step(Nanos(0))
    faster = structs.replace(CONFIG, version=2, quote_interval_ms=Decimal(20))
    actor.tell(Configured(Nanos(1), faster))
    actor.step(Nanos(1))
    assert not actor.is_due(Nanos(20_000_000))
    assert actor.is_due(Nanos(20_000_001))


def test_silence_is_a_turn_too_once_the_interval_is_over():
    actor, _, journal = made()
    for now in (0, 50, 99, 100, 150, 200):
        actor.step(Nanos(now))
    assert [turn.now for turn in journal.turns] == [0, 100, 200]


def test_actions_go_to_the_venue_and_into_the_journal():
    actor, venue, journal = quoting()
    assert venue.placed
    assert venue.placed == [a for a in journal.turns[-1].actions if isinstance(a, Place)]
    venue.waiting = [
        Accepted(Nanos(6 * SECOND), Nanos(6 * SECOND), order.order_id) for order in venue.placed
    ]
    actor.tell(Operated(Nanos(6 * SECOND), Command.PAUSE, "ann", "stop"))
    actor.step(Nanos(6 * SECOND))
    assert sorted(venue.cancelled) == [order.order_id for order in venue.placed]
    assert [a.order_id for a in journal.turns[-1].actions if isinstance(a, Cancel)]


def test_data_that_stop_coming_pull_the_quotes_by_timer_alone():
    actor, venue, _ = quoting()
    venue.waiting = [Accepted(Nanos(0), Nanos(0), order.order_id) for order in venue.placed]
    actor.step(Nanos(5 * SECOND + 1))
    assert venue.cancelled == []
    actor.step(Nanos(8 * SECOND))
    assert sorted(venue.cancelled) == [order.order_id for order in venue.placed]


def test_a_turn_that_fails_is_journaled_so_that_it_can_be_replayed():
    actor, venue, journal = made()
    actor.step(Nanos(1_000))
    venue.waiting = [book(900)]
    with pytest.raises(AssertionError):
        actor.step(Nanos(999))
    assert (journal.turns[-1].now, journal.turns[-1].events) == (999, (book(900),))


def test_an_unknown_book_asks_for_a_snapshot_and_again_only_after_a_while():
    actor, venue, _ = made()
    for half_seconds in range(5):
        actor.step(Nanos(half_seconds * SECOND // 2))
    assert venue.snapshots == [0, SECOND, 2 * SECOND]


def test_a_gap_asks_for_a_snapshot_at_once_and_a_good_book_does_not():
    actor, venue, _ = made()
    venue.waiting = [book(1)]
    actor.step(Nanos(1))
    assert venue.snapshots == []
    venue.waiting = [BookDelta(Nanos(2), Nanos(2), 7, 8, 6, (), ())]
    actor.step(Nanos(2))
    assert venue.snapshots == [2]


def test_the_book_can_be_read_by_level():
    actor, venue, _ = made()
    venue.waiting = [book(1)]
    actor.step(Nanos(1))
    assert actor.depth(3) == (((999_995, 10),), ((1_000_005, 10),))


def resting():
    """An actor whose orders rest at the venue."""
    actor, venue, journal = quoting()
    at = Nanos(5 * SECOND + 1)
    venue.waiting = [Accepted(at, at, order.order_id) for order in venue.placed]
    actor.step(at)
    return actor, venue, journal


def stopped(actor, now, command=Command.HALT):
    actor.tell(Operated(Nanos(now), command, "ann", "stop"))
    actor.stop(Nanos(now))


def test_cancels_that_went_out_ahead_are_the_cancels_of_the_stop_and_go_out_once():
    actor, venue, journal = resting()
    turns = len(journal.turns)
    actor.cancel_ahead(Nanos(6 * SECOND))
    actor.cancel_ahead(Nanos(6 * SECOND))
    ids = [order.order_id for order in venue.placed]
    assert (sorted(venue.cancelled), len(journal.turns)) == (sorted(ids), turns)
    stopped(actor, 6 * SECOND + 5)
    cancels = [each for each in journal.turns[-1].actions if isinstance(each, Cancel)]
    assert [each.order_id for each in cancels] == venue.cancelled


def test_a_stop_is_decided_on_what_was_known_when_its_cancels_went_out():
    """A venue in this process has answered them already: the engine has not asked for them yet."""
    actor, venue, journal = resting()
    at = Nanos(6 * SECOND)
    actor.cancel_ahead(at)
    venue.waiting = [Canceled(at, at, order_id) for order_id in venue.cancelled]
    stopped(actor, at)
    assert [type(event) for event in journal.turns[-1].events] == [Operated]
    actor.step(Nanos(6 * SECOND + 1))
    assert [type(event) for event in journal.turns[-1].events] == [Canceled] * len(venue.placed)
    assert len(venue.cancelled) == len(venue.placed)


def test_a_cancel_that_went_out_ahead_and_is_not_answered_is_sent_again():
    actor, venue, _ = resting()
    actor.cancel_ahead(Nanos(6 * SECOND))
    stopped(actor, 6 * SECOND)
    ids, at = list(venue.cancelled), Nanos(6 * SECOND + 1)
    venue.waiting = [Unanswered(at, order_id) for order_id in ids]
    actor.step(at)
    assert venue.cancelled == ids
    actor.step(Nanos(7 * SECOND + 1))
    assert venue.cancelled == ids * 2


def test_an_order_whose_acknowledgement_waits_is_cancelled_by_the_turn_that_takes_it():
    actor, venue, _ = quoting()
    actor.cancel_ahead(Nanos(6 * SECOND))
    assert venue.cancelled == []
    at = Nanos(6 * SECOND)
    venue.waiting = [Accepted(at, at, order.order_id) for order in venue.placed]
    stopped(actor, at)
    actor.step(at)
    assert sorted(venue.cancelled) == [order.order_id for order in venue.placed]


@pytest.mark.parametrize("command", [Command.HALT, Command.PAUSE])
def test_what_goes_out_ahead_is_what_the_turn_asks_for_whatever_became_of_the_orders(command):
    """Also in a pool that is stopped already, and asked again a second later."""
    actor, venue, journal = quoting()
    first, second, *others = [order.order_id for order in venue.placed]
    at = Nanos(5 * SECOND + 1)
    venue.waiting = [Accepted(at, at, first), Unanswered(at, second)]
    actor.step(at)
    for seconds in (6, 6.5, 7.5):
        now, before = int(seconds * SECOND), len(venue.cancelled)
        actor.cancel_ahead(Nanos(now))
        ahead = venue.cancelled[before:]
        stopped(actor, now, command)
        asked = [each for each in journal.turns[-1].actions if isinstance(each, Cancel)]
        assert [each.order_id for each in asked] == ahead == venue.cancelled[before:]
        assert not set(ahead) & set(others), "not acknowledged yet"
    assert venue.cancelled == [first, second, second]


def test_a_journal_with_a_stop_in_it_replays():
    actor, _, journal = resting()
    actor.cancel_ahead(Nanos(6 * SECOND))
    stopped(actor, 6 * SECOND)
    actor.step(Nanos(8 * SECOND))
    engine = Engine(INSTRUMENT, CONFIG)
    for turn in journal.turns:
        assert tuple(engine.turn(turn.now, turn.events)) == turn.actions
