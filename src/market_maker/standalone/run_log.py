"""What the engine does, in the SOP's words (7.3; design paper hyperliquid_additions, section 5)."""

from collections.abc import Callable, Mapping
from typing import Any

from market_maker.engine.engine import Engine
from market_maker.engine.estimates_report import estimates_of
from market_maker.model.actions import (
    Cancel,
    Place,
    RecordFill,
    RecordFunding,
    RecordState,
    Turn,
)
from market_maker.model.events import (
    WAIT_AND_RETRY,
    BookLost,
    Canceled,
    Rejected,
    RejectReason,
    Trade,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import BUY, SELL, OrderState, Side
from market_maker.model.quotes import Reason
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId, Value
from market_maker.risk.cascade import CALM, Band
from market_maker.risk.guards import DRAWDOWN, Guard, report
from market_maker.standalone.kill_words import GuardWords
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.symptoms import FlowTally
from market_maker.telemetry.names import ESTIMATED
from market_maker.venues.hyperliquid.connection import HyperliquidConnection

WARMUP_EVERY_S = 5
REPEATED_EVERY = Nanos(30 * NANOS_PER_SECOND)
NEAR_PCT = 80
"""Of a guard's threshold, from which a person is warned."""

_REDUCING = (
    Reason.POSITION_LIMIT,
    Reason.MEMBER_LIMIT,
    Reason.LOSS_LIMIT,
    Reason.DRAWDOWN_LIMIT,
)
_GOING = (OrderState.PENDING_CANCEL, OrderState.UNKNOWN)
_DONE = {Side.BUY: "bought", Side.SELL: "sold"}


class Repeats:
    """What recurs while the venue stays as it is: said at most once in REPEATED_EVERY."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[Nanos, int]] = {}

    def fields(self, what: str, now: Nanos) -> dict[str, int] | None:
        """None where it is not to be said now; else how often it was left out since."""
        before = self._said.get(what)
        if before is not None and now - before[0] < REPEATED_EVERY:
            self._said[what] = before[0], before[1] + 1
            return None
        self._said[what] = now, 0
        return {"repeated": before[1]} if before is not None and before[1] else {}


class RunLog:
    """ports.Journal. What lasts is said when it begins and when it ends. tally: of what passed."""

    def __init__(
        self,
        instrument: Instrument,
        settings: MakerSettings,
        connection: HyperliquidConnection,
        log: MakerLogger,
    ) -> None:
        self._instrument, self._settings, self._log = instrument, settings, log
        self._connection = connection
        self._engine: Engine | None = None
        self.tally = FlowTally()
        self._blind: Reason | None = None
        self._cut = False
        self._band: Band = CALM
        self._warm = False
        self._told_at = 0
        self._reducing = False
        self._near: frozenset[str] = frozenset()
        self._placed: dict[OrderId, Place] = {}
        self._filled: dict[OrderId, int] = {}
        self._repeats = Repeats()
        self._writes: Mapping[type, Callable[[Any], None]] = {
            RecordFill: self._on_fill,
            RecordFunding: self._on_funding,
            RecordState: self._on_move,
            Rejected: self._on_rejected,
            Canceled: self._on_canceled,
            Unanswered: self._on_unanswered,
            BookLost: self._on_lost,
        }

    def begin(self, engine: Engine) -> None:
        self._engine, self._blind = engine, engine.market.blind
        strategy = self._settings.strategy_type
        symbol = self._instrument.symbol
        self._log.info(f"Market maker started for {symbol} with {strategy} strategy")
        self._log.info("Warming up parameter estimator...")

    def append(self, turn: Turn) -> None:
        for told in (*turn.events, *turn.actions):
            write = self._writes.get(type(told))
            if write is not None:
                write(told)
        engine = self._engine
        assert engine is not None
        self._trades(turn)
        self._quotes(turn, engine)
        if engine.market.blind is not self._blind:
            self._sees(engine)
        if engine.risk_monitor.band is not self._band:
            self._cascade(engine)
        if turn.now - self._told_at >= WARMUP_EVERY_S * NANOS_PER_SECOND:
            self._told_at = turn.now
            self._warmup(engine)
            self._watch(engine)

    # quotes

    def _trades(self, turn: Turn) -> None:
        count = sum(isinstance(event, Trade) for event in turn.events)
        self.tally.trades += count
        if count:
            symbol = self._instrument.symbol
            self._log.debug("Trades processed", asset=symbol, processed=count, skipped=0)

    def _quotes(self, turn: Turn, engine: Engine) -> None:
        placed = [action for action in turn.actions if isinstance(action, Place)]
        cancels = sum(isinstance(action, Cancel) for action in turn.actions)
        if not placed and not cancels:
            return
        for place in placed:
            self._placed[place.order_id] = place
        wanted = [each for each in engine.orders.open() if each.state not in _GOING]
        bids = [order for order in wanted if order.side == BUY]
        asks = [order for order in wanted if order.side == SELL]
        best_bid = max((order.price for order in bids), default=0)
        best_ask = min((order.price for order in asks), default=0)
        shown = {
            "best_bid": self._price(best_bid),
            "best_ask": self._price(best_ask),
        }
        levels = {"bid_levels": len(bids), "ask_levels": len(asks)}
        self._log.debug("Calculated ladder quotes", **levels, **shown)
        self._log.info(
            "Quote cycle complete",
            modified=len(placed) + cancels,
            **shown,
            spread_bps=round(engine.ladder.spread_bps, 2),
            **levels,
            position=self._size(engine.accounts.pool.lots),
        )

    # what happened

    def _on_fill(self, fill: RecordFill) -> None:
        engine = self._engine
        assert engine is not None
        order = self._placed.get(fill.order_id)
        filled = self._filled[fill.order_id] = self._filled.get(fill.order_id, 0) + fill.size
        left = 0 if order is None else max(0, order.size - filled)
        price, size = self._price(fill.price), self._size(fill.size)
        if order is None:
            self._log.warning(
                f"[Fill] Untracked order filled: oid={fill.order_id} tid={fill.trade_id} "
                f"cloid={fill.client_order_id}"
            )
        self._log.info(
            "Fill processed",
            oid=fill.order_id,
            tid=fill.trade_id,
            side=fill.side,
            size=size,
            price=price,
            filled=self._size(filled),
            remaining=self._size(left),
            state="filled" if not left else "partially filled",
        )
        if fill.side is Side.BUY:
            self.tally.bought += fill.size
        else:
            self.tally.sold += fill.size
        pool = engine.accounts.pool
        mid_x2 = engine.market.mid_x2
        net = self._instrument.money(Value(pool.net(mid_x2) if mid_x2 else 0))
        self._log.info(
            f"[Fill] {_DONE[fill.side]} {size} {self._instrument.symbol} | oid={fill.order_id} "
            f"tid={fill.trade_id} | position: {self._size(pool.lots)} | "
            f"AS: {_rounded(self._estimate('adverse_selection'))}bps | P&L: ${net:.4f}"
        )
        if not left:
            self._placed.pop(fill.order_id, None)
            self._filled.pop(fill.order_id, None)

    def _on_funding(self, paid: RecordFunding) -> None:
        self._log.info(
            "Funding", position=self._size(paid.position), amount=self._money(paid.amount)
        )

    def _on_move(self, move: RecordState) -> None:
        if move.state is PoolState.HALTED:
            guard = next((one for one in self._guards() if one.name == move.reason), None)
            why = move.reason if guard is None else self._words().tripped(guard)
            self._log.error(f"KILL SWITCH TRIGGERED: [{why}]", cause=move.reason, by=move.by)
        else:
            self._log.info(f"Maker is {move.state}", by=move.by, reason=move.reason)

    def _on_rejected(self, event: Rejected) -> None:
        order = self._placed.pop(event.order_id, None)
        if order is None or event.reason is RejectReason.POST_ONLY:
            self._log.debug("Post-only order would have crossed", oid=event.order_id)
            return
        waits = event.reason in WAIT_AND_RETRY
        fields = self._repeats.fields(event.reason, event.ts_recv) if waits else {}
        if fields is None:
            return
        symbol = self._instrument.symbol
        if event.reason is RejectReason.OPEN_INTEREST:
            self._log.warning("HIP-3 OI cap reached, skipping quotes", asset=symbol, **fields)
            return
        write = self._log.warning if waits else self._log.error
        write(
            f"Order rejected: asset={symbol} side={order.side} sz={self._size(order.size)} "
            f"price={self._price(order.price)} cloid={order.client_order_id} "
            f"error={ERROR_WORDS.get(event.reason, 'Rejected')}: {event.reason}"
            f"{self._said()}",
            **fields,
        )

    def _said(self) -> str:
        problem = self._connection.problem
        return f" (venue: {problem})" if problem else ""

    def _on_canceled(self, event: Canceled) -> None:
        self._placed.pop(event.order_id, None)
        self._filled.pop(event.order_id, None)
        if event.reason:
            word = f" error={LIQUIDATED}" if event.reason == MARGIN_CANCELED else ""
            said = f"Order canceled by the venue{word}"
            self._log.warning(said, oid=event.order_id, why=event.reason)

    def _on_unanswered(self, event: Unanswered) -> None:
        self._log.debug("Order unknown: the venue is asked", oid=event.order_id)

    def _on_lost(self, event: BookLost) -> None:
        self._cut = True
        self._log.warning("Market data lost: connection broken", reason=event.reason)

    # what lasts

    def _sees(self, engine: Engine) -> None:
        self._blind = engine.market.blind
        if self._blind is None:
            again = ": reconnected" if self._cut else ""
            self._cut = False
            self._log.info(f"Market data usable{again}")
            return
        age = (engine.now - engine.market.book.ts_recv) / NANOS_PER_SECOND
        if self._blind is Reason.STALE:
            self._log.warning(
                "WebSocket data is stale - connection may be unhealthy", data_age_secs=round(age, 2)
            )
            self._log.warning("Data staleness exceeded", data_age_secs=round(age, 2))
        else:
            self._log.warning(f"Market data unusable: {self._blind.value}")

    def _cascade(self, engine: Engine) -> None:
        self._band = engine.risk_monitor.band
        self.tally.cascades += self._band is not CALM
        severity = round(engine.risk_monitor.severity, 3)
        if self._band is CALM:
            self._log.info("Cascade over", severity=severity)
            return
        pulls = "pulled" if self._band.pulls else "on"
        factors = {"gamma": self._band.gamma, "size": self._band.size, "quotes": pulls}
        self._log.warning("Cascade detected", severity=severity, **factors)

    def _warmup(self, engine: Engine) -> None:
        if self._warm:
            return
        market = engine.market
        if market.warm and market.blind is None:
            self._warm = True
            self._log.info("Parameter estimation warmed up")
            sigma = self._estimate("sigma")
            self._log.info(
                f"Warmup complete! σ={'-' if sigma is None else f'{sigma:.6f}'}, "
                f"κ={_rounded(self._estimate('kappa_hat'))}, "
                f"jump_ratio={_rounded(self._estimate('jump_ratio'))}"
            )
            return
        wanted = [*market.warmup, ("samples", *market.samples)]
        seen = ", ".join(f"{have}/{want} {name}" for name, have, want in wanted)
        self._log.info(f"Warming up: {seen}")

    def _watch(self, engine: Engine) -> None:
        guards = self._guards()
        fallen = next((guard.value for guard in guards if guard.name == DRAWDOWN), 0)
        self.tally.drawdown = max(self.tally.drawdown, fallen)
        near = [
            guard
            for guard in guards
            if guard.threshold > 1 and guard.value * 100 >= guard.threshold * NEAR_PCT
        ]
        for guard in near:
            if guard.name not in self._near:
                said = self._words().nears(guard)
                self._log.warning(f"Kill switch condition detected: {said}")
        self._near = frozenset(guard.name for guard in near)
        reasons = engine.reconciler.reasons
        reducing = any(reason in _REDUCING for reason in reasons)
        if reducing and not self._reducing:
            why = next(reason for reason in reasons if reason in _REDUCING)
            position = self._size(engine.accounts.pool.lots)
            self._log.warning("Reduce-only mode", reason=why.value, position=position)
        elif self._reducing and not reducing:
            self._log.info("Reduce-only mode over")
        self._reducing = reducing

    def _guards(self) -> tuple[Guard, ...]:
        engine = self._engine
        assert engine is not None
        return report(engine.readings(), engine.terms.guard_limits)

    def _words(self) -> GuardWords:
        engine = self._engine
        assert engine is not None
        age = (engine.now - engine.market.book.ts_recv) / NANOS_PER_SECOND
        return GuardWords(self._instrument, float(self._settings.stale_data_threshold_secs), age)

    def _estimate(self, name: str) -> float | None:
        """As it is measured now, in the unit of its metric."""
        engine = self._engine
        assert engine is not None
        found = (each.value for each in estimates_of(engine.market) if each.name == name)
        value, (_, one) = next(found, None), ESTIMATED[name]
        return None if value is None else value / one

    def _price(self, ticks: float) -> str:
        return f"{self._instrument.price(int(ticks)).normalize():f}" if ticks else "-"

    def _size(self, lots: int) -> str:
        return str(self._instrument.quantity(lots))

    def _money(self, value: int) -> str:
        return str(self._instrument.money(Value(value)))


def _rounded(value: float | None) -> str:
    """- while it is not measured."""
    return "-" if value is None else f"{value:.2f}"


ERROR_WORDS = {
    RejectReason.MARGIN: "InsufficientMargin",
    RejectReason.RATE_LIMIT: "RateLimited",
    RejectReason.QUOTA: "RateLimited",
    RejectReason.INVALID: "InvalidPrice",
    RejectReason.POSITION_LIMIT: "PositionLimit",
    RejectReason.MIN_NOTIONAL: "OrderTooSmall",
    RejectReason.PRICE_DISTANCE: "PriceTooFar",
}
"""The SOP's words (9.4), and ours where it has none."""

MARGIN_CANCELED = "margin"
LIQUIDATED = "OrderWouldBeLiquidated"
"""The SOP's word for what the venue does in its own: it checks an order's margin again when it is
to be matched, and takes off one that the account could not carry."""
