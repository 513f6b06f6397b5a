"""The engine against a recording: the same turns as live, on a grid of steps.

At every step the exchange has moved on to `now`, what reached us by then goes to the engine,
and what the engine asks is sent. Nothing here decides anything.
"""

import bisect
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.engine.engine import Engine
from market_maker.engine.estimates import levels_needed, needs_trades
from market_maker.engine.position import Position
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.actions import Action, Cancel, Place, RecordFill
from market_maker.model.events import Event, Operated, RejectReason
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.recording import Recording
from market_maker.model.units import Lots, Nanos, ParticipantId, packable
from market_maker.operations.feasibility import check_size
from market_maker.replay_venue.prepared_rows import data_end
from market_maker.replay_venue.recorded_exchange import (
    RecordedExchange,
    ReplaySettings,
    lowest_mid_x2,
)
from market_maker.research.engine_choice import EngineChoice, RanBy, no_kernel
from market_maker.research.funding import FundingCharges, charges_of
from market_maker.research.leading import facts_of, not_compiled
from market_maker.research.order_log import OrderLog
from market_maker.research.replay_accounting import FillLog
from market_maker.research.timeline import CLAMPS, OrderInterval
from market_maker.research.uncollected import uncollected
from market_maker.research.wakings import FactReader, SessionCourse, on_a_grid
from market_maker.risk.guards import MARKET_DATA

IN_HOUSE = ParticipantId("in-house")

Progress = Callable[[Nanos], None]
"""Called now and then with how far the run is."""

Watch = Callable[[Nanos, Engine], None]
"""Reads an engine without changing it."""

OnActions = Callable[[Nanos, Sequence[Action]], None]


_TURNS_PER_REPORT = 64
_CLAMP_CODES = {clamp: code for code, clamp in enumerate(CLAMPS)}


class ReplayPlan(Struct, frozen=True, kw_only=True, eq=False):
    """Everything that decides a run. step_ns: time between two turns. seed: part of a run's
    identity; nothing in a replay draws a number today, so it changes no result. inverse: the
    contract that the recording's linear one stands for (see inverse.as_linear). resume_after_ns:
    how long after a halt the pool is resumed, whatever its cause, once that is gone; None: only a
    halt by missing market data is, as soon as they are back: a recording has no operator. lead: a
    second recording, whose market may lead this one's; the pool's `lead_symbol` names it."""

    recording: Recording
    config: PoolConfig
    exchange: ReplaySettings
    step_ns: Nanos
    seed: int = 0
    resume_after_ns: Nanos | None = None
    inverse: Instrument | None = None
    lead: Recording | None = None

    @property
    def counted(self) -> Instrument:
        """What positions and volumes are counted in: an inverse contract by its contracts."""
        return self.inverse or self.recording.instrument

    @property
    def start(self) -> Nanos:
        """Receipt of the first row."""
        return self.recording.start

    @property
    def end(self) -> Nanos:
        """When the data end, at the venue and with us: no turn decides after this."""
        return data_end(self.recording)


class ReplayLog(Struct, frozen=True, kw_only=True, eq=False):
    """What happened, before anything is computed from it.

    turn_ts and clamp: per turn. reasons: number of turns by the reasons of bid and ask, the
    closing turn left out.
    resting: every order's time on the book. unfinished: orders open at the last row; they count
    as neither filled nor cancelled. resumed: how often the pool was resumed after a halt. books:
    the engine's own position. state, state_reason: of the pool before the closing pause.
    snapshot: the engine's last word. ran_by: what made the decisions. funding: what the venue
    charged by the recording's payments; None without any: the engine's books hold all of it then.
    """

    plan: ReplayPlan
    fills: FillLog
    resting: tuple[OrderInterval, ...]
    turn_ts: NDArray[np.int64]
    clamp: NDArray[np.uint8]
    reasons: tuple[tuple[Reason, Reason, int], ...]
    orders_placed: int
    cancels_asked: int
    orders_cancelled: int
    cancels_refused: int
    rejects: tuple[tuple[RejectReason, int], ...]
    unfinished: int
    books: Position
    resumed: int
    state: PoolState
    state_reason: str
    snapshot: EngineSnapshot
    state_hash: str
    funding: FundingCharges | None
    ran_by: RanBy


def default_config(symbol: str) -> PoolConfig:
    """The starting parameters for a high-liquidity perpetual (pool_engine_sop, section 15), one
    level as it recommends, the widest documented ceiling, one in-house member."""
    config = PoolConfig(
        symbol=symbol,
        gamma=Decimal("0.05"),
        kappa=Decimal(2),
        tau=Decimal(1),
        min_spread_bps=Decimal(3),
        max_spread_bps=Decimal(80),
        order_size_usdt=Decimal(1000),
    )
    return with_in_house_member(config)


def with_in_house_member(config: PoolConfig) -> PoolConfig:
    """`config` with one member that takes everything, unless it has members of its own."""
    if config.members:
        return config
    member = Member(
        participant_id=IN_HOUSE,
        capital_weight_pct=Decimal(100),
        position_limit_usdt=config.max_pool_position_usdt,
        max_loss_usdt=config.max_pool_loss_usdt,
    )
    return msgspec.structs.replace(config, members=(member,))


