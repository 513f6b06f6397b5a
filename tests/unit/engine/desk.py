"""An engine at a desk: a clock that only the test moves, and a venue that answers when asked.

One bps is ten ticks at FAIR and strategies stand still, so a test can say prices by heart.
"""

from collections.abc import Sequence
from decimal import Decimal

from market_maker.engine.engine import Engine
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.actions import Action, Cancel, Place, RecordFill, RecordRefusal, RecordState
from market_maker.model.events import (
    Accepted,
    BookTop,
    Canceled,
    CancelRejected,
    Configured,
    Event,
    Filled,
    FillFound,
    MarkPrice,
    Operated,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Order, Side
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.units import VALUE_SCALE
from tests import builders

START = 1_700_000_000 * 10**9
MS = 10**6
FAIR = 100_000
INSTRUMENT = Instrument("BTCUSDT", Decimal("0.1"), Decimal("0.001"))

DEFAULTS = {
    "symbol": "BTCUSDT",
    "strategy": "symmetric",
    "strategy_params": {"half_spread_bps": 5.0},
    "fair_price": "mid",
    "warmup_samples": 2,
    "min_spread_bps": 1,
    "max_spread_bps": 80,
    "order_size_usdt": 500,
    "price_threshold_bps": 0,
}


def member(name: str = "me", weight: object = 100, limit: object = 50_000, loss: object = 2_000):
    return builders.member(name, weight, limit, loss)


def pool(**fields) -> PoolConfig:
    """A pool that quotes 5 bps to each side."""
    return builders.pool(**{**DEFAULTS, "members": (member(),), **fields})


THREE = (member("ann", 50), member("bob", 30), member("cid", 20))


class Desk:
    """answering: the venue accepts and cancels whatever it is asked, one turn later."""

    def __init__(self, *, instrument: Instrument = INSTRUMENT, answering: bool = True, **fields):
        self.engine = Engine(instrument, pool(**fields))
        self.now = START
        self.answering = answering
        self.top = (FAIR - 1, FAIR + 1)
        self.answers: list[Event] = []
        self.trade_id = 0

    # ---------------------------------------------------------------- the passing of time

    def turn(self, *events: Event, ms: float = 100) -> list[Action]:
        """Move the clock, then one turn with these events and no others."""
        self.now += int(ms * MS)
        actions = self.engine.turn(self.now, events)
        if self.answering:
            self.answers.extend(self.confirm(actions))
        return actions

    def step(self, *events: Event, ms: float = 100) -> list[Action]:
        """As turn, with fresh prices and the venue's answers first."""
        answers, self.answers = self.answers, []
        self.now += int(ms * MS)
        top = self.book(stamp=self.now)
        actions = self.engine.turn(self.now, [top, *answers, *events])
        if self.answering:
            self.answers.extend(self.confirm(actions))
        return actions

    def warm(self) -> "Desk":
        """Enough seconds of market for volatility."""
        for _ in range(5):
            self.step(ms=1000)
        return self

    def started(self) -> "Desk":
        """Warm, enabled, quoting and acknowledged."""
        self.warm()
        self.step(self.operate(Command.ENABLE))
        self.step()
        self.step()
        return self

    # ------------------------------------------------------------------------- what happens

    def book(self, bid=None, ask=None, size=10, stamp=None) -> BookTop:
        if bid is not None:
            self.top = (bid, ask)
        now = self.now if stamp is None else stamp
        return BookTop(now, now, self.top[0], size, self.top[1], size)

    def mark(self, price: int) -> MarkPrice:
        return MarkPrice(self.now, self.now, price)

    def operate(self, command: Command, by: str = "op", reason: str = "because") -> Operated:
        return Operated(self.now, command, by, reason)

    def configure(self, **fields) -> Configured:
        return Configured(self.now, pool(**fields))

    def accept(self, order_id: int) -> Accepted:
        return Accepted(self.now, self.now, order_id)

    def reject(self, order_id: int, reason: RejectReason = RejectReason.OTHER) -> Rejected:
        return Rejected(self.now, self.now, order_id, reason)

    def cancel(self, order_id: int) -> Canceled:
        return Canceled(self.now, self.now, order_id)

    def cancel_reject(self, order_id: int, *, gone: bool) -> CancelRejected:
        return CancelRejected(self.now, self.now, order_id, gone)

    def unanswered(self, order_id: int) -> Unanswered:
        return Unanswered(self.now, order_id)

    def fill(self, order: Order, size=None, price=None, trade_id=None, fee=0, worth=None) -> Filled:
        """worth: a fee makes up for what a fill at that price would have cost."""
        self.trade_id += 1
        if worth is not None:
            lots = order.leaves if size is None else size
            fee += order.side.sign * (worth - order.price) * lots * VALUE_SCALE
        return Filled(
            self.now,
            self.now,
            order.order_id,
            self.trade_id if trade_id is None else trade_id,
            order.price if price is None else price,
            order.leaves if size is None else size,
            fee,
        )

    def found(self, side: Side, size: int, price=FAIR, name: str = "me") -> FillFound:
        """A fill of an earlier run: a position without an order."""
        self.trade_id += 1
        ids = (900_000 + self.trade_id, self.trade_id)
        return FillFound(self.now, self.now, *ids, name, side, 0, price, size, 0)

    def confirm(self, actions: Sequence[Action]) -> list[Event]:
        """What a willing venue answers."""
        answers: list[Event] = []
        for action in actions:
            if isinstance(action, Place):
                answers.append(self.accept(action.order_id))
            elif isinstance(action, Cancel):
                answers.append(self.cancel(action.order_id))
        return answers

    # ------------------------------------------------------------------------- what we see

    @property
    def snapshot(self) -> EngineSnapshot:
        return self.engine.snapshot()

    @property
    def orders(self) -> tuple[Order, ...]:
        return self.snapshot.orders

    def order(self, side: Side, level: int = 0, name: str = "me") -> Order:
        found = [o for o in self.orders if (o.side, o.level, o.member) == (side, level, name)]
        assert len(found) == 1, (side, level, name, self.orders)
        return found[0]

    @property
    def reasons(self) -> tuple[Reason, Reason]:
        """As decided in the last turn."""
        bid, ask = self.engine.reconciler.reasons
        return bid, ask

    @property
    def shown(self) -> tuple[Reason, Reason]:
        """As readers see them."""
        return self.snapshot.bid.reason, self.snapshot.ask.reason


def places(actions: Sequence[Action]) -> list[Place]:
    return [a for a in actions if isinstance(a, Place)]


def cancels(actions: Sequence[Action]) -> list[int]:
    return [a.order_id for a in actions if isinstance(a, Cancel)]


def fills(actions: Sequence[Action]) -> list[RecordFill]:
    return [a for a in actions if isinstance(a, RecordFill)]


def states(actions: Sequence[Action]) -> list[tuple[str, str, str]]:
    return [(a.state, a.by, a.reason) for a in actions if isinstance(a, RecordState)]


def refusals(actions: Sequence[Action]) -> list[str]:
    return [a.reason for a in actions if isinstance(a, RecordRefusal)]
