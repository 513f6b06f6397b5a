"""What an honest bookkeeper knows from the events alone, and the rules it holds us to."""

from fractions import Fraction

from market_maker.engine.engine import Engine
from market_maker.model.actions import Action, Cancel, Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    MarkPrice,
    Rejected,
)
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, VALUE_SCALE
from tests.unit.engine.desk import INSTRUMENT


class Ours:
    def __init__(self, place: Place):
        self.place, self.leaves, self.seen = place, place.size, False
        self.trades: set[int] = set()


class Ledger:
    """Orders that may be open as far as the events prove, positions as the sum of fills."""

    def __init__(self):
        self.all: dict[int, Ours] = {}
        self.open: dict[int, Ours] = {}
        self.positions: dict[str, int] = {}
        self.cash = 0
        self.spent: list[tuple[int, Fraction]] = []
        self.mark: MarkPrice | None = None

    @property
    def position(self) -> int:
        return sum(self.positions.values())

    def hear(self, event: Event) -> None:
        if isinstance(event, MarkPrice):
            self.mark = event
        ours = self.all.get(getattr(event, "order_id", 0))
        if ours is None:
            return
        order_id = ours.place.order_id
        match event:
            case Accepted() | CancelRejected(gone=False):
                ours.seen = True
            case Canceled() | Rejected():
                self.open.pop(order_id, None)
            case CancelRejected(gone=True) if ours.seen:
                self.open.pop(order_id, None)
            case Filled() if event.trade_id not in ours.trades and event.size > 0:
                self._fill(ours, event)

    def _fill(self, ours: Ours, event: Filled) -> None:
        ours.trades.add(event.trade_id)
        ours.seen = True
        place = ours.place
        sign = place.side.sign
        self.positions[place.member] = self.positions.get(place.member, 0) + sign * event.size
        self.cash -= sign * event.size * event.price * VALUE_SCALE
        ours.leaves -= event.size
        if ours.leaves <= 0:
            self.open.pop(place.order_id, None)

    # ------------------------------------------------------------------------- the rules

    def judge(self, engine: Engine, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Cancel):
                assert action.order_id in self.open, "cancels only what may be open"
            elif isinstance(action, Place):
                self._judge_place(engine, action)
                self.all[action.order_id] = self.open[action.order_id] = Ours(action)
                rate = engine.config.max_messages_per_second
                self.spent.append((engine.now, Fraction(1, rate)))
        self._judge_rate(engine)
        self._judge_books(engine)

    def _judge_place(self, engine: Engine, place: Place) -> None:
        assert place.order_id not in self.all, "a number is used once"
        assert engine.state is PoolState.ACTIVE
        assert engine.market.blind is None
        slot = (place.member, place.side, place.level)
        for ours in self.open.values():
            other = ours.place
            assert (other.member, other.side, other.level) != slot, "one order in a slot"
            if other.side is not place.side:
                bid, ask = (place, other) if place.side is Side.BUY else (other, place)
                assert bid.price < ask.price, "own orders never meet"
        book = engine.market.book
        assert place.price < book.ask if place.side is Side.BUY else place.price > book.bid
        self._judge_limits(engine, place)

    def _reference(self, engine: Engine) -> Fraction:
        stale = int(engine.config.staleness_threshold_ms * 10**6)
        if self.mark is not None and engine.now - self.mark.ts_recv <= stale:
            return Fraction(self.mark.price)
        # Of what others have: an order of ours that is alone at the best price is no reference.
        return Fraction(engine.market.mid_x2, 2)

    def _judge_limits(self, engine: Engine, place: Place) -> None:
        config, reference = engine.config, self._reference(engine)
        away = abs(place.price / reference - 1) * 10_000
        assert away <= Fraction(config.price_collar_bps), "within the collar"
        value = INSTRUMENT.notional(place.price, place.size)
        assert place.size > 0
        assert value <= (config.max_order_value_usdt or 2 * config.order_size_usdt)
        (member,) = [m for m in config.members if m.participant_id == place.member]
        assert member.active
        lot = Fraction(INSTRUMENT.notional(1, 1)) * reference
        same = [o for o in self.open.values() if o.place.side is place.side]
        sign = place.side.sign
        for position, working, limit in (
            (self.position, same, config.max_pool_position_usdt),
            (
                self.positions.get(place.member, 0),
                [o for o in same if o.place.member == place.member],
                member.position_limit_usdt,
            ),
        ):
            worst = sign * position + sum(o.leaves for o in working) + place.size
            assert worst * lot <= Fraction(limit), "the worst case stays within the limit"

    def _judge_rate(self, engine: Engine) -> None:
        """A second may see a full bucket and what flows into it meanwhile."""
        recent = [cost for at, cost in self.spent if engine.now - at < NANOS_PER_SECOND]
        assert sum(recent) <= 2, "placements within the message budget"

    def _judge_books(self, engine: Engine) -> None:
        pool, accounts = engine.accounts.pool, engine.accounts.all
        held = {a.member.participant_id: a.position.lots for a in accounts if a.position.lots}
        assert held == {name: lots for name, lots in self.positions.items() if lots}
        assert pool.lots == self.position
        assert pool.cash == self.cash == sum(a.position.cash for a in accounts)
        mid_x2 = engine.market.mid_x2
        marked = pool.lots * mid_x2 * VALUE_SCALE // 2
        assert pool.cash + marked == pool.realised + pool.unrealised(mid_x2)
        assert pool.net(mid_x2) == sum(a.position.net(mid_x2) for a in accounts)
        assert {o.order_id: o.leaves for o in engine.orders.open()} == {
            order_id: ours.leaves for order_id, ours in self.open.items()
        }
        assert engine.orders.working == [
            sum(o.leaves for o in self.open.values() if o.place.side is side) for side in Side
        ]
