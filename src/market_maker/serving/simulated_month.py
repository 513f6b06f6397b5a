"""A month on simulated time: the service's own engines, exchange, recorder, ledger and sampling on
a clock that runs as fast as the machine does.

Nothing waits for wall time, and nothing goes on before all that happened at a moment is stored. So
equal plans have equal fills and equal money, and what is left behind is a database on
which `market_maker serve` starts.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from random import Random

import msgspec
from msgspec import Struct

from market_maker.accounting.marking import Marking
from market_maker.clocks import SimClock
from market_maker.execution.actor import VenuePorts
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import Connection, ConnectRequest, EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.journal import MemoryJournal
from market_maker.journaling.recorder import Recorder
from market_maker.model.calendar import NANOS_PER_DAY, Month
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.model.participant import Participant, ParticipantStatus, RevenueModel, Tier
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.operations.controls import Controls
from market_maker.operations.memberships import Memberships
from market_maker.operations.pools import PoolDirectory
from market_maker.performance.presence import PresenceBook
from market_maker.performance.rollup import RollUp
from market_maker.performance.sampling import Sampler
from market_maker.ports import Store
from market_maker.sandbox.funding import funding_plan
from market_maker.sandbox.listings import listing
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.instruments import SandboxInstruments
from market_maker.venues.sandbox import SandboxVenue
from market_maker.venues.tracking import SentOrders

STEP = Nanos(10 * NANOS_PER_SECOND)
"""How far the clock moves at a time, and how often engines quote."""
PUBLISHED = Nanos(NANOS_PER_SECOND)
"""How often the market publishes its book."""
PAST = Nanos(30 * NANOS_PER_SECOND)
"""How old the market is when engines come to it."""
ENDING_STEPS = 40
"""The last step is taken in so many: pools are paused, and the venue has to say that nothing is
left open."""
AFTERWARDS = Nanos(300 * NANOS_PER_SECOND)
"""Of the next month, in which the last day is rolled up and the last mark is taken."""
SAMPLED = Nanos(60 * NANOS_PER_SECOND)
MARKED = Nanos(300 * NANOS_PER_SECOND)
"""How often presence is sampled, and how often mids after fills are stored."""
STORED_WITHIN_S = 60.0
STEPS_PER_DAY = NANOS_PER_DAY // STEP
STEPS_PER_HOUR = STEPS_PER_DAY // 24

OPERATOR = Caller("simulation", (Role.OPERATOR, Role.RISK), "")


class MonthPlan(Struct, frozen=True, kw_only=True):
    """Which month, how many of its days from the first one on, what is traded, and the seed of the
    markets."""

    month: Month
    days: int
    symbols: tuple[str, ...]
    seed: int

    @property
    def steps(self) -> int:
        """Of the clock."""
        return self.days * STEPS_PER_DAY


class Player(Struct, frozen=True, kw_only=True):
    """A participant of the simulated month. weight_pct: in every pool. joins_pct, leaves_pct: when,
    of the time that is simulated."""

    participant_id: ParticipantId
    display_name: str
    revenue_model: RevenueModel
    share_pct: int
    tier: Tier
    weight_pct: int
    joins_pct: int = 0
    leaves_pct: int = 100


PLAYERS = (
    Player(
        participant_id=ParticipantId("acme"),
        display_name="Acme Trading Desk",
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        share_pct=20,
        tier=Tier.TIER_1,
        weight_pct=50,
    ),
    Player(
        participant_id=ParticipantId("beta"),
        display_name="Beta Capital",
        revenue_model=RevenueModel.KEEP_ALL,
        share_pct=0,
        tier=Tier.TIER_2,
        weight_pct=30,
        leaves_pct=70,
    ),
    Player(
        participant_id=ParticipantId("gamma"),
        display_name="Gamma Fund",
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        share_pct=30,
        tier=Tier.TIER_3,
        weight_pct=20,
        joins_pct=30,
    ),
)
"""One is there from the first day to the last, one leaves, one joins."""

QUIET = {
    "depth_accounts": 2,
    "depth_orders": 6,
    "depth_wakes_per_s": 0.2,
    "noise_orders_per_s": 0.02,
    "noise_quotes_per_s": 0.02,
    "informed_wakes_per_s": 0.05,
    "momentum_wakes_per_s": 0.01,
}
"""Of TraderParameters: traders who do in a day what the usual ones do in an hour, so that a month
takes minutes."""


class SimulatedResult(Struct, frozen=True):
    """What one participant came to in one symbol, as its engine knows it. Quote currency; position
    in base currency; fees > 0 are costs."""

    symbol: str
    participant_id: ParticipantId
    realised: Decimal
    fees: Decimal
    funding: Decimal
    position: Decimal


class Simulated(Struct, frozen=True):
    """How it ended. fills: all of them. halts: pools that a guard stopped on the way, and why."""

    fills: int
    standings: tuple[SimulatedResult, ...]
    halts: tuple[str, ...]


class _Unobserved:
    """engine_host.Observer of a run that measures nothing."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """No measure."""

    def lagged(self, lag_ns: int) -> None:
        """No measure."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """No alarm: the next step raises."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """No alarm: the end of the run raises."""


class SimulatedMonth:
    """The service's parts, on a clock of their own. store: of an empty database."""

    def __init__(self, store: Store, plan: MonthPlan) -> None:
        self._store, self._plan = store, plan
        self._clock = clock = SimClock(plan.month.start)
        trail = AuditTrail(store, clock)
        self._alarms = Alarms()
        self._intent_log = IntentLog(store, self._alarms)
        self._recorder = Recorder(store, trail, clock)
        self._engine_host = EngineHost(
            clock, self._recorder, self._connect, _Unobserved(), self._alarms, shadow=False
        )
        pools = RunningPools(store, self._engine_host, SandboxInstruments())
        self._pools = PoolDirectory(store, trail, clock, pools)
        self._members = Memberships(store, trail, clock, pools)
        self._controls = Controls(
            store, trail, clock, pools, self._recorder, require_halt_review=False
        )
        dice = Random(plan.seed)  # noqa: S311  a plan repeats itself
        self._sampler = Sampler(clock, self._engine_host, PresenceBook(store), dice, SAMPLED)
        self._marking = Marking(store, clock, self._engine_host)
        self._roll_up = RollUp(store, clock)

    async def run(self, told: Callable[[int], None]) -> Simulated:
        """Run it. `told` is called now and then with how many steps of the plan are done. Raises
        InvalidDataError for an engine that broke and for what could not be stored as it is,
        StoreUnavailableError."""
        async with asyncio.TaskGroup() as tasks:
            writers = [
                tasks.create_task(work) for work in (self._recorder.run(), self._intent_log.run())
            ]
            await self._open()
            for number in range(1, self._plan.steps):
                await self._step(STEP)
                await self._come_and_go(number)
                if number % STEPS_PER_HOUR == 0:
                    told(number)
            await self._close()
            for writer in writers:
                writer.cancel()
        told(self._plan.steps)
        return self._outcome()

    async def _open(self) -> None:
        now = self._clock.now()
        async with self._store.transaction() as unit:
            for player in PLAYERS:
                await unit.participants.add(_participant(player, now))
        for symbol in self._plan.symbols:
            await self._pools.put(OPERATOR, _pool(symbol))
        await self._come_and_go(0)
        for symbol in self._plan.symbols:
            await self._controls.enable(OPERATOR, symbol)

    async def _come_and_go(self, number: int) -> None:
        for player in PLAYERS:
            joins, leaves = self._due(player.joins_pct), self._due(player.leaves_pct)
            if number not in (joins, leaves):
                continue
            for symbol in self._plan.symbols:
                if number == leaves:
                    await self._members.remove(OPERATOR, symbol, player.participant_id)
                else:
                    await self._members.add(OPERATOR, symbol, _member(player))

    def _due(self, pct: int) -> int:
        return self._plan.steps * pct // 100

    async def _step(self, span: Nanos) -> None:
        self._clock.advance_to(Nanos(self._clock.now() + span))
        for runner in self._engine_host.runners():
            runner.step(self._clock.now())
            if runner.failure is not None:
                raise InvalidDataError(runner.instrument.symbol, f"broke: {runner.trace}")
        await self._stored()
        await self._sampler.step()
        await self._roll_up.step()
        if self._clock.now() % MARKED:
            self._marking.sample()
        else:
            await self._marking.step()

    async def _stored(self) -> None:
        """The clock stands still while the database is at work, as if that took no time."""
        for writer, waits in (
            (self._intent_log, self._intent_log.waiting),
            (self._recorder, self._recorder.backlog),
        ):
            if waits and not await writer.flushed(STORED_WITHIN_S):
                raise StoreUnavailableError(writer.away or "the database does not answer")
        for alarm in self._alarms.drain():
            # A simulated month does not go on without its records.
            raise InvalidDataError(alarm.symbol, alarm.reason)

    async def _close(self) -> None:
        self._engine_host.pause_all("the simulated month is over")
        for _ in range(ENDING_STEPS):
            await self._step(Nanos(STEP // ENDING_STEPS))
        await self._step(AFTERWARDS)
        for quarantined in self._recorder.quarantine:
            raise InvalidDataError(quarantined.note.of.symbol, quarantined.problem)
        open_orders = [s.instrument.symbol for s in self._engine_host.runners() if s.unconfirmed]
        if open_orders:
            raise InvalidDataError(", ".join(open_orders), "the venue still has open orders")

    async def _connect(self, opening: ConnectRequest) -> Connection:
        instrument = opening.start.instrument
        found = listing(instrument.symbol)
        begins = Nanos(opening.now - PAST)
        market = SandboxMarket(
            instrument,
            found.fees,
            seed=self._plan.seed,
            start=begins,
            parameters=msgspec.structs.replace(found.parameters, **QUIET),
            delta_interval=PUBLISHED,
            funding=funding_plan(instrument.symbol, self._plan.seed),
        )
        accounts = [account.account_id for account in opening.start.accounts]
        sent, log = SentOrders(), self._intent_log
        venue = SandboxVenue(market, accounts, begins, sent)
        gateway = OrderGateway(
            venue, sent, instrument, log, order_gate=opening.order_gate, clock=self._clock
        )
        return Connection(VenuePorts(gateway, gateway, MemoryJournal(1)), begins)

    def _outcome(self) -> Simulated:
        standings, fills = [], 0
        for runner in self._engine_host.runners():
            grid, picture = runner.instrument, runner.snapshot()
            fills += picture.counters.fills
            standings += [
                SimulatedResult(
                    grid.symbol,
                    member.participant_id,
                    grid.money(member.realised),
                    grid.money(member.fees),
                    grid.money(member.funding),
                    grid.quantity(member.position),
                )
                for member in picture.members
            ]
        halts = tuple(
            f"{runner.instrument.symbol}: {runner.halt.reason}"
            for runner in self._engine_host.runners()
            if runner.halt is not None
        )
        return Simulated(fills, tuple(standings), halts)


def _pool(symbol: str) -> PoolConfig:
    """Wide limits: a month without a halt, and quotes that earn their spread."""
    return PoolConfig(
        symbol=symbol,
        enabled=True,
        strategy="symmetric",
        strategy_params={"half_spread_bps": 10.0},
        fair_price="mid",
        min_spread_bps=Decimal(4),
        max_spread_bps=Decimal(60),
        order_size_usdt=Decimal(2_000),
        max_pool_position_usdt=Decimal(100_000),
        max_pool_loss_usdt=Decimal(100_000),
        check_staleness=False,
        quote_interval_ms=Decimal(STEP // NANOS_PER_MS),
        price_threshold_bps=Decimal(6),
        warmup_samples=2,
        market_data_halt_seconds=Decimal(86_400),
    )


def _member(player: Player) -> Member:
    return Member(
        player.participant_id, Decimal(player.weight_pct), Decimal(60_000), Decimal(50_000)
    )


def _participant(player: Player, now: Nanos) -> Participant:
    name = player.participant_id
    return Participant(
        participant_id=name,
        user_id=f"user-{name}",
        account_id=f"account-{name}",
        display_name=player.display_name,
        status=ParticipantStatus.ACTIVE,
        initial_margin_usdt=Decimal(100_000),
        max_drawdown_pct=Decimal(50),
        revenue_model=player.revenue_model,
        revenue_share_pct=Decimal(player.share_pct),
        tier=player.tier,
        enrolled_by=OPERATOR.subject,
        notes="",
        version=1,
        created_at=now,
        updated_at=now,
    )