@uncollected()
def replay(
    plan: ReplayPlan,
    progress: Progress | None = None,
    watch: Watch | None = None,
    *,
    engine: EngineChoice = EngineChoice.PYTHON,
    on_actions: OnActions | None = None,
    course: SessionCourse | None = None,
) -> ReplayLog:
    """Run the engine over the whole recording; `watch` sees it after every step. engine: whether
    its decisions are made by the compiled kernel, which are the same; see `ran_by` of the log.
    on_actions: receives the actions of every turn that has any. course: of a session that ran,
    instead of the grid of steps.

    Begins with an Operated(ENABLE, by="replay") and ends with a PAUSE after everything in flight
    has arrived. Orders still open at the last row are dropped there: no fill, no cancel, their
    position stays and is marked at the last mid.

    Raises InvalidFieldError for a configuration that the engine does not take, or whose orders are
    too small at every price of the recording.
    """
    _check_size(plan)
    run = _Run(plan, on_actions)
    now, end = run.exchange.start, plan.end
    run.turn(now, [Operated(now, Command.ENABLE, "replay", "start of the recording")])
    latency = plan.exchange.feed_latency_ns
    moments = on_a_grid(plan, latency)
    if course is not None:
        run.follow(course)
        moments = iter(course.moments)
    elif watch is not None:
        run.ran_by = RanBy(EngineChoice.PYTHON, "every step is watched")
    elif engine is not EngineChoice.PYTHON:
        moments = run.compiled(engine, list(moments), progress)
    for now in moments:
        run.step(now)
        if watch is not None:
            watch(now, run.engine)
        if progress is not None and run.turns % _TURNS_PER_REPORT == 0:
            progress(now)
    run.close()
    if progress is not None:
        progress(end)
    return run.log()


def _check_size(plan: ReplayPlan) -> None:
    """Raises InvalidFieldError when no order could ever be placed, not even at the lowest mid."""
    lowest_x2 = lowest_mid_x2(plan.recording, plan.end)
    if lowest_x2:
        instrument = plan.recording.instrument
        check_size(instrument, plan.config, instrument.price(lowest_x2) / 2)


