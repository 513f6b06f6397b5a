"""A pool that quotes on the sandbox exchange, stepped by hand: no service, no store."""

from decimal import Decimal

from market_maker.engine.engine import Engine
from market_maker.execution.actor import VenuePorts
from market_maker.execution.order_gate import OrderGate
from market_maker.execution.pool_runner import PoolRunner
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.events import Operated
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Order
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Journal
from market_maker.sandbox.listings import listing
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.sandbox import SandboxVenue
from tests import builders

SYMBOL = "BTCUSDT-PERP"
GRID: Instrument = listing(SYMBOL).instrument
START = Nanos(1_790_000_000 * NANOS_PER_SECOND)
WARM_UP_S = 25
STEP = Nanos(20 * NANOS_PER_MS)
WEIGHTS = {"acme": 50, "beta": 30, "gamma": 20}

POOL = PoolConfig(
    symbol=SYMBOL,
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
    members=tuple(builders.member(name, weight, 30_000, 1_000) for name, weight in WEIGHTS.items()),
)


class QuotingPool:
    """An engine on a market of its own, which has seen WARM_UP of it."""

    def __init__(self, engine: Engine, journal: Journal, seed: int) -> None:
        accounts = [member.participant_id for member in POOL.members]
        market = SandboxMarket(GRID, listing(SYMBOL).fees, seed=seed, start=START)
        self.engine, self.now = engine, START
        self.venue = SandboxVenue(market, accounts, START)
        ports = VenuePorts(self.venue, self.venue, journal)
        self.noted: list[RecordRequest] = []
        self.runner = PoolRunner(engine, ports, OrderGate(), self.noted.append, shadow=False)
        self.play(WARM_UP_S)

    def play(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + round(seconds * NANOS_PER_SECOND)
        while self.now < end:
            self.now = Nanos(self.now + STEP)
            self.runner.step(self.now)

    def command(self, command: Command) -> None:
        """Part of the next turn."""
        self.runner.tell([Operated(self.now, command, "ann", "test")])

    def open_orders(self) -> tuple[Order, ...]:
        """What the venue says."""
        return self.venue.open_orders(self.now)
