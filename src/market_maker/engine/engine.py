"""The engine of one symbol: applies facts, then decides once per turn."""
# ruff: noqa: SLF001  the table of handlers is part of the class

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from market_maker.engine.parts import EngineParts
from market_maker.engine.snapshot import EngineBrief, EngineSnapshot
from market_maker.engine.terms import terms_of
from market_maker.engine.view import brief_of, snapshot_of
from market_maker.model.actions import Action, Owner, RecordRefusal, RecordState, record_of
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
    LeadMoved,
    LimitsChanged,
    MarkPrice,
    Operated,
    Rejected,
    RejectReason,
    Restored,
    Trade,
    Unanswered,
    plain_fill,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command, PoolState, advance
from market_maker.model.orders import SIGNS
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.units import VALUE_SCALE, Nanos, OrderId
from market_maker.risk.budget import MessageBudget

GUARD = "guard"
"""Who moved a pool when no operator did."""

_ACTIVE: Final = PoolState.ACTIVE

UNWOUND = "unwound: every member is flat"
UNKNOWN_FILL = "fill of an order we do not know: positions cannot be trusted"


_Event = TypeVar("_Event")
_Handler = Callable[["Engine", Any], None]


class Engine(EngineParts):
    """Deterministic: equal turns have equal actions, in live, shadow, paper and replay
    alike. It reads no clock, does no I/O and starts PAUSED. Raises InvalidFieldError when the
    configuration does not fit the instrument or the strategy. own_in_feed: the book that it
    receives shows its orders, as a venue's does; not in a replay or a shadow."""

    def __init__(
        self,
        instrument: Instrument,
        config: PoolConfig,
        next_order_id: OrderId = OrderId(1),
        *,
        own_in_feed: bool = True,
    ) -> None:
        super().__init__(instrument, config, next_order_id, own_in_feed=own_in_feed)
        self._next_quote_at = 0
        self._actions: list[Action] = []
        self._apply_config(config, before=None)

    def turn(self, now: Nanos, events: Sequence[Event]) -> list[Action]:
        """Apply every event in order, then decide once. `now` never goes back."""
        assert now >= self.now, (now, self.now)
        self.now = now
        self.tally.turns += 1
        if self._measures_lag and events:
            lag_ns = now - min(event.ts_recv for event in events)
            if self.risk_monitor.on_lag(lag_ns):
                self.cache.invalidate_guards()
        actions = self._actions = []
        for event in events:
            HANDLERS[type(event)](self, event)
        cache = self.cache
        if not self.market.refresh(now):
            cache.invalidate_turn()
            self._decide(now)
        elif not cache.turn_kept():
            self._decide(now)
        elif now >= self._next_quote_at:
            self._next_quote_at = now + self.terms.interval_ns
        return actions

    def snapshot(self) -> EngineSnapshot:
        """A frozen picture as of the last turn."""
        return snapshot_of(self)

    def brief(self) -> EngineBrief:
        """The part of it that a list shows."""
        return brief_of(self)

    def _decide(self, now: Nanos) -> None:
        """Guards, then whether anything may be quoted, then the quotes; what the cache still holds
        is left out."""
        cache, severity = self.cache, self.market.severity
        if severity != self.risk_monitor.severity and self.risk_monitor.on_severity(severity):
            cache.invalidate_guards()
            cache.invalidate_target()
        if self.state is _ACTIVE and not cache.guards_kept():
            self._check_guards()
        reason = self._why_no_quotes()
        if reason is not None:
            self.ladder.clear()
            cache.invalidate_orders()
            self.reconciler.pull(now, reason, self._actions)
        elif now >= self._next_quote_at or self.config.react:
            self._next_quote_at = now + self.terms.interval_ns
            self._quote(now)
        elif self.reconciler.pull_exposed(now, self.market.fair, self._actions):
            cache.invalidate_orders()
        self.quoter.uptime.note(now, self.state is _ACTIVE, self.orders.working)

    def _check_guards(self) -> None:
        """Every guard compares; where none objects, they rest while the mid stays where none
        could."""
        cache, risk_monitor = self.cache, self.risk_monitor
        cache.invalidate_guards()
        cause = risk_monitor.check(self.now)
        if cause is not None:
            self._move(Command.HALT, GUARD, cause)
        elif self.unwinding and self.accounts.flat:
            self._move(Command.PAUSE, GUARD, UNWOUND)
        elif self.market.blind is None:
            stopped = risk_monitor.stop_members()
            if self.reconciler.limit(risk_monitor.room_value, risk_monitor.limit_reason) or stopped:
                cache.invalidate_orders()
            cache.keep_guards(risk_monitor.zone_x2())

    def _why_no_quotes(self) -> Reason | None:
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

    def _quote(self, now: Nanos) -> None:
        market, ladder, cache = self.market, self.ladder, self.cache
        book, top, is_watched = market.book, market.top, self.reconciler.is_watched
        if is_watched:
            self.reconciler.stopwatch.start()
        if not cache.target_kept():
            self.quoter.refresh(now)
            cache.keep_target()
        ladder.update(market.fair, (book.bid, book.ask), (top.bid, top.ask))
        if is_watched:
            self.reconciler.stopwatch.quoted()
        reference_x2 = market.reference_x2(now)
        if self.unwinding:
            cache.invalidate_orders()
            self.reconciler.unwind(now, ladder, reference_x2, self._actions)
        else:
            self._reconcile(now, reference_x2)

    def _reconcile(self, now: Nanos, reference_x2: int) -> None:
        cache, reconciler = self.cache, self.reconciler
        if cache.orders_kept(reference_x2):
            reconciler.on_clamp(self.ladder.clamp)
            cache.keep_turn()
            return
        at = cache.orders_at
        cache.invalidate_orders()
        if reconciler.quote(now, self.ladder, reference_x2, self._actions):
            cache.keep_orders(at, reconciler.room_below_x2)
            cache.keep_turn()

    def _move(self, command: Command, by: str, reason: str) -> None:
        """Make a move that the state table allows; one that moves nothing keeps the reason."""
        state = advance(self.state, command)
        unwinding = command is Command.UNWIND
        if state is self.state and unwinding is self.unwinding:
            return
        self.unwinding = unwinding
        self.tally.moves += 1
        if state is not self.state and state is PoolState.ACTIVE:
            self._next_quote_at = 0
            self.market.start_watch(self.now)
            self.risk_monitor.start(resumed=command is Command.RESUME)
            for account in self.accounts.all:
                account.stopped = ""
        self.state, self.state_reason = state, reason
        self.cache.invalidate_guards()
        self.cache.invalidate_orders()
        self._actions.append(RecordState(self.now, state, by, reason))

    def _apply_config(self, config: PoolConfig, before: PoolConfig | None) -> None:
        if config.symbol != self.instrument.symbol:
            raise InvalidFieldError("symbol", config.symbol, self.instrument.symbol)
        self.terms = terms_of(self.instrument, config)
        self.config = config
        self.market.configure(config, self.terms.stale_ns, before)
        self.market.dust_value = self.instrument.tick_lots(config.dust_usdt)
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
        self._measures_lag = config.max_consumer_lag_ms > 0
        self.ladder.clear()
        self.quoter.configure(self.terms)
        self._next_quote_at = 0
        self.cache.invalidate()

    # what happens

    def _on_trade(self, event: Trade) -> None:
        self.tally.trades += 1
        self.market.on_trade(event)

    def _on_mark(self, event: MarkPrice) -> None:
        self.market.on_mark(event)
        self.cache.invalidate_guards()

    def _on_lead(self, event: LeadMoved) -> None:
        self.market.on_lead(event)

    def _on_status(self, event: InstrumentStatus) -> None:
        self.market.halted = event.halted
        self.cache.invalidate_guards()

    def _on_limits(self, event: LimitsChanged) -> None:
        self.instrument = replace(self.instrument, limits=event.limits)
        self.terms = terms_of(self.instrument, self.config)
        self.quoter.configure(self.terms)
        self.reconciler.configure(self.terms, self._budget)
        self.reconciler.withdraw(self.now, self.market.reference_x2(self.now), self._actions)
        self.cache.invalidate()

    def _on_accepted(self, event: Accepted) -> None:
        if self.orders.accepted(event):
            self.tally.rejects_in_a_row = 0

    def _on_canceled(self, event: Canceled) -> None:
        self.orders.canceled(event)

    def _on_cancel_rejected(self, event: CancelRejected) -> None:
        self.orders.cancel_rejected(event)

    def _on_unanswered(self, event: Unanswered) -> None:
        self.orders.unanswered(event)

    def _on_rejected(self, event: Rejected) -> None:
        order = self.orders.rejected(event)
        if order is None:
            return
        self.cache.invalidate_guards()
        if event.reason is RejectReason.POST_ONLY:
            self.tally.post_only_rejects += 1
            book = self.market.book
            self.ladder.refused(order.side, order.price, book.bid if order.side else book.ask)
        else:
            self.tally.rejects += 1
            if self._is_step_to_storm(event.reason):
                self.tally.rejects_in_a_row += 1

    def _is_step_to_storm(self, reason: RejectReason) -> bool:
        if reason is RejectReason.RATE_LIMIT:
            return self.risk_monitor.on_rate_limit(self.now)
        return reason not in WAIT_AND_RETRY

    def _on_fill(self, event: Filled) -> None:
        order = self.orders.filled(event)
        if order is None:
            self.tally.unattributed_fills += 1
            if self.orders.find(event.order_id) is None and self.state is PoolState.ACTIVE:
                self._move(Command.PAUSE, GUARD, UNKNOWN_FILL)
            return
        self.cache.invalidate_guards()
        self.risk_monitor.on_fill(order.side, self.now)
        self.market.on_fill(self.now, SIGNS[order.side], event.price)
        self.accounts.fill(order, SIGNS[order.side], event.price, event.size, event.fee)
        self._record(event, order.owner)
        contradiction = order.contradicts(event.price)
        if contradiction is not None:
            self.tally.impossible_fills += 1
            if self.state is PoolState.ACTIVE:
                self._move(Command.PAUSE, GUARD, contradiction)

    def _on_fill_found(self, event: FillFound) -> None:
        if self.orders.find(event.order_id) is not None:
            self._on_fill(plain_fill(event))
            return
        self.accounts.found(event)
        self.cache.invalidate()
        owner = (event.member, event.side, event.level, event.client_order_id, event.account_id)
        self._record(event, owner)

    def _record(self, fill: Filled | FillFound, owner: Owner) -> None:
        self.tally.filled(fill.fee_token)
        mid_x2 = 0 if self.market.blind else self.market.mid_x2
        self._actions.append(record_of(fill, owner, mid_x2))

    def _on_restored(self, event: Restored) -> None:
        self.accounts.restore(event)
        self.names.follow(event.stamp)
        self.state_reason = event.reason
        self.cache.invalidate()

    def _on_funding(self, event: FundingPaid) -> None:
        self._actions += self.accounts.fund(event)
        self.market.on_funding(event)
        self.cache.invalidate_guards()

    def _on_exposure(self, event: ExposureTold) -> None:
        self.risk_monitor.on_exposure(event)
        self.cache.invalidate_guards()

    def _on_command(self, event: Operated) -> None:
        if self.state is PoolState.HALTED and event.command is Command.RESUME:
            cause = self._still_holds()
            if cause is not None:
                refusal = f"cannot resume while the cause holds: {cause}"
                self._actions.append(RecordRefusal(self.now, event.command, event.by, refusal))
                return
        try:
            self._move(event.command, event.by, event.reason)
        except IllegalTransitionError as error:
            self._actions.append(RecordRefusal(self.now, event.command, event.by, str(error)))

    def _still_holds(self) -> str | None:
        """The cause that would halt the pool again at once, or None."""
        self.market.refresh(self.now)
        return self.cause()

    def cause(self) -> str | None:
        """What would halt the pool at once were it resumed, or why it sees nothing; or None."""
        blind = self.market.blind
        return self.risk_monitor.cause(self.now) or (blind.value if blind else None)

    def _on_config(self, event: Configured) -> None:
        try:
            self._apply_config(event.config, before=self.config)
        except InvalidFieldError as error:
            self._actions.append(RecordRefusal(self.now, "configure", "config", str(error)))


