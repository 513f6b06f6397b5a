"""The engine of one symbol: applies facts, then decides once per turn."""

from collections.abc import Callable, Sequence
from typing import Any

from market_maker.engine.accounts import Accounts
from market_maker.engine.ladder import Ladder
from market_maker.engine.market import Market
from market_maker.engine.orders import SIDES, SIGNS, OwnOrders
from market_maker.engine.quoter import Quoter
from market_maker.engine.reconcile import Reconciler
from market_maker.engine.risk_monitor import RiskMonitor
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.engine.tally import EngineCounts
from market_maker.engine.terms import Terms, terms_of
from market_maker.engine.view import snapshot_of
from market_maker.model.actions import Action, RecordFill, RecordRefusal, RecordState
from market_maker.model.errors import IllegalTransitionError, InvalidFieldError
from market_maker.model.events import (
    WAIT_AND_RETRY,
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Configured,
    Event,
    ExposureTold,
    Filled,
    FillFound,
    FundingPaid,
    InstrumentStatus,
    MarkPrice,
    Operated,
    Rejected,
    RejectReason,
    Restored,
    Trade,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command, PoolState, advance
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.units import VALUE_SCALE, Nanos, OrderId, ParticipantId
from market_maker.risk.budget import MessageBudget
from market_maker.risk.guards import GuardReadings

GUARD = "guard"
"""Who moved a pool when no operator did."""

_ACTIVE = PoolState.ACTIVE

UNWOUND = "unwound: every member is flat"
UNKNOWN_FILL = "fill of an order we do not know: positions cannot be trusted"


class Engine:
    """Deterministic: the same turns give the same actions, in live, shadow, paper and replay
    alike. It reads no clock, does no I/O and starts PAUSED. Raises InvalidFieldError when the
    configuration does not fit the instrument or the strategy. Its parts are attributes for
    readers that need one figure fast; nobody but the engine changes them."""

    def __init__(
        self, instrument: Instrument, config: PoolConfig, next_order_id: OrderId = OrderId(1)
    ) -> None:
        self.instrument = instrument
        self.state = PoolState.PAUSED
        self.state_reason = "started"
        self.unwinding = False
        self.now = Nanos(0)
        self.orders = OwnOrders()
        self.market = Market(self.orders)
        self.accounts = Accounts()
        self.ladder = Ladder()
        self.tally = EngineCounts()
        self.risk_monitor = RiskMonitor(self.market, self.accounts, self.tally)
        self.quoter = Quoter(self.market, self.accounts, self.ladder, self.risk_monitor)
        self.reconciler = Reconciler(self.orders, self.accounts, next_order_id)
        self._next_quote_at = 0
        self._settled_on: int | None = None
        self._still_low_x2 = self._still_high_x2 = 0
        self.config = config
        self._take(config, before=None)
        self._facts, self._commands = self._handlers()

    def __getstate__(self) -> dict[str, Any]:  # type: ignore[explicit-override]  # needs 3.12
        # The handlers are bound to what is in here; they are made again.
        return {n: v for n, v in vars(self).items() if n not in {"_facts", "_commands"}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._facts, self._commands = self._handlers()

    def turn(self, now: Nanos, events: Sequence[Event]) -> list[Action]:
        """Apply every event in order, then decide once. `now` never goes back."""
        assert now >= self.now, (now, self.now)
        self.now = now
        self.tally.turns += 1
        if self._watch_lag and events:
            self.risk_monitor.late(now - min(event.ts_recv for event in events))
        actions: list[Action] = []
        facts = self._facts
        for event in events:
            take = facts.get(type(event))
            if take is not None:
                take(event)
            else:
                self._commands[type(event)](event, actions)
        self._decide(now, actions)
        return actions

    def snapshot(self) -> EngineSnapshot:
        """A frozen picture as of the last turn."""
        return snapshot_of(self)

    def readings(self) -> GuardReadings:
        """What the guards look at, now."""
        return self.risk_monitor.readings(self.now)

    def _decide(self, now: Nanos, actions: list[Action]) -> None:
        market, ladder = self.market, self.ladder
        market.look(now)
        mid_x2 = market.mid_x2
        if (
            self._settled_on == self.orders.version + market.samples_taken
            and self._still_low_x2 < mid_x2 < self._still_high_x2
            and ladder.hold_low < market.fair < ladder.hold_high
            and market.blind is None
            and not self.orders.unacknowledged
        ):
            if now >= self._next_quote_at:
                self._next_quote_at = now + self.terms.interval_ns
            return
        self._settled_on = None
        risk_monitor = self.risk_monitor
        if market.severity != risk_monitor.severity and risk_monitor.severe(market.severity):
            self.quoter.again()
        if self.state is _ACTIVE and not (
            self.risk_monitor.safe_low_x2 < mid_x2 < self.risk_monitor.safe_high_x2
            and market.blind is None
        ):
            self._guard(actions)
        reason = self._why_not()
        if reason is not None:
            self.ladder.clear()
            self.reconciler.pull(now, reason, actions)
        elif now >= self._next_quote_at:
            self._next_quote_at = now + self.terms.interval_ns
            self._quote(now, actions)
            if self.reconciler.settled:
                self._keep_still()
        self.quoter.uptime.note(now, self.state is _ACTIVE, self.orders.working)

    def _keep_still(self) -> None:
        """Everything is as it should be: remember for how long, so that a turn that moves nothing
        costs a few comparisons. That is while no order and no estimate of volatility moves (their
        counts only grow, so the sum tells), fair stays where the ladder holds, and the mid where
        guards are content, orders have their room and the best prices are clear of ours."""
        bids, asks = self.ladder.prices
        self.ladder.hold()
        low, high = self.risk_monitor.safe_low_x2, self.risk_monitor.safe_high_x2
        # Conditions, because min() and max() cost more than all the rest.
        if (least := 2 * bids[0]) > low:
            low = least
        if (most := 2 * asks[0]) < high:
            high = most
        if (most := self.reconciler.settled_below_x2 + 1) < high:
            high = most
        self._still_low_x2, self._still_high_x2 = low, high
        self._settled_on = self.orders.version + self.market.samples_taken

    def _guard(self, actions: list[Action]) -> None:
        """Let every guard look; where none objects, they rest while the mid stays where none
        could, unless something else happens that they look at."""
        cause = self.risk_monitor.look(self.now)
        if cause is not None:
            self._move(Command.HALT, GUARD, cause, actions)
        elif self.unwinding and self.accounts.flat:
            self._move(Command.PAUSE, GUARD, UNWOUND, actions)
        elif self.market.blind is None:
            if self.risk_monitor.stop_members():
                self.reconciler.unsettle()
            self.reconciler.limit(self.risk_monitor.room_value, self.risk_monitor.limit_reason)
            self.risk_monitor.rest()

    def _why_not(self) -> Reason | None:
        """Why nothing may be quoted at all, or None."""
        if self.state is not _ACTIVE:
            return Reason.PAUSED if self.state is PoolState.PAUSED else Reason.HALTED
        if self.market.blind is not None:
            return self.market.blind
        if self.risk_monitor.band.pulls:
            return Reason.CASCADE
        if not self.market.warm:
            return self.market.unready
        for account in self.accounts.quoting:
            if self.unwinding or not account.stopped:
                return None
        return Reason.NO_MEMBERS

    def _quote(self, now: Nanos, actions: list[Action]) -> None:
        market, ladder, reconciler = self.market, self.ladder, self.reconciler
        book, watch = market.book, reconciler.stopwatch
        watch.start()
        self.quoter.take(now)
        ladder.update(market.fair, book.bid, book.ask)
        watch.quoted()
        if self.unwinding:
            reconciler.unwind(now, ladder, market.reference_x2(now), actions)
        else:
            reconciler.quote(now, ladder, market.reference_x2(now), actions)

    def _move(self, command: Command, by: str, reason: str, actions: list[Action]) -> None:
        """Make a move that the state table allows; one that moves nothing keeps the reason."""
        state = advance(self.state, command)
        unwinding = command is Command.UNWIND
        if state is self.state and unwinding is self.unwinding:
            return
        self.unwinding = unwinding
        self.tally.moves += 1
        self.reconciler.unsettle()
        if state is not self.state and state is PoolState.ACTIVE:
            self._next_quote_at = 0
            self.market.start_watch(self.now)
            self.risk_monitor.start(resumed=command is Command.RESUME)
            for account in self.accounts.all:
                account.stopped = ""
        self.state, self.state_reason = state, reason
        self._look_again()
        actions.append(RecordState(self.now, state, by, reason))

    def _take(self, config: PoolConfig, before: PoolConfig | None) -> None:
        if config.symbol != self.instrument.symbol:
            raise InvalidFieldError("symbol", config.symbol, self.instrument.symbol)
        self.terms: Terms = terms_of(self.instrument, config)
        self.config = config
        self.market.configure(config, self.terms.stale_ns, before)
        self.accounts.configure(config.members)
        for account in self.accounts.quoting:
            member = account.member
            account.position_value = self.instrument.tick_lots(member.position_limit_usdt)
            account.loss_value = self.instrument.tick_lots(member.max_loss_usdt) * VALUE_SCALE
        rate, reserve = config.max_messages_per_second, int(config.cancel_reserve_pct)
        self._budget: MessageBudget = (
            self._budget.changed(rate, reserve) if before else MessageBudget(rate, reserve)
        )
        self.reconciler.configure(self.terms, self._budget)
        self.risk_monitor.configure(self.terms)
        self._watch_lag = config.max_consumer_lag_ms > 0
        self.ladder.clear()
        self.quoter.configure(self.terms)
        self._next_quote_at = 0
        self._look_again()

    def _handlers(
        self,
    ) -> tuple[
        dict[type, Callable[[Any], object]], dict[type, Callable[[Any, list[Action]], None]]
    ]:
        """What takes an event: facts that are only noted, and those that ask for something."""
        book, orders = self.market.book, self.orders
        return {
            BookTop: book.top,
            BookDelta: book.delta,
            BookSnapshot: book.snapshot,
            BookLost: book.lost,
            Trade: self._traded,
            MarkPrice: self._marked,
            InstrumentStatus: self._status,
            Accepted: self._accepted,
            Rejected: self._rejected,
            Canceled: orders.canceled,
            CancelRejected: orders.cancel_rejected,
            Unanswered: orders.unanswered,
            Restored: self._restored,
            ExposureTold: self._exposed,
        }, {
            Filled: self._filled,
            FundingPaid: self._funded,
            FillFound: self._found,
            Operated: self._operated,
            Configured: self._configured,
        }

    def _traded(self, event: Trade) -> None:
        self.tally.trades += 1
        self.market.traded(event)

    def _look_again(self) -> None:
        """Something moved that guards look at, or that neither book nor orders show."""
        self._settled_on = None
        self.risk_monitor.look_again()

    def _marked(self, event: MarkPrice) -> None:
        self.market.mark(event)
        self._look_again()

    def _status(self, event: InstrumentStatus) -> None:
        self.market.halted = event.halted
        self._look_again()

    def _accepted(self, event: Accepted) -> None:
        if self.orders.accepted(event):
            self.tally.rejects_in_a_row = 0

    def _rejected(self, event: Rejected) -> None:
        order = self.orders.rejected(event)
        if order is None:
            return
        self._look_again()
        if event.reason is RejectReason.POST_ONLY:
            self.tally.post_only_rejects += 1
            book = self.market.book
            self.ladder.refused(order.side, order.price, book.bid if order.side else book.ask)
        else:
            self.tally.rejects += 1
            if event.reason not in WAIT_AND_RETRY:
                self.tally.rejects_in_a_row += 1
            if event.reason is RejectReason.RATE_LIMIT:
                self.risk_monitor.rate_limited(self.now)

    def _filled(self, event: Filled, actions: list[Action]) -> None:
        order = self.orders.filled(event)
        if order is None:
            self.tally.unattributed_fills += 1
            if self.orders.find(event.order_id) is None and self.state is PoolState.ACTIVE:
                self._move(Command.PAUSE, GUARD, UNKNOWN_FILL, actions)
            return
        self._look_again()
        self.risk_monitor.filled(order.side, self.now)
        self.market.filled(self.now, SIGNS[order.side], event.price)
        self.accounts.fill(order, SIGNS[order.side], event.price, event.size, event.fee)
        self._record(event, (order.member, SIDES[order.side], order.level), actions)

    def _found(self, event: FillFound, actions: list[Action]) -> None:
        if self.orders.find(event.order_id) is not None:
            stamps = (event.ts_event, event.ts_recv)
            ids = (event.order_id, event.trade_id)
            self._filled(Filled(*stamps, *ids, event.price, event.size, event.fee), actions)
            return
        self.accounts.found(event)
        self._look_again()
        self._record(event, (event.member, event.side, event.level), actions)

    def _record(
        self,
        fill: Filled | FillFound,
        owner: tuple[ParticipantId, Side, int],
        actions: list[Action],
    ) -> None:
        self.tally.fills += 1
        mid_x2 = 0 if self.market.blind else self.market.mid_x2
        ids = (fill.ts_event, fill.order_id, fill.trade_id)
        actions.append(RecordFill(*ids, *owner, fill.price, fill.size, fill.fee, mid_x2))

    def _restored(self, event: Restored) -> None:
        self.accounts.restore(event)
        self.state_reason = event.reason
        self._look_again()

    def _funded(self, event: FundingPaid, actions: list[Action]) -> None:
        actions += self.accounts.fund(event)
        self.market.funded(event)
        self._look_again()

    def _exposed(self, event: ExposureTold) -> None:
        self.risk_monitor.told(event)
        self._look_again()

    def _operated(self, event: Operated, actions: list[Action]) -> None:
        if self.state is PoolState.HALTED and event.command is Command.RESUME:
            cause = self._still_holds()
            if cause is not None:
                refusal = f"cannot resume while the cause holds: {cause}"
                actions.append(RecordRefusal(self.now, event.command, event.by, refusal))
                return
        try:
            self._move(event.command, event.by, event.reason, actions)
        except IllegalTransitionError as error:
            actions.append(RecordRefusal(self.now, event.command, event.by, str(error)))

    def _still_holds(self) -> str | None:
        """The cause that would halt the pool again at once, or None."""
        self.market.look(self.now)
        return self.cause()

    def cause(self) -> str | None:
        """What would halt the pool at once were it resumed, or why it sees nothing; or None."""
        blind = self.market.blind
        return self.risk_monitor.cause(self.now) or (blind.value if blind else None)

    def _configured(self, event: Configured, actions: list[Action]) -> None:
        try:
            self._take(event.config, before=self.config)
        except InvalidFieldError as error:
            actions.append(RecordRefusal(self.now, "configure", "config", str(error)))
