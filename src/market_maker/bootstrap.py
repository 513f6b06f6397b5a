"""Where everything is put together: the only module that knows every class."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.execution.actor import VenuePorts
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.operations.feasibility import check_size
from market_maker.sandbox.faults import NO_FAULTS, Faults
from market_maker.sandbox.market import DEFAULT_TRADERS, SandboxMarket
from market_maker.service.session import Session
from market_maker.venues.sandbox import SandboxVenue

DEMO_SYMBOL = "BTCUSDT-PERP"
DEMO_INSTRUMENT = Instrument(DEMO_SYMBOL, Decimal("0.1"), Decimal("0.001"), Decimal(5))
DEMO_FEES = FeeSchedule(maker_bps=Decimal("-0.5"), taker_bps=Decimal(5))
"""Makers are paid half a basis point, takers pay five."""

DEMO_WEIGHTS = {"acme": Decimal(50), "beta": Decimal(30), "gamma": Decimal(20)}

WARM_UP_MAX_S = 300
"""Longer warm-ups than this are not run ahead of time."""
WARM_UP_STEP = Nanos(20 * NANOS_PER_MS)
TIMER_MAX = Nanos(100 * NANOS_PER_MS)
"""An engine is woken at least this often, however long its quote interval."""


class Demo(Struct, frozen=True):
    """An embedded service: a market, a venue on it, one pool. seed: of the market. start: of
    the market's own time; the first `warm_up` of it is meant to be run ahead, without waiting."""

    seed: int
    instrument: Instrument
    config: PoolConfig
    market: SandboxMarket
    venue: SandboxVenue
    journal: MemoryJournal
    session: Session
    start: Nanos
    warm_up: Nanos

    @property
    def members(self) -> tuple[ParticipantId, ...]:
        """Who is in the pool."""
        return tuple(member.participant_id for member in self.config.members)


def demo_config() -> PoolConfig:
    """Three levels a side, tight enough for the sandbox's traders to come; no members yet."""
    return PoolConfig(
        symbol=DEMO_SYMBOL,
        num_levels=3,
        level_spacing_bps=Decimal(1),
        gamma=Decimal("0.05"),
        kappa=Decimal(60),
        min_spread_bps=Decimal(1),
        max_spread_bps=Decimal(30),
        order_size_usdt=Decimal(4_000),
        max_pool_position_usdt=Decimal(60_000),
        max_pool_loss_usdt=Decimal(2_000),
        price_threshold_bps=Decimal("0.5"),
        quote_interval_ms=Decimal(100),
        vol_lookback_seconds=60,
    )


def with_demo_members(config: PoolConfig) -> PoolConfig:
    """`config` with the demo's three members where it has none: they share every order, and
    the pool's limits, 50/30/20."""
    if config.members:
        return config
    members = tuple(
        Member(
            ParticipantId(name),
            weight,
            config.max_pool_position_usdt * weight / 100,
            config.max_pool_loss_usdt,
        )
        for name, weight in DEMO_WEIGHTS.items()
    )
    return msgspec.structs.replace(config, members=members)


def demo(config: PoolConfig, seed: int, now: Nanos, faults: Faults = NO_FAULTS) -> Demo:
    """The demo's service, whose warm-up ends at `now`; a pool without members gets the demo's
    three. Raises InvalidFieldError for a
    configuration that does not fit."""
    config = with_demo_members(config)
    warm_up = Nanos(min(config.warmup_samples + 5, WARM_UP_MAX_S) * NANOS_PER_SECOND)
    start = Nanos(now - warm_up)
    check_size(DEMO_INSTRUMENT, config, Decimal(str(DEFAULT_TRADERS.start_price)))
    engine = Engine(DEMO_INSTRUMENT, config)
    market = SandboxMarket(DEMO_INSTRUMENT, DEMO_FEES, seed=seed, start=start, faults=faults)
    venue = SandboxVenue(market, [member.participant_id for member in config.members], start)
    journal = MemoryJournal()
    session = Session(engine, VenuePorts(venue, venue, journal), timer_of(config))
    return Demo(
        seed=seed,
        instrument=DEMO_INSTRUMENT,
        config=config,
        market=market,
        venue=venue,
        journal=journal,
        session=session,
        start=start,
        warm_up=warm_up,
    )


def timer_of(config: PoolConfig) -> Nanos:
    """How often an engine is woken when nothing happens."""
    return Nanos(min(int(config.quote_interval_ms * NANOS_PER_MS), TIMER_MAX))