def _row(kind: type[_Event], handler: Callable[[Engine, _Event], None]) -> tuple[type, _Handler]:
    """A line of HANDLERS, whose handler takes events of just this kind."""
    return kind, handler


HANDLERS: Final[dict[type, _Handler]] = dict(
    [
        _row(BookTop, lambda engine, event: engine.market.book.top(event)),
        _row(BookDelta, lambda engine, event: engine.market.book.delta(event)),
        _row(BookSnapshot, lambda engine, event: engine.market.book.snapshot(event)),
        _row(BookLost, lambda engine, event: engine.market.book.lost(event)),
        _row(Trade, Engine._on_trade),
        _row(MarkPrice, Engine._on_mark),
        _row(LeadMoved, Engine._on_lead),
        _row(InstrumentStatus, Engine._on_status),
        _row(LimitsChanged, Engine._on_limits),
        _row(Accepted, Engine._on_accepted),
        _row(Rejected, Engine._on_rejected),
        _row(Canceled, Engine._on_canceled),
        _row(CancelRejected, Engine._on_cancel_rejected),
        _row(Unanswered, Engine._on_unanswered),
        _row(Filled, Engine._on_fill),
        _row(FillFound, Engine._on_fill_found),
        _row(FundingPaid, Engine._on_funding),
        _row(ExposureTold, Engine._on_exposure),
        _row(Restored, Engine._on_restored),
        _row(Operated, Engine._on_command),
        _row(Configured, Engine._on_config),
    ]
)
"""What takes each kind of event. A new kind is a line here; without one a turn raises KeyError."""
