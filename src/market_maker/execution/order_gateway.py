"""The gateway: the road between an engine and its venue.

An order goes out when it is on record and when its pool, at that very instant, still wants it:
between the commit and the wire the order gate is checked, and nothing is awaited in between.
An order that does not go out is told to the engine as cancelled, for it is proved that it is not on
any book. Cancels wait for nothing.

A database that is slow for a moment costs the orders of that moment, and nothing else. A pool of
which nothing could be put on record for SILENT_MAX, or that the database turned away for
TURNED_AWAY_MAX, stops trying: it alone is paused, with the reason.
"""

from collections import deque

from msgspec import Struct

from market_maker.execution.client_order_id import client_order_id
from market_maker.execution.intent_log import Intent, IntentLog, IntentOutcome
from market_maker.execution.order_gate import OrderGate
from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    Event,
    Filled,
    Rejected,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Address, Order, OrderState
from market_maker.model.records import OrderChange, OrderRecord, OrderStatus
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId
from market_maker.ports import Clock, Venue

INTENT_AGE_MAX = Nanos(NANOS_PER_SECOND)
"""A price that was decided longer ago is not sent any more."""

SILENT_MAX = Nanos(3 * NANOS_PER_SECOND)
TURNED_AWAY_MAX = Nanos(3 * NANOS_PER_SECOND // 2)
"""How long none of a pool's orders may get on record in time, where the database takes its time
and where it fails at once, until the pool is paused."""

ENDED_KEPT = 250
ENDED_KEPT_FOR = Nanos(60 * NANOS_PER_SECOND)
"""Orders that ended and whose late fills can be attributed at once: the latest, of so long. A fill
that comes later still is found by reconciliation on the venue's list, and its order in the
store."""

NEVER_SENT = "never sent: "
TOO_SLOW = "the database does not answer in time"


class _Waiting(Struct, frozen=True):
    """An intent on its way to the record."""

    order: Place
    name: str
    epoch: int
    decided: Nanos


class _Known:
    """What is on record of an order that was sent."""

    __slots__ = ("filled", "name", "over", "size", "trades")

    def __init__(self, name: str, size: Lots) -> None:
        self.name, self.size = name, size
        self.filled = 0
        self.over = False
        self.trades: tuple[int, ...] = ()


class OrderGateway:
    """MarketData and Orders of one pool. sent: orders that went out; withheld: orders that did
    not; unrecorded: those of them that were not put on record in time."""

    def __init__(
        self,
        venue: Venue,
        instrument: Instrument,
        log: IntentLog,
        order_gate: OrderGate,
        clock: Clock,
    ) -> None:
        self._venue, self._instrument, self._log = venue, instrument, log
        self._order_gate, self._clock = order_gate, clock
        self._waiting: dict[OrderId, _Waiting] = {}
        self._known: dict[OrderId, _Known] = {}
        self._ended: deque[tuple[Nanos, OrderId]] = deque()
        self._names: dict[str, OrderId] = {}
        self._own: list[Event] = []
        self._stuck_since: Nanos | None = None
        self._stuck_at = Nanos(0)
        self.sent = self.withheld = self.unrecorded = 0

    # Orders

    def place(self, now: Nanos, order: Place) -> None:
        moment = self._log.moment()
        name = client_order_id(self._instrument.symbol, order, moment)
        self._waiting[order.order_id] = _Waiting(order, name, self._order_gate.epoch, now)
        record = OrderRecord(
            client_order_id=name,
            symbol=self._instrument.symbol,
            order_id=order.order_id,
            participant_id=order.member,
            account_id="",
            side=order.side,
            level=order.level,
            price=order.price,
            size=order.size,
            filled=Lots(0),
            reduce_only=order.reduce_only,
            status=OrderStatus.PENDING_NEW,
            venue_order_id="",
            reason="",
            tick_size=self._instrument.tick_size,
            lot_size=self._instrument.lot_size,
            config_version=self._order_gate.config_version,
            created_at=moment,
            updated_at=moment,
        )
        self._log.intend(Intent(record, lambda outcome: self._recorded(order.order_id, outcome)))

    def cancel(self, now: Nanos, order_id: OrderId) -> None:
        waiting = self._waiting.get(order_id)
        if waiting is None:
            self._venue.cancel(now, order_id)
        else:
            self._withhold(waiting, "cancelled before it went out")

    def open_orders(self, now: Nanos) -> tuple[Order, ...]:
        intended = tuple(map(_shown, self._waiting.values()))
        return self._venue.open_orders(now) + intended

    # MarketData

    def poll(self, now: Nanos) -> list[Event]:
        self._give_up_slow_ones(now)
        own, self._own = self._own, []
        events = [*own, *self._venue.poll(now)]
        return [event for event in events if self._note(event)]

    def due(self, now: Nanos) -> Nanos:
        return now if self._own else self._venue.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._venue.request_snapshot(now)

    # what reconciliation asks

    def knows(self, name: str) -> bool:
        """Whether an order of this name went out from here, or may yet, and is not over."""
        order_id = self._names.get(name)
        if order_id is None:
            return any(waiting.name == name for waiting in self._waiting.values())
        return not self._known[order_id].over

    # from intent to order

    def _give_up_slow_ones(self, now: Nanos) -> None:
        """A database that hangs must not hold the engine's slots."""
        slow = [w for w in self._waiting.values() if now - w.decided > INTENT_AGE_MAX]
        for waiting in slow:
            self._log.suspect(TOO_SLOW)
            self._miss(waiting, TOO_SLOW, SILENT_MAX)

    def _recorded(self, order_id: OrderId, outcome: IntentOutcome) -> None:
        """The log is done with it."""
        waiting = self._waiting.get(order_id)
        if waiting is None:
            return
        if outcome.account_id is None:
            limit = Nanos(0) if outcome.refused else TURNED_AWAY_MAX
            self._miss(waiting, outcome.problem, limit)
            return
        reason = self._why_not(waiting)
        if reason == TOO_SLOW:
            self._miss(waiting, TOO_SLOW, SILENT_MAX)
            return
        self._stuck_since = None
        if reason:
            self._withhold(waiting, reason)
            return
        del self._waiting[order_id]
        self._remember(order_id, _Known(waiting.name, waiting.order.size))
        self.sent += 1
        address = Address(waiting.name, outcome.account_id)
        self._venue.place(self._clock.now(), waiting.order, address)

    def _miss(self, waiting: _Waiting, problem: str, limit: Nanos) -> None:
        """It was not put on record in time; if that has gone on for `limit`, the pool is stuck."""
        now = self._clock.now()
        if self._stuck_since is None or now - self._stuck_at > SILENT_MAX:
            self._stuck_since = waiting.decided
        self._stuck_at = now
        self.unrecorded += 1
        self._log.unrecorded += 1
        self._withhold(waiting, problem)
        if now - self._stuck_since >= limit:
            self._stuck_since = None
            self._log.stuck(self._instrument.symbol, f"no order can be put on record: {problem}")

    def _why_not(self, waiting: _Waiting) -> str:
        """Why it must not go out now; empty when it may."""
        if not self._order_gate.is_open:
            return "the pool does not quote any more"
        if self._order_gate.epoch != waiting.epoch:
            return "the pool was stopped meanwhile"
        if self._clock.now() - waiting.decided > INTENT_AGE_MAX:
            return TOO_SLOW
        return ""

    def _withhold(self, waiting: _Waiting, reason: str) -> None:
        self.withheld += 1
        del self._waiting[waiting.order.order_id]
        now = self._clock.now()
        self._own.append(Canceled(now, now, waiting.order.order_id))
        if not self._log.withdraw(waiting.name):
            # Although it may not be on record: a commit that failed may have succeeded.
            self._change(waiting.name, OrderStatus.CANCELED, Lots(0), NEVER_SENT + reason)
        self._log.forget(self._instrument.symbol, waiting.order.order_id)

    def _remember(self, order_id: OrderId, known: _Known) -> None:
        self._known[order_id] = known
        self._names[known.name] = order_id

    def _end(self, order_id: OrderId, known: _Known) -> None:
        if known.over:
            return
        known.over = True
        now = self._clock.now()
        self._ended.append((now, order_id))
        while len(self._ended) > ENDED_KEPT or now - self._ended[0][0] > ENDED_KEPT_FOR:
            _, oldest = self._ended.popleft()
            del self._names[self._known.pop(oldest).name]
            self._log.forget(self._instrument.symbol, oldest)

    # from order to record

    def _note(self, event: Event) -> bool:
        """Record what happened to an order; gives whether the engine is to hear of it."""
        order_id: OrderId | None = getattr(event, "order_id", None)
        known = self._known.get(order_id) if order_id is not None else None
        if order_id is None or known is None:
            return not isinstance(event, Filled)
        match event:
            case Filled():
                self._filled(order_id, known, event)
            case Accepted():
                self._change(known.name, OrderStatus.LIVE, Lots(known.filled))
            case Unanswered():
                self._change(known.name, OrderStatus.UNKNOWN, Lots(known.filled))
            case Rejected():
                self._end(order_id, known)
                self._change(known.name, OrderStatus.REJECTED, Lots(known.filled), event.reason)
            case Canceled():
                self._end(order_id, known)
                self._change(known.name, OrderStatus.CANCELED, Lots(known.filled))
            case _:
                pass
        return True

    def _filled(self, order_id: OrderId, known: _Known, fill: Filled) -> None:
        if fill.trade_id in known.trades:
            return
        known.trades += (fill.trade_id,)
        known.filled += fill.size
        complete = known.filled >= known.size
        if complete:
            self._end(order_id, known)
        status = OrderStatus.FILLED if complete else OrderStatus.LIVE
        self._change(known.name, status, Lots(known.filled))

    def _change(self, name: str, status: OrderStatus, filled: Lots, reason: str = "") -> None:
        self._log.change(
            OrderChange(
                client_order_id=name,
                status=status,
                filled=filled,
                updated_at=self._clock.now(),
                reason=reason,
            )
        )


def _shown(waiting: _Waiting) -> Order:
    order = waiting.order
    return Order(
        order_id=order.order_id,
        member=order.member,
        side=order.side,
        level=order.level,
        price=order.price,
        size=order.size,
        leaves=order.size,
        state=OrderState.PENDING_NEW,
    )
