"""Runs one pool: its engine, what follows a crash, the venue's proof that nothing is open."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from market_maker.engine.engine import Engine
from market_maker.engine.snapshot import EngineBrief, EngineSnapshot
from market_maker.engine.view import open_profit_of
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.execution.order_gate import OrderGate
from market_maker.execution.order_proof import OrderProof
from market_maker.execution.shadow import simulated
from market_maker.execution.supervisor import Failure, attempted
from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.checkpoint import frozen_learnt
from market_maker.journaling.record_request import Recordable, RecordRequest
from market_maker.model.actions import (
    Action,
    Place,
    RecordFill,
    RecordFunding,
    RecordRefusal,
    RecordState,
    record_of,
)
from market_maker.model.events import (
    Configured,
    Event,
    Filled,
    FillFound,
    FundingPaid,
    Levels,
    Operated,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Order, counted
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId, Value
from market_maker.telemetry.tracing import derived_trace_id

Acted: TypeAlias = tuple[Action, ...]

SUPERVISOR = "supervisor"
"""Who paused a pool whose engine crashed."""

PULLING = (Command.PAUSE, Command.HALT)
"""Commands after which nothing of ours may be open."""

IN_FLIGHT_MAX = Nanos(3 * NANOS_PER_SECOND)
"""After a crash it is unknown what was on its way: nothing is proved for so long."""


class PoolRunner:
    """One engine and everything around it. No other object touches the engine; all calls come from
    the event loop's own thread.

    When a bug breaks the engine, it stays down: what the venue still says of fills is recorded,
    what it lists is cancelled, and nothing but a new start brings the engine back.

    failure: why the engine is down, in one line; None while it runs. trace: where it broke, for the
    log. moved, halt: the last move, and the halt that is not reviewed yet, of earlier runs too.
    quoted: ACTIVE before this start, not moved since. turn_ns: of the last step. is_rung: for all.
    """

    def __init__(
        self,
        engine: Engine,
        ports: VenuePorts,
        order_gate: OrderGate,
        note: Callable[[RecordRequest], None],
        *,
        shadow: bool,
        moved: RecordState | None = None,
        halt: RecordState | None = None,
        quoted: bool = False,
        is_rung: bool = False,
    ) -> None:
        self.instrument: Instrument = engine.instrument
        self.ports, self.order_gate = ports, order_gate
        self._engine, self._note, self._shadow = engine, note, shadow
        order_gate.watch(engine)
        ports.journal.begin(engine)
        self._actor = Actor(engine, ports)
        self._proof = OrderProof(ports.orders)
        if shadow:
            # Nothing was ever sent from here.
            self._proof.unconfirmed, self._proof.strays = False, 0
        self._seen = engine.snapshot()
        self._broken_at: Nanos | None = None
        self._halted_down = self.trace = ""
        self.failure: str | None = None
        self.moved, self.halt, self.quoted = moved, halt, quoted
        self.turn_ns, self._is_rung = 0, is_rung

    # what it is

    @property
    def state(self) -> PoolState:
        """A pool whose engine crashed is PAUSED, or HALTED when that was asked for since."""
        if self.failure is None:
            return self._engine.state
        return PoolState.HALTED if self._halted_down else PoolState.PAUSED

    @property
    def reason(self) -> str:
        """Why it is in its state."""
        if self.failure is None:
            return self._engine.state_reason
        return self._halted_down or f"engine failed: {self.failure}"

    @property
    def unwinding(self) -> bool:
        """Whether it works its positions down."""
        return self.failure is None and self._engine.unwinding

    @property
    def config(self) -> PoolConfig:
        """What the engine has taken."""
        return self._engine.config

    @property
    def mid_x2(self) -> int:
        """Twice the mid of the last usable book, ticks; 0 until there was one."""
        return self._engine.market.mid_x2

    @property
    def unrealised(self) -> Value:
        """Open profit of all members at the last mid; none before there was one."""
        engine = self._engine
        mid_x2 = engine.market.mid_x2
        return Value(sum(open_profit_of(each.position, mid_x2) for each in engine.accounts.all))

    @property
    def sighted(self) -> bool:
        """Whether `mid_x2` is of a book that can be trusted now."""
        market = self._engine.market
        return self.failure is None and market.blind is None and market.mid_x2 > 0

    @property
    def quotable(self) -> bool:
        """Whether members can be expected on the book: ACTIVE, no shadow, open, its book usable."""
        active = self.state is PoolState.ACTIVE and not self._shadow
        return active and self.sighted and not self._engine.market.halted

    @property
    def lots(self) -> tuple[int, int, int]:
        """The pool's position, and what its working and unknown orders would buy and sell."""
        bids, asks = self._engine.orders.working
        return self._engine.accounts.pool.lots, bids, asks

    @property
    def next_order_id(self) -> OrderId:
        """Greater than every number that the engine has used."""
        return self._engine.reconciler.next_order_id

    @property
    def last_stamp(self) -> Nanos:
        """Of the newest client order id that the engine has made."""
        return self._engine.names.last_stamp

    @property
    def mailbox_depth(self) -> int:
        """Events that the last step found waiting, and those that wait now."""
        return self._actor.waiting

    @property
    def proof(self) -> OrderProof:
        """What the venue has proved, to be read."""
        return self._proof

    @property
    def unconfirmed(self) -> bool:
        """Orders were pulled and the venue has not yet proved that none is left."""
        return self._proof.unconfirmed

    @property
    def strays(self) -> int | None:
        """Orders that the venue lists and the engine does not know; None until it has answered."""
        return self._proof.strays

    @property
    def last_look(self) -> Nanos | None:
        """When the venue last said what is open."""
        return self._proof.last_look

    @property
    def is_unproved(self) -> bool:
        """Orders were pulled and it is not proved that none is left; of no interest while the
        pool quotes."""
        return self.unconfirmed and self.state is not PoolState.ACTIVE

    def unproved_for(self, now: Nanos) -> int:
        """Nanoseconds since its orders were pulled, 0 when it is proved that none is left."""
        pulled_at = self._proof.pulled_at
        return 0 if pulled_at is None or not self.is_unproved else now - pulled_at

    def snapshot(self) -> EngineSnapshot:
        """The engine, frozen; a broken one as it was seen last. In shadow mode its orders are
        shown as what they are: simulated."""
        if self.failure is None:
            self._seen = self._engine.snapshot()
        return simulated(self._seen) if self._shadow else self._seen

    def brief(self) -> EngineBrief:
        """The part of `snapshot` that a list shows."""
        whole = self._shadow or self.failure is not None
        return self.snapshot().brief() if whole else self._engine.brief()

    def depth(self, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of the market's bids and asks, our own orders among them; the
        best prices alone where the feed has no depth."""
        book = self._engine.market.book
        bids, asks = book.depth(count)
        top_bid: Levels = ((book.bid, book.bid_size),) if book.bid else ()
        top_ask: Levels = ((book.ask, book.ask_size),) if book.ask else ()
        return bids or top_bid, asks or top_ask

    def open_orders(self) -> tuple[Order, ...]:
        """What may be open: as the engine knows it, or after a crash as the venue last said;
        nothing in shadow mode."""
        if self.failure is not None:
            return self._proof.listed
        if self._shadow:
            return ()
        return tuple(order.view() for order in self._engine.orders.open())

    def order_counts(self) -> tuple[int, int]:
        """How many may be open, and of how many the fate is unknown."""
        if self.failure is not None or self._shadow:
            return counted([order.state for order in self.open_orders()])
        return counted([order.state for order in self._engine.orders.open()])

    def learnt(self) -> bytes | None:
        """What the engine knows of its market, frozen; None while it cannot see the book."""
        return frozen_learnt(self._engine) if self.sighted else None

    def cause(self) -> str | None:
        """What would halt the pool at once if it were ACTIVE, or why it sees nothing."""
        return self._engine.cause()

    # what happens to it

    def is_due(self, now: Nanos) -> bool:
        """Whether there is reason for a step. One at rest asks the venue what is open without a
        market event; of one that quotes and is rung for the time alone decides."""
        if self._is_rung and self.failure is None and self._engine.state is PoolState.ACTIVE:
            return now >= self._actor.timer_at
        return self.failure is not None or self._actor.is_due(now) or self._is_ask_due(now)

    def step(self, now: Nanos) -> None:
        """Let everything happen that is due at `now`."""
        self._apply(self._turned(now, self._actor.step))
        if self.failure is not None:
            self._sweep(now)
        if self._is_ask_due(now):
            self._ask_venue(now)

    def _is_ask_due(self, now: Nanos) -> bool:
        if self._shadow or self.state is PoolState.ACTIVE or not self._proof.due(now):
            return False
        # Of unknown orders the list is what decides.
        working, unknown = self.order_counts()
        return not working or unknown > 0 or self._proof.due(now, held=True)

    def yield_up(self) -> None:
        """Another worker trades the symbol: from now on only what this engine knows is its own."""
        self._proof.yielded = True

    def tell(self, events: Iterable[Event]) -> None:
        """Something for the engine's next turn."""
        self._actor.tell(*events)

    def configure(self, now: Nanos, config: PoolConfig) -> None:
        """The whole new configuration, from the next turn on; an older one is passed over."""
        if config.version >= self.config.version and config != self.config:
            self.tell([Configured(now, config)])

    def cancel_ahead(self, now: Nanos) -> None:
        """Hand over the cancels of everything that may be open; a command that stops follows at
        once. An adapter that breaks here breaks there too, and there it is said."""
        if self.failure is None:
            attempted(lambda: self._actor.cancel_ahead(now))

    def command(self, now: Nanos, command: Command, entry: AuditEntry) -> RecordRefusal | None:
        """Carry out a command now, in a turn of its own; returns the refusal, if it is refused.
        entry: who, and why; it is noted with the move, or alone when nothing had to move."""
        by, reason = entry.caller.subject, entry.reason
        actions: Acted = ()
        if self.failure is None:
            self.tell([Operated(now, command, by, reason)])
            if pulls := command in PULLING:
                self.cancel_ahead(now)
            actions = self._turned(now, self._actor.stop if pulls else self._actor.step)
        if self.failure is not None:
            # Also where it broke on this very command.
            actions = self._command_down(now, command, by, reason)
        refusals = [a for a in actions if isinstance(a, RecordRefusal) and a.command == command]
        self._apply(actions, None if refusals else entry)
        if command in PULLING and self.failure is None and self._engine.orders.unacknowledged:
            # What the venue has said of them may wait here already.
            self._apply(self._turned(now, self._actor.step))
        return refusals[0] if refusals else None

    def _command_down(self, now: Nanos, command: Command, by: str, reason: str) -> Acted:
        """A crashed engine accepts PAUSE, which changes nothing, and HALT; refuses all else."""
        if command is Command.HALT and not self._halted_down:
            self._halted_down = reason or "halted"
            return (RecordState(now, PoolState.HALTED, by, reason),)
        if command is Command.HALT or (command is Command.PAUSE and not self._halted_down):
            return ()
        return (RecordRefusal(now, command, by, f"the engine is down: {self.failure}"),)

    def _apply(self, actions: Iterable[Action], entry: AuditEntry | None = None) -> None:
        for action in actions:
            if isinstance(action, RecordState):
                mine = entry if entry and entry.caller.subject == action.by else None
                entry = None if mine else entry
                self._move(action)
                self._put(action, mine)
            elif isinstance(action, RecordFill | RecordFunding) or (
                self._shadow and isinstance(action, Place)
            ):
                self._put(action, None)
        if entry is not None:
            self._put(None, entry)

    def _put(self, what: Recordable, entry: AuditEntry | None) -> None:
        version = self.config.version
        if isinstance(what, RecordState):
            trace_id = derived_trace_id(self.instrument.symbol, what.ts, what.state)
            self._note(RecordRequest(self.instrument, version, what, entry, trace_id=trace_id))
        else:
            self._note(RecordRequest(self.instrument, version, what, entry))

    def _move(self, move: RecordState) -> None:
        self.moved, self.quoted = move, False
        if move.state is PoolState.ACTIVE:
            self.halt = None
        else:
            self.halt = move if move.state is PoolState.HALTED else self.halt
            self._proof.pulled(move.ts)
            self._proof.unconfirmed = not self._shadow

    # a broken engine

    def _turned(self, now: Nanos, turn: Callable[[Nanos], Acted]) -> Acted:
        """What a turn of the engine asks; nothing of a broken one."""
        if self.failure is not None:
            return ()
        done = attempted(lambda: turn(now))
        if not isinstance(done, Failure):
            return done
        self.failure, self.trace, self._broken_at = done.line, done.trace, now
        seen = attempted(self._engine.snapshot)
        if not isinstance(seen, Failure):
            self._seen = seen
        self.order_gate.shut()
        move = RecordState(now, PoolState.PAUSED, SUPERVISOR, self.reason)
        self._move(move)
        self._put(move, None)
        self._rescue(self._actor.left())
        return ()

    def _sweep(self, now: Nanos) -> None:
        """The venue's answers are still taken in, so that its requests do not pile up. An adapter
        that breaks in turn is tried again."""
        arrived = attempted(lambda: self.ports.market_data.poll(now))
        if isinstance(arrived, Failure):
            self.trace = arrived.trace
        else:
            self._rescue(arrived)

    def _rescue(self, events: Iterable[Event]) -> None:
        """Record the events that the crashed engine took and may not have passed on; what it did
        pass on is stored once all the same. A fill of an order that it does not know is left to the
        venue's list of fills."""
        for event in events:
            if isinstance(event, FundingPaid):
                for paid in self._engine.accounts.funded(event):
                    self._put(paid, None)
            elif isinstance(event, FillFound):
                identity = (event.client_order_id, event.account_id)
                owner = (event.member, event.side, event.level, *identity)
                self._put(record_of(event, owner, 0), None)
            elif isinstance(event, Filled):
                order = self._engine.orders.find(event.order_id)
                if order is not None:
                    self._put(record_of(event, order.owner, 0), None)

    def _ask_venue(self, now: Nanos) -> None:
        """Ask the venue what is open, and cancel what the engine does not know of."""
        known = [] if self.failure else [order.order_id for order in self._engine.orders.open()]
        settled = self._broken_at is None or now - self._broken_at >= IN_FLIGHT_MAX
        if self.failure is None:
            self._proof.ask(now, known, settled=settled)
            return
        asked = attempted(lambda: self._proof.ask(now, known, settled=settled))
        if isinstance(asked, Failure):
            self.trace = asked.trace
