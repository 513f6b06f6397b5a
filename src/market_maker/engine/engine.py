"""The engine of one symbol: applies facts, then decides once per turn."""

from collections.abc import Callable, Sequence
from typing import Any

from market_maker.engine.accounts import Accounts
from market_maker.engine.ladder import Ladder
from market_maker.engine.market import Market
from market_maker.engine.orders import SIDES, SIGNS, OrderBook
from market_maker.engine.reconcile import Reconciler
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.engine.tally import Tally
from market_maker.engine.terms import Terms, terms_of
from market_maker.engine.view import snapshot_of
from market_maker.model.actions import Action, RecordFill, RecordRefusal, RecordState
from market_maker.model.errors import IllegalTransitionError, InvalidFieldError
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Configured,
    Event,
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
from market_maker.quoting.view import View
from market_maker.risk.budget import MessageBudget
from market_maker.risk.guards import Readings, breach

GUARD = "guard"
"""Who moved a pool when no operator did."""

MEMBER_LOSS = "member loss limit exceeded"
_ACTIVE = PoolState.ACTIVE
_NOWHERE = (-1, 0)  # no count of samples: the next quote asks the strategy

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
        self.market = Market()
        self.orders = OrderBook()
        self.accounts = Accounts()
        self.ladder = Ladder()
        self.tally = Tally()
        self.reconciler = Reconciler(self.orders, self.accounts, next_order_id)
        self._next_quote_at = 0
        self._settled_on: int | None = None
        self._still_low_x2 = self._still_high_x2 = self._safe_low_x2 = self._safe_high_x2 = 0
        self._aimed_at = _NOWHERE
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

    def readings(self) -> Readings:
        """What the guards look at, now."""
        pool, mid_x2, blind_since = self.accounts.pool, self.market.mid_x2, self.market.blind_since
        return Readings(
            abs(pool.lots) * (self.market.reference_x2(self.now) or mid_x2),
            pool.net(mid_x2) if mid_x2 else 0,
            self.tally.rejects_in_a_row,
            self.now - blind_since if blind_since else 0,
            self.market.halted,
        )

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
        if self.state is _ACTIVE and not (
            self._safe_low_x2 < mid_x2 < self._safe_high_x2 and market.blind is None
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

    def _keep_still(self) -> None:
        """Everything is as it should be: remember for how long, so that a turn that moves nothing
        costs a few comparisons. That is while no order and no estimate of volatility moves (their
        counts only grow, so the sum tells), fair stays where the ladder holds, and the mid where
        guards are content, orders have their room and the best prices are clear of ours."""
        bids, asks = self.ladder.prices
        self.ladder.hold()
        low, high = self._safe_low_x2, self._safe_high_x2
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
        """Let every guard look; where none objects, work out between which mids (both excluded)
        none could, unless something else happens that they look at."""
        self._safe_low_x2 = self._safe_high_x2 = 0
        cause = breach(self.readings(), self.terms.guard_limits)
        if cause is not None:
            self._move(Command.HALT, GUARD, cause, actions)
            return
        if self.unwinding and self.accounts.flat:
            self._move(Command.PAUSE, GUARD, UNWOUND, actions)
            return
        market, limits = self.market, self.terms.guard_limits
        if market.blind is None:
            self._stop_members()
        if market.blind is None and not market.marked:
            mid_x2 = market.mid_x2
            slack_x2 = self.accounts.slack_x2(mid_x2, limits.position_value, limits.loss_value)
            self._safe_low_x2, self._safe_high_x2 = mid_x2 - slack_x2, mid_x2 + slack_x2

    def _why_not(self) -> Reason | None:
        """Why nothing may be quoted at all, or None."""
        if self.state is not _ACTIVE:
            return Reason.PAUSED if self.state is PoolState.PAUSED else Reason.HALTED
        if self.market.blind is not None:
            return self.market.blind
        if not self.market.warm:
            return Reason.WARMING_UP
        for account in self.accounts.quoting:
            if self.unwinding or not account.stopped:
                return None
        return Reason.NO_MEMBERS

    def _quote(self, now: Nanos, actions: list[Action]) -> None:
        market, ladder, reconciler = self.market, self.ladder, self.reconciler
        book, watch = market.book, reconciler.stopwatch
        watch.start()
        # A strategy is a pure function, and nothing else of what it sees moves between samples.
        if self._aimed_at != (aim := (market.samples_taken, self.accounts.pool.lots)):
            self._aimed_at = aim
            self._aim()
        ladder.update(market.fair, book.bid, book.ask)
        watch.quoted()
        if self.unwinding:
            reconciler.unwind(now, ladder, market.reference_x2(now), actions)
        else:
            reconciler.quote(now, ladder, market.reference_x2(now), actions)

    def _aim(self) -> None:
        market, terms = self.market, self.terms
        q_hat = self.accounts.pool.lots * market.valued_x2 / (2 * terms.position_value)
        view = View(min(1.0, max(-1.0, q_hat)), market.sigma, market.sigma_ref, terms.delta_hat)
        self.ladder.aim(terms.strategy(view), terms)

    def _stop_members(self) -> None:
        """A member beyond its own loss limit stops alone, until an operator resumes the pool."""
        mid_x2 = self.market.mid_x2
        for account in self.accounts.quoting:
            if account.position.net(mid_x2) < -account.loss_value and not account.stopped:
                account.stopped = MEMBER_LOSS
                self.reconciler.unsettle()

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
        self.ladder.clear()
        self._aimed_at = _NOWHERE
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
            FundingPaid: self._funded,
            Restored: self._restored,
        }, {
            Filled: self._filled,
            FillFound: self._found,
            Operated: self._operated,
            Configured: self._configured,
        }

    def _traded(self, _event: Trade) -> None:
        self.tally.trades += 1

    def _look_again(self) -> None:
        """Something moved that guards look at, or that neither book nor orders show."""
        self._settled_on = None
        self._safe_low_x2 = self._safe_high_x2 = 0

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
            self.tally.rejects_in_a_row += 1

    def _filled(self, event: Filled, actions: list[Action]) -> None:
        order = self.orders.filled(event)
        if order is None:
            self.tally.unattributed_fills += 1
            if self.orders.find(event.order_id) is None and self.state is PoolState.ACTIVE:
                self._move(Command.PAUSE, GUARD, UNKNOWN_FILL, actions)
            return
        self._look_again()
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

    def _funded(self, event: FundingPaid) -> None:
        self.accounts.fund(event.rate, event.price)
        self._look_again()

    def _operated(self, event: Operated, actions: list[Action]) -> None:
        if self.state is PoolState.HALTED and event.command is Command.RESUME:
            self.tally.rejects_in_a_row = 0
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
        cause = breach(self.readings(), self.terms.guard_limits)
        return cause or (self.market.blind.value if self.market.blind else None)

    def _configured(self, event: Configured, actions: list[Action]) -> None:
        try:
            self._take(event.config, before=self.config)
        except InvalidFieldError as error:
            actions.append(RecordRefusal(self.now, "configure", "config", str(error)))
