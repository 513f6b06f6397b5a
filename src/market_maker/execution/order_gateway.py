"""The gateway between an engine and its venue.

An order goes out when it is on record and when its pool, at that very instant, still wants it and
this worker may still trade its symbol: between the commit and the wire the order gate and the lease
are checked, and nothing is awaited in between.
The engine gets an order that does not go out as cancelled, for it is proved that it is not on any
book. Cancels wait for nothing.

A database that is slow for a moment costs the orders of that moment, and nothing else. A pool of
which nothing could be put on record for UNRECORDED_MAX stops trying: it alone is paused, with the
reason. A database that restarts, or whose sessions are cut, is back before that.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from market_maker.execution.foreign_fills import ForeignFills
from market_maker.execution.intent_log import Intent, IntentLog, IntentOutcome
from market_maker.execution.order_gate import OrderGate
from market_maker.model.actions import Place
from market_maker.model.client_order_id import stamp_of
from market_maker.model.events import (
    Accepted,
    Canceled,
    Event,
    Filled,
    FillFound,
    Rejected,
    Unanswered,
)
from market_maker.model.inbox import MARKET_DATA
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, OrderState
from market_maker.model.ownership import Fence
from market_maker.model.records import OrderChange, OrderRecord, OrderStatus
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId
from market_maker.ports import EVER, Clock, Venue
from market_maker.venues.tracking import SentOrder, SentOrders, shown

INTENT_AGE_MAX = Nanos(NANOS_PER_SECOND)
"""A price that was decided longer ago is not sent any more."""

UNRECORDED_MAX = Nanos(10 * NANOS_PER_SECOND)
"""How long none of a pool's orders may get on record in time until the pool is paused;
misses that lie further apart do not belong to one trouble."""

BOOKED_KEPT = 20_000
"""Executions found by reconciliation that are remembered until they are stored, and longer."""

NEVER_SENT = "never sent: "
TOO_SLOW = "the database does not answer in time"


class _Waiting(Struct, frozen=True):
    """An intent on its way to the record."""

    order: Place
    epoch: int
    fence: Fence | None
    decided: Nanos

    @property
    def name(self) -> str:
        return self.order.client_order_id


class OrderGateway:
    """MarketData and Orders of one pool, in front of its venue. sent: the memory of what went out,
    which the venue keeps up to date. withheld: orders that did not go out; unrecorded: those of
    them that were not put on record in time."""

    def __init__(
        self,
        venue: Venue,
        sent: SentOrders,
        instrument: Instrument,
        log: IntentLog,
        *,
        order_gate: OrderGate,
        clock: Clock,
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """arrived: called when there is something to poll that the venue did not say."""
        self._arrived = arrived
        self._venue, self._sent, self._instrument, self._log = venue, sent, instrument, log
        self._order_gate, self._clock = order_gate, clock
        self._waiting: dict[OrderId, _Waiting] = {}
        self._own: list[Event] = []
        self._foreign = ForeignFills(instrument, log, order_gate, clock, arrived)
        self._booked: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._stuck_since: Nanos | None = None
        self._stuck_at = Nanos(0)
        self.withheld = self.unrecorded = 0

    # Orders

    def place(self, now: Nanos, order: Place) -> None:
        fence = self._log.lease.fence(self._instrument.symbol)
        self._waiting[order.order_id] = _Waiting(order, self._order_gate.epoch, fence, now)
        moment = stamp_of(order.client_order_id)
        record = OrderRecord(
            **shared_fields(OrderRecord, order, self._instrument),
            participant_id=order.member,
            filled=Lots(0),
            status=OrderStatus.PENDING_NEW,
            venue_order_id="",
            reason="",
            config_version=self._order_gate.config_version,
            created_at=moment,
            updated_at=moment,
        )
        done = partial(self._recorded, order.order_id)
        self._log.intend(Intent(record, fence, done))

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        out: list[OrderId] = []
        for order_id in order_ids:
            waiting = self._waiting.get(order_id)
            if waiting is not None:
                self._withhold(waiting, "cancelled before it went out")
            elif order_id > 0 or self.owns_symbol:
                out.append(order_id)
        if out:
            self._venue.cancel(now, *out)

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:
        intended = tuple(map(_shown, self._waiting.values()))
        return self._venue.open_orders(now, after) + intended

    # MarketData

    def poll(self, now: Nanos) -> list[Event]:
        if self._waiting:
            self._give_up_slow_ones(now)
        own, self._own = self._own, []
        for event in self._venue.poll(now):
            # Facts about the market, of which there are most, are about no order.
            heard = event if type(event) in MARKET_DATA else self._note(event)
            if heard is not None:
                own.append(heard)
        own.extend(self._foreign.drain())
        return own

    def due(self, now: Nanos) -> Nanos:
        return now if self._own or len(self._foreign) else self._venue.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._venue.request_snapshot(now)

    # what reconciliation asks

    @property
    def owns_symbol(self) -> bool:
        """Whether an order of the symbol that did not go out here can be no other worker's: while
        our lease lasts. Venues number such orders below 0. A worker that was frozen is asked this
        before it has found out that it has a successor."""
        lease = self._log.lease
        return not lease.problem(lease.fence(self._instrument.symbol))

    def knows(self, name: str) -> bool:
        """Whether an order of this name went out from here, or may yet, and is not over."""
        sent = self._sent.named(name)
        if sent is None:
            return any(waiting.name == name for waiting in self._waiting.values())
        return not sent.over

    def found(self, fill: FillFound) -> bool:
        """Reconciliation found a missed execution on the venue's list: it is the engine's next
        event, unless it was counted meanwhile. Returns whether it was not."""
        if (fill.client_order_id, fill.trade_id) in self._booked:
            return False
        news = self._sent.booked(fill.ts_recv, fill.order_id, fill.trade_id, fill.size)
        if news:
            # Of an order of a former life nothing else remembers it until it is stored.
            self._booked[fill.client_order_id, fill.trade_id] = None
            if len(self._booked) > BOOKED_KEPT:
                self._booked.popitem(last=False)
            self._own.append(fill)
            self._arrived()
        return news

    # from intent to order

    def _give_up_slow_ones(self, now: Nanos) -> None:
        """A database that hangs must not hold the engine's slots."""
        slow = [w for w in self._waiting.values() if now - w.decided > INTENT_AGE_MAX]
        for waiting in slow:
            self._log.suspect(TOO_SLOW)
            self._miss(waiting, TOO_SLOW, UNRECORDED_MAX)

    def _recorded(self, order_id: OrderId, outcome: IntentOutcome) -> None:
        """The log is done with it."""
        waiting = self._waiting.get(order_id)
        if waiting is None:
            return
        if not outcome.recorded:
            limit = Nanos(0) if outcome.refused else UNRECORDED_MAX
            self._miss(waiting, outcome.problem, limit)
            return
        reason, late = self._why_not(waiting), self._too_late(waiting)
        if late and not reason:
            self._miss(waiting, late, UNRECORDED_MAX)
            return
        self._stuck_since = None
        if reason:
            self._withhold(waiting, reason)
            return
        del self._waiting[order_id]
        self._venue.place(self._clock.now(), waiting.order)

    def _miss(self, waiting: _Waiting, problem: str, limit: Nanos) -> None:
        """It was not put on record in time; if that has gone on for `limit`, the pool is stuck."""
        now = self._clock.now()
        if self._stuck_since is None or now - self._stuck_at > UNRECORDED_MAX:
            self._stuck_since = waiting.decided
        self._stuck_at = now
        self.unrecorded += 1
        self._log.unrecorded += 1
        self._withhold(waiting, problem)
        if now - self._stuck_since >= limit:
            self._stuck_since = None
            self._log.stuck(self._instrument.symbol, f"no order can be put on record: {problem}")

    def _why_not(self, waiting: _Waiting) -> str:
        """Why its pool does not want it any more; empty when it does."""
        if not self._order_gate.is_open:
            return "the pool does not quote any more"
        if self._order_gate.epoch != waiting.epoch:
            return "the pool was stopped meanwhile"
        return ""

    def _too_late(self, waiting: _Waiting) -> str:
        """What the database has taken too long for; empty where it was in time."""
        if self._clock.now() - waiting.decided > INTENT_AGE_MAX:
            return TOO_SLOW
        return self._log.lease.problem(waiting.fence)

    def _withhold(self, waiting: _Waiting, reason: str) -> None:
        self.withheld += 1
        del self._waiting[waiting.order.order_id]
        now = self._clock.now()
        self._own.append(Canceled(now, now, waiting.order.order_id, waiting.name))
        self._arrived()
        if not self._log.withdraw(waiting.name):
            # Although it may not be on record: a commit that failed may have succeeded.
            self._change(waiting.name, OrderStatus.CANCELED, Lots(0), NEVER_SENT + reason)

    # from order to record

    def _note(self, event: Event) -> Event | None:
        """Record what happened to an order; returns the event for the engine, if any."""
        order_id: OrderId | None = getattr(event, "order_id", None)
        sent = self._sent.find(order_id) if order_id is not None else None
        if sent is None and isinstance(event, FillFound):
            self._foreign.take(event)
            return None
        if sent is None:
            # A fill that belongs to no order of this connection is left to reconciliation.
            return None if isinstance(event, Filled) else event
        status, reason = _status(event, sent)
        if status is not None:
            self._change(sent.order.client_order_id, status, Lots(sent.filled), reason)
        # The engine may have forgotten an order that is over; we have not.
        return _found(event, sent.order) if isinstance(event, Filled) and sent.late else event

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
    return shown(waiting.order, waiting.order.size, OrderState.PENDING_NEW)


def _status(event: Event, sent: SentOrder) -> tuple[OrderStatus | None, str]:
    """What an event makes of its order's record, and why; None where it makes nothing of it."""
    match event:
        case Filled():
            return OrderStatus.FILLED if sent.complete else OrderStatus.LIVE, ""
        case Accepted():
            return OrderStatus.LIVE, ""
        case Unanswered():
            return OrderStatus.UNKNOWN, ""
        case Rejected():
            return OrderStatus.REJECTED, event.reason
        case Canceled():
            return OrderStatus.CANCELED, event.reason
        case _:
            return None, ""


def _found(fill: Filled, order: Place) -> FillFound:
    """The same execution, with whose it is."""
    return FillFound(
        **shared_fields(FillFound, fill, but=("client_order_id",)),
        **shared_fields(FillFound, order, but=("order_id", "price", "size")),
    )
