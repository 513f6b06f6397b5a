"""One seeded world: a market, a venue, an engine, trouble, people, and oracles that watch."""

import hashlib
from decimal import Decimal
from random import Random

import msgspec

from market_maker.clocks import SimClock
from market_maker.engine.engine import Engine
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.model.actions import Turn
from market_maker.model.events import Operated
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.instrument_limits import NO_LIMITS
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.sandbox.faults import NO_FAULTS
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.sandbox import SandboxVenue
from tests import builders
from tests.simulation.nemesis import People, TroubledFeed, distance, swarm, weather
from tests.simulation.oracles import BrokenRuleError, Oracles

START = Nanos(1_790_000_000 * NANOS_PER_SECOND)
INSTRUMENT = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))
FEES = FeeSchedule(maker_bps=Decimal("-0.5"), taker_bps=Decimal(5))
TURNS = 2_000
QUIET_MAX = Nanos(40 * NANOS_PER_SECOND)
"""How long a healed world may take until nothing is left open."""

CONFIG = PoolConfig(
    symbol=INSTRUMENT.symbol,
    gamma=Decimal("0.03"),
    kappa=Decimal(40),
    num_levels=3,
    level_spacing_bps=Decimal(1),
    min_spread_bps=Decimal(1),
    order_size_usdt=Decimal(3_000),
    max_pool_position_usdt=Decimal(20_000),
    price_threshold_bps=Decimal("0.2"),
    staleness_threshold_ms=Decimal(1_000),
    market_data_halt_seconds=Decimal(5),
    warmup_samples=3,
    members=tuple(
        builders.member(name, weight, limit)
        for name, weight, limit in (("acme", 50, 9_000), ("beta", 30, 6_000), ("gamma", 20, 4_000))
    ),
)

ESTIMATING = msgspec.structs.replace(
    CONFIG,
    use_kappa="estimated",
    use_funding=True,
    use_impact=True,
    use_toxicity=True,
    use_inventory_gamma=True,
    use_cascade=True,
    fair_price="regression",
    estimators="all",
    warmup_trades=5,
    warmup_volume_ticks=0,
)
"""Every term that brings an estimate into a quote."""


class Watcher:
    """A journal that keeps every turn and shows it to the oracles before anything is sent."""

    def __init__(self, engine, oracles):
        self._engine, self._oracles = engine, oracles
        self.turns = []

    def append(self, turn: Turn):
        self.turns.append(turn)
        self._oracles.watch(turn, self._engine.snapshot())


class World:
    """Runs one seed. engine_class: the engine, or a broken one to prove that the oracles see.
    limits: what the exchange takes of orders; known: whether the engine knows that."""

    def __init__(self, seed, engine_class=Engine, config=CONFIG, *, limits=NO_LIMITS, known=True):
        self.seed, self._engine_class, self._config = seed, engine_class, config
        limited = msgspec.structs.replace(INSTRUMENT, limits=limits)
        self._instrument = limited if known else INSTRUMENT
        # A stream of chance for each concern, so that one more draw in one moves no other.
        self._pace = Random(f"{seed}/pace")
        self.meddling = self._pace.choice((0.0, 0.01))
        self.clock = SimClock(START)
        self.faults = swarm(Random(f"{seed}/faults"))
        self.market = SandboxMarket(
            limited,
            FEES,
            seed=seed,
            start=START,
            latency=distance(Random(f"{seed}/distance")),
            parameters=weather(Random(f"{seed}/weather")),
            faults=self.faults,
        )
        members = [member.participant_id for member in config.members]
        self.venue = SandboxVenue(self.market, members, START)
        self.feed = TroubledFeed(self.venue, Random(f"{seed}/feed"), Random(f"{seed}/echo"))
        self.people = People(config, Random(f"{seed}/people"))
        self.engine = engine_class(self._instrument, config)
        self.oracles = Oracles(self._instrument, config)
        self.journal = Watcher(self.engine, self.oracles)
        self.actor = Actor(
            self.engine, VenuePorts(self.feed, self.venue, self.journal), Nanos(50 * NANOS_PER_MS)
        )

    def run(self, turns=TURNS):
        """Trouble for so many turns, then peace until all is quiet, then the audit."""
        while len(self.journal.turns) < turns:
            self._tell_people()
            self._meddle()
            self.step()
        self.heal()
        self.rest()
        self.audit()
        self.replay()
        return self

    def heal(self):
        """All trouble ends, and the pool is paused."""
        self.market.faults = NO_FAULTS
        self.market.set_halted(False)
        self.feed.calm = True
        now = self.clock.now()
        self.actor.tell(Operated(now, Command.PAUSE, "simulation", "the end"))

    def rest(self):
        """Until the venue says that nothing is open, and the last late report has come in."""
        deadline = self.clock.now() + QUIET_MAX
        self.step()
        while self.venue.open_orders(self.clock.now()) or self.engine.snapshot().orders:
            if self.clock.now() > deadline:
                left = self.engine.snapshot().orders
                raise BrokenRuleError("CANCEL_ALL_BOUNDED", ("still open after healing", left))
            self.step()
        settled = self.clock.now() + 10 * NANOS_PER_SECOND
        while self.clock.now() < settled:
            self.step()

    def audit(self):
        """Compare with the exchange's own books."""
        names = [member.participant_id for member in self._config.members]
        self.oracles.at_rest(
            {name: self.market.position(name) for name in names},
            {name: self.market.fees(name) for name in names},
            self.venue.open_orders(self.clock.now()),
        )

    def replay(self):
        """The journaled turns give the same actions to a new engine, bit for bit."""
        engine = self._engine_class(self._instrument, self._config)
        for number, turn in enumerate(self.journal.turns):
            actions = tuple(engine.turn(turn.now, turn.events))
            self.oracles.expect("REPLAY_DETERMINISTIC", actions == turn.actions, number)
        same = engine.snapshot() == self.engine.snapshot()
        self.oracles.expect("REPLAY_DETERMINISTIC", same, "the state at the end")

    def state_hash(self):
        """32 hex digits over every turn's actions, the engine's end and the exchange's."""
        digest = hashlib.blake2b(digest_size=16)
        for turn in self.journal.turns:
            digest.update(msgspec.msgpack.encode(turn))
        digest.update(msgspec.msgpack.encode(self.engine.snapshot()))
        digest.update(self.market.state_hash().encode())
        return digest.hexdigest()

    def _tell_people(self):
        snapshot = self.engine.snapshot()
        for event in self.people.act(self.clock.now(), snapshot.state, self.feed.mid):
            self.actor.tell(event)

    def _meddle(self):
        """Now and then the exchange takes an order of ours off by itself."""
        if self._pace.random() >= self.meddling:
            return
        orders = self.venue.open_orders(self.clock.now())
        if orders:
            order = self._pace.choice(orders)
            self.market.cancel(self.clock.now(), order.member, order.order_id)

    def step(self):
        """A moment later."""
        self.clock.sleep(Nanos(self._pace.randint(5, 40) * NANOS_PER_MS))
        self.actor.step(self.clock.now())
