"""The engine against hundreds of turns of trouble, one seed at a time."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from market_maker.engine.engine import Engine
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Configured,
    Filled,
    FundingPaid,
    InstrumentStatus,
    LeadMoved,
    MarkPrice,
    Operated,
    Rejected,
    RejectReason,
    Trade,
    Unanswered,
)
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.quotes import QUOTES, UNWANTED, Reason
from tests.examples import examples
from tests.unit.engine.desk import FAIR, INSTRUMENT, MS, START, THREE, member, pool
from tests.unit.engine.ledger import Ledger
from tests.unit.engine.venue import Venue

BASE = {
    "num_levels": 2,
    "order_size_usdt": 100,
    "max_pool_position_usdt": 1_000,
    "price_threshold_bps": 2,
    "members": tuple(member(m.participant_id, m.capital_weight_pct, 400, 50) for m in THREE),
}
CONFIGS = [
    pool(**BASE),
    pool(**{**BASE, "num_levels": 5, "level_spacing_bps": 1}),
    pool(**{**BASE, "num_levels": 1, "order_size_usdt": 20}),
    pool(**{**BASE, "members": BASE["members"][:2], "max_messages_per_second": 10}),
    pool(**{**BASE, "strategy": "avellaneda_stoikov", "strategy_params": {}}),
    pool(**{**BASE, "fair_price": "microprice", "price_collar_bps": 12}),
    pool(**{**BASE, "fair_price": "weighted_mid", "min_spread_bps": 0}),
    pool(**{**BASE, "quote_interval_ms": 700, "max_pool_position_usdt": 500}),
    pool(**{**BASE, "members": (member("dan", 40, 300, 20), BASE["members"][0])}),
    pool(**{**BASE, "strategy": "hope"}),
    pool(**{**BASE, "symbol": "ETHUSDT"}),
]


class World:
    """Random market, operators and clock around one engine."""

    def __init__(self, seed: int, trouble: float, marks: float = 0.1):
        self.rng = random.Random(seed)
        self.trouble, self.marks = trouble, marks
        self.now, self.mid, self.seq = START, FAIR, 1
        self.venue = Venue(self.rng, trouble)

    def tick(self) -> list:
        """Time passes; what happens meanwhile, in the order in which it arrives."""
        rng = self.rng
        jump = rng.random() < self.trouble * 0.05
        self.now += rng.randint(1, 40_000 if jump else 300) * MS
        self.mid += rng.choice((-40, -3, -1, 0, 0, 0, 0, 1, 3, 40))
        spread = rng.randint(1, 3)
        bid, ask = self.mid - spread, self.mid + spread
        events = self.venue.advance(self.now, bid, ask)
        events += self._market(bid, ask)
        rng.shuffle(events)
        return events

    def _market(self, bid: int, ask: int) -> list:
        rng, now = self.rng, self.now
        size = rng.randint(1, 50)
        events = [BookTop(now, now, bid, size, ask, 10)] if rng.random() < 0.9 else []
        if rng.random() < self.marks:
            events.append(MarkPrice(now, now, self.mid + rng.randint(-60, 60)))
        if rng.random() < 0.1:
            events.append(Trade(now, now, self.mid, 1, Side.BUY))
        if rng.random() < 0.02:
            events.append(FundingPaid(now, now, rng.randint(-10_000, 10_000), self.mid))
        if rng.random() < self.trouble * 0.1:
            events.append(self._odd_book(bid, ask))
        if rng.random() < 0.08:
            command = rng.choice((*Command, Command.RESUME, Command.RESUME, Command.ENABLE))
            events.append(Operated(now, command, "op", "chance"))
        if rng.random() < 0.04:
            events.append(Configured(now, rng.choice(CONFIGS)))
        if rng.random() < self.trouble * 0.03:
            events.append(InstrumentStatus(now, rng.random() < 0.3))
        return events

    def _odd_book(self, bid: int, ask: int):
        now = self.now
        self.seq += 2
        levels = ((bid, 5),), ((ask, 5),)
        return self.rng.choice(
            (
                BookLost(now, "chance"),
                BookTop(now, now, ask, 1, bid, 1),
                BookTop(now, now, 0, 0, ask, 1),
                BookTop(now, now, -ask, 3, ask, 1),
                BookSnapshot(now, now, self.seq, *levels),
                BookDelta(now, now, self.seq, self.seq + 1, -1, *levels),
                BookDelta(now, now, self.seq, self.seq + 1, self.seq - 2, *levels),
            )
        )


def consistent(engine: Engine) -> None:
    """The reason of a side says what the side does."""
    seen = engine.snapshot()
    for side in (seen.bid, seen.ask):
        assert not (side.quoting and side.reason in UNWANTED), side
        assert side.quoting or side.reason not in QUOTES, side


def run(seed: int, trouble: float, turns: int) -> tuple[World, Engine, Ledger]:
    world, ledger = World(seed, trouble), Ledger()
    engine, twin = Engine(INSTRUMENT, CONFIGS[0]), Engine(INSTRUMENT, CONFIGS[0])
    for number in range(turns):
        events = world.tick()
        if number == 40:
            events.append(Operated(world.now, Command.ENABLE, "op", "start"))
        for event in events:
            ledger.hear(event)
        actions = engine.turn(world.now, events)
        ledger.judge(engine, actions)
        slots = [(p.member, p.side, p.level) for p in world.venue.coming.values()]
        slots += [(r.place.member, r.place.side, r.place.level) for r in world.venue.open.values()]
        world.venue.send(world.now, actions)
        assert len(set(slots)) == len(slots), "one order in a slot, as the venue knows it"
        assert twin.turn(world.now, events) == actions, "the same events, the same actions"
        consistent(engine)
        if number % 20 == 0:
            assert engine.snapshot() == twin.snapshot()
    return world, engine, ledger


@pytest.mark.thorough
@settings(max_examples=examples(25))
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.4, 0.9]))
@example(1, 0.4)
def test_no_trouble_makes_the_engine_break_a_rule(seed, trouble):
    run(seed, trouble, 200)


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.integers(0, 2**32), st.sampled_from([0.05, 0.2, 0.5, 1.0]))
@example(73_282, 0.2)
def test_no_trouble_makes_the_engine_break_a_rule_for_long(seed, trouble):
    run(seed, trouble, 600)


@pytest.mark.thorough
@settings(max_examples=examples(10))
@given(st.integers(0, 2**32))
def test_once_the_venue_heals_a_pause_leaves_nothing_open(seed):
    world, engine, ledger = run(seed, 0.5, 120)
    world.venue.heal()
    for number in range(60):
        world.now += 300 * MS
        bid, ask = world.mid - 1, world.mid + 1
        events = world.venue.advance(world.now, bid, ask)
        if number == 0:
            events.append(Operated(world.now, Command.PAUSE, "op", "end"))
        if number % 10 == 9:
            world.venue.heal()
        for event in events:
            ledger.hear(event)
        actions = engine.turn(world.now, events)
        ledger.judge(engine, actions)
        world.venue.send(world.now, actions)
    assert world.venue.open == {}
    assert list(engine.orders.open()) == []
    assert set(engine.reconciler.reasons) <= {Reason.PAUSED, Reason.HALTED}


IDS = st.integers(0, 12)
PRICES = st.one_of(st.integers(-5, 5), st.integers(FAIR - 60, FAIR + 60), st.just(10**15))
SIZES = st.one_of(st.integers(-3, 200), st.just(10**12))
T = st.just(START)
LIES = st.one_of(
    st.builds(Accepted, T, T, IDS),
    st.builds(Rejected, T, T, IDS, st.sampled_from(list(RejectReason))),
    st.builds(Filled, T, T, IDS, st.integers(1, 9), PRICES, SIZES, st.integers(-5, 5)),
    st.builds(Canceled, T, T, IDS),
    st.builds(CancelRejected, T, T, IDS, st.booleans()),
    st.builds(Unanswered, T, IDS),
    st.builds(MarkPrice, T, T, PRICES),
    st.builds(BookTop, T, T, PRICES, SIZES, PRICES, SIZES),
    st.builds(BookLost, T, st.just("lie")),
    st.builds(LeadMoved, T, T, PRICES),
    st.builds(InstrumentStatus, T, st.booleans()),
    st.builds(FundingPaid, T, T, st.integers(-(10**8), 10**8), PRICES),
    st.builds(Operated, T, st.sampled_from(list(Command)), st.just("op"), st.just("lie")),
    st.builds(Configured, T, st.sampled_from(CONFIGS)),
)


@pytest.mark.thorough
@settings(max_examples=examples(150))
@given(st.lists(st.tuples(st.lists(LIES, max_size=4), st.booleans()), max_size=30))
def test_no_lie_of_a_venue_raises_or_breaks_the_books(turns):
    """Fills of unknown ids, sizes beyond the order, prices from nowhere, answers twice or never:
    the slots stay exclusive, and the books stay those of the fills that were recorded."""
    engine, ledger, now = Engine(INSTRUMENT, CONFIGS[0]), Ledger(), START
    for _ in range(6):
        now += 1000 * MS
        engine.turn(now, [BookTop(now, now, FAIR - 1, 5, FAIR + 1, 5)])
    start = [Operated(now, Command.ENABLE, "op", "go")]
    for lies, honest in [(start, True), *turns]:
        now += 150 * MS
        fresh = [BookTop(now, now, FAIR - 1, 5, FAIR + 1, 5)] if honest else []
        events = [*lies, *fresh]
        for event in events:
            ledger.hear(event)
        actions = engine.turn(now, events)
        ledger.judge(engine, actions)
        engine.snapshot()