class _Run:
    """One run in the making."""

    def __init__(self, plan: ReplayPlan, on_actions: OnActions | None) -> None:
        self.plan, self._on_actions = plan, on_actions
        config = plan.config
        self.exchange = RecordedExchange(
            [plan.recording],
            plan.exchange,
            trades=needs_trades(config),
            depth=levels_needed(config),
        )
        self.engine = Engine(plan.recording.instrument, plan.config, own_in_feed=False)
        self.turn_ts: list[Nanos] = []
        self.clamp: list[int] = []
        self.reasons: Counter[tuple[Reason, Reason]] = Counter()
        self.orders = OrderLog()
        self.engine_position = Lots(0)
        self.resumed = 0
        self._halted_at: Nanos | None = None
        latency = plan.exchange.feed_latency_ns
        self.payments = plan.recording.funding
        self.facts = FactReader(facts_of(plan.recording, plan.lead, latency))
        self.ran_by = RanBy(EngineChoice.PYTHON)
        self.state, self.state_reason = self.engine.state, self.engine.state_reason
        self._digest = hashlib.blake2b(digest_size=32)
        self._encoder = msgspec.msgpack.Encoder()

    @property
    def turns(self) -> int:
        return len(self.turn_ts)

    def follow(self, course: SessionCourse) -> None:
        """What the session took takes the place of what the recording says of funding."""
        self.payments, self.facts = (), FactReader(course.facts)
        course.teach(self.engine)
        self.ran_by = RanBy(EngineChoice.PYTHON, "it follows a session that ran")

    def step(self, now: Nanos) -> None:
        """Let the venue live until `now`, then one turn, and send what it asks."""
        self.exchange.advance(now)
        heard = [*self.exchange.events(0), *self.facts.until(now), *self._resumption(now)]
        self._send(now, self.turn(now, heard))

    def _send(self, now: Nanos, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Place):
                self.orders.placed[action.order_id] = action
                self.exchange.place(0, now, action)
            elif isinstance(action, Cancel):
                self.orders.cancels_asked += 1
                self.exchange.cancel(0, now, action.order_id)

    def _resumption(self, now: Nanos) -> list[Event]:
        """The command of an operator, who is there when a halt has lasted long enough."""
        engine, after = self.engine, self.plan.resume_after_ns
        if engine.state is not PoolState.HALTED:
            self._halted_at = None
            return []
        self._halted_at = now if self._halted_at is None else self._halted_at
        blind = engine.market.blind is not None
        by_data = engine.state_reason.startswith(MARKET_DATA)
        if blind or (not by_data if after is None else now - self._halted_at < after):
            return []
        self.resumed += 1
        return [Operated(now, Command.RESUME, "replay", "what halted the pool is over")]

    def turn(self, now: Nanos, events: Sequence[Event]) -> list[Action]:
        """One turn, and the engine's state after it."""
        actions = self._tell(now, events)
        self._note_turn(now)
        return actions

    def _note_turn(self, now: Nanos) -> None:
        self.turn_ts.append(now)
        self.clamp.append(_CLAMP_CODES[self.engine.ladder.clamp])
        bid, ask = self.engine.reconciler.reasons
        self.reasons[bid, ask] += 1

    def _tell(self, now: Nanos, events: Sequence[Event]) -> list[Action]:
        for event in events:
            self.orders.note(event)
        actions = self.engine.turn(now, events)
        self._digest_turn(now, actions)
        return actions

    def _digest_turn(self, now: Nanos, actions: Sequence[Action]) -> None:
        if actions:
            self._digest.update(self._encoder.encode((now, actions)))
            if self._on_actions is not None:
                self._on_actions(now, actions)
        for action in actions:
            if isinstance(action, RecordFill):
                self.engine_position = Lots(self.engine_position + action.side.sign * action.size)

    # turns that the compiled kernel made, or began

    def compiled(
        self, choice: EngineChoice, moments: list[Nanos], progress: Progress | None
    ) -> Iterator[Nanos]:
        """Let the kernel make the steps; those that it does not make."""
        if (other := no_kernel()) is not None:
            self.ran_by = other
            return iter(moments)
        # Imported where it runs: it takes a tenth of a second.
        from market_maker.research.compiled_replay import compile_steps  # noqa: PLC0415
        from market_maker.research.kernel_cache import (  # noqa: PLC0415
            is_compiled,
            why_not_compiled_yet,
        )

        if choice is EngineChoice.AUTO and not is_compiled():
            self.ran_by = RanBy(EngineChoice.PYTHON, why_not_compiled_yet())
            return iter(moments)
        known = bisect.bisect_left(moments, self.facts.next_at)  # it knows nothing of funding
        if not known or self.plan.lead:
            self.ran_by = RanBy(EngineChoice.PYTHON, not_compiled(self.plan.lead))
            return iter(moments)
        done, why, by_kernel = compile_steps(self, moments[:known], progress)
        engine = EngineChoice.COMPILED if by_kernel else EngineChoice.PYTHON
        if not why and known < len(moments):
            why = f"after {known} steps the engine went on: {not_compiled(None)}"
        self.ran_by = RanBy(engine, why)
        return iter(moments[done:])

    def seal_turn(self, now: Nanos, actions: Sequence[Action]) -> None:
        """A turn whose actions have been sent."""
        self._digest_turn(now, actions)
        self.orders.cancels_asked += sum(isinstance(action, Cancel) for action in actions)

    def end_turn(self, now: Nanos, actions: Sequence[Action]) -> None:
        """A turn that the engine ended."""
        self._digest_turn(now, actions)
        self._note_turn(now)
        self._send(now, actions)

    def close(self) -> None:
        """Deliver what is still in flight; what the engine then asks is not sent."""
        self.state, self.state_reason = self.engine.state, self.engine.state_reason
        closing = self.exchange.end
        self.exchange.advance(closing)
        pause = Operated(closing, Command.PAUSE, "replay", "end of the recording")
        last = self.facts.until(closing) if self.payments else []
        self._tell(closing, [*self.exchange.events(0), *last, pause])
        # What held at the last step held until the end: the pause is ours, not the engine's.
        self.turn_ts.append(closing)
        self.clamp.append(self.clamp[-1])

    def log(self) -> ReplayLog:
        """Everything as values; checks that exchange, fills and engine agree."""
        done = self.exchange.fills(0)
        fills = FillLog(done.ts, done.sign, done.ticks, done.lots, done.fee, done.mid_x2)
        snapshot = self.engine.snapshot()
        assert fills.position == snapshot.position == self.engine_position, snapshot
        return ReplayLog(
            plan=self.plan,
            fills=fills,
            resting=self.orders.intervals(self.plan.end),
            turn_ts=np.array(self.turn_ts, dtype=np.int64),
            clamp=np.array(self.clamp, dtype=np.uint8),
            reasons=tuple((bid, ask, n) for (bid, ask), n in self.reasons.items()),
            orders_placed=len(self.orders.placed),
            cancels_asked=self.orders.cancels_asked,
            orders_cancelled=self.orders.cancelled,
            cancels_refused=self.orders.cancels_refused,
            rejects=tuple(self.orders.rejects.items()),
            unfinished=len(self.orders.since),
            books=self.engine.accounts.pool,
            resumed=self.resumed,
            state=self.state,
            state_reason=self.state_reason,
            snapshot=snapshot,
            state_hash=self._sealed(fills, snapshot),
            funding=charges_of(self.payments, fills, self.plan.counted, self.plan.end)
            if self.payments
            else None,
            ran_by=self.ran_by,
        )

    def _sealed(self, fills: FillLog, snapshot: EngineSnapshot) -> str:
        for column in (fills.ts, fills.sign, fills.ticks, fills.lots, fills.fee):
            self._digest.update(column.astype("<i8").tobytes())
        for member in snapshot.members:
            money = map(packable, (member.realised, member.fees, member.funding))
            row = (member.participant_id, member.position, *money)
            self._digest.update(self._encoder.encode(row))
        return self._digest.hexdigest()
