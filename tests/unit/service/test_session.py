"""A whole session on simulated time: the demo's service, without the demo's screen."""

import pytest

from market_maker.bootstrap import WARM_UP_STEP, demo, demo_config
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.service.summary import Ending, summarise

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)


class Played:
    """The demo's service and its time."""

    def __init__(self, seed=1):
        self.service = demo(demo_config(), seed, NOON)
        self.session, self.now = self.service.session, self.service.start

    def play(self, seconds):
        until = self.now + round(seconds * NANOS_PER_SECOND)
        while self.now < until:
            self.now = Nanos(min(self.now + WARM_UP_STEP, until))
            self.session.step(self.now)
        return self

    def command(self, command):
        self.session.command(self.now, command, "ann", "test")
        return self


@pytest.fixture
def quoting():
    played = Played()
    played.play(played.service.warm_up / NANOS_PER_SECOND)
    return played.command(Command.ENABLE).play(10)


def break_engine(played, error):
    def turn(_now, _events):
        raise error

    played.session._actor._engine.turn = turn


def test_it_starts_paused_and_places_nothing_unasked():
    played = Played().play(40)
    assert played.session.latest.state is PoolState.PAUSED
    assert played.session.latest.counters.placed == 0


def test_the_warm_up_is_over_when_the_clock_begins():
    played = Played()
    played.play(played.service.warm_up / NANOS_PER_SECOND)
    seen, wanted = played.session.latest.samples
    assert seen >= wanted
    assert played.now == NOON


def test_three_levels_of_three_members_quote_on_both_sides(quoting):
    orders = quoting.session.latest.orders
    slots = {(order.member, order.side, order.level) for order in orders}
    assert len(slots) == len(orders)
    assert {order.level for order in orders} == {0, 1, 2}
    assert {order.member for order in orders} == {"acme", "beta", "gamma"}
    assert {order.side for order in orders} == {Side.BUY, Side.SELL}


def test_a_pause_ends_with_the_venues_word_that_nothing_is_open(quoting):
    assert not quoting.session.proved_gone(quoting.now)
    quoting.command(Command.PAUSE).play(1)
    assert quoting.session.proved_gone(quoting.now)
    assert quoting.session.left_open(quoting.now) == ()


def test_a_venue_that_does_not_answer_proves_nothing(quoting):
    def refuse(_now):
        raise VenueUnavailableError("no answer")

    quoting.command(Command.PAUSE).play(1)
    quoting.service.venue.open_orders = refuse
    assert quoting.session.left_open(quoting.now) is None
    assert not quoting.session.proved_gone(quoting.now)


def test_fills_add_up_to_positions_and_members_to_the_pool(quoting):
    quoting.play(60).command(Command.PAUSE).play(1)
    session, service = quoting.session, quoting.service
    positions = {member: service.venue.position(member) for member in service.members}
    ending = Ending(1, Nanos(70 * NANOS_PER_SECOND), positions, 0, None)
    summary = summarise(service.instrument, session.latest, session.tally, ending)
    assert summary.fills == session.latest.counters.fills > 0
    assert summary.checks.all_hold
    assert summary.clean
    assert sum(member.pnl.net for member in summary.members) == summary.pnl.net
    assert summary.pnl.net == service.instrument.money(session.latest.net)
    assert 0.5 < summary.quoting_uptime <= 1
    assert abs(sum(summary.reasons["bid"].values()) - 1) < 1e-4


def test_a_disagreement_with_the_venue_is_not_a_clean_end(quoting):
    session, service = quoting.session, quoting.service
    positions = dict.fromkeys(service.members, 12_345)
    ending = Ending(1, Nanos(1), positions, 0, None)
    summary = summarise(service.instrument, session.latest, session.tally, ending)
    assert not summary.checks.venue_has_our_positions
    assert not summary.clean


def test_a_broken_engine_stays_down_with_its_reason_and_its_orders_go(quoting):
    assert quoting.session.left_open(quoting.now)
    break_engine(quoting, AssertionError("a bug\nand where"))
    quoting.play(2)
    assert quoting.session.failure == "AssertionError: a bug"
    assert "test_session.py" in quoting.session.trace
    assert quoting.session.left_open(quoting.now) == ()
    turns = quoting.session.latest.counters.turns
    quoting.command(Command.RESUME).play(1)
    assert quoting.session.latest.counters.turns == turns
    assert quoting.session.proved_gone(quoting.now)


def test_cancels_of_a_broken_engine_are_repeated_until_they_have_worked(quoting):
    venue, left = quoting.service.venue, [3]
    cancel = venue.cancel

    def deaf(now, order_id):
        if left[0] > 0:
            left[0] -= 1
        else:
            cancel(now, order_id)

    venue.cancel = deaf
    break_engine(quoting, RuntimeError("boom"))
    quoting.play(2)
    assert left == [0]
    assert quoting.session.left_open(quoting.now) == ()


def test_a_broken_engine_waits_for_a_venue_that_does_not_answer(quoting):
    venue = quoting.service.venue
    honest = venue.open_orders

    def refuse(_now):
        raise VenueUnavailableError("no answer")

    venue.open_orders = refuse
    break_engine(quoting, RuntimeError("boom"))
    quoting.play(2)
    venue.open_orders = honest
    assert quoting.session.left_open(quoting.now)
    quoting.play(1)
    assert quoting.session.left_open(quoting.now) == ()


def test_an_interrupt_is_not_taken_for_a_bug(quoting):
    break_engine(quoting, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        quoting.play(1)
