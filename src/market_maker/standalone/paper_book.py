"""Our orders on a live book of others, for paper trading: they queue, fill, and move nothing.

An order rests behind what is displayed at its price when it arrives. Trades at its price first fill
what was ahead; what is traded beyond its price, or a book that has crossed it, fills it whole. So
nothing fills for free, and the market's answer to our order is the one thing that is missing.
"""

from collections.abc import Iterator

from market_maker.model.actions import Place
from market_maker.model.events import BookSnapshot, Filled, Levels, RejectReason, Trade
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.units import BPS, VALUE_SCALE, Lots, Nanos, OrderId, Ticks, Value
from market_maker.venues.tracking import shown


class _Resting:
    __slots__ = ("ahead", "leaves", "place")

    def __init__(self, place: Place, ahead: int) -> None:
        self.place, self.leaves, self.ahead = place, int(place.size), ahead


class PaperBook:
    """position: signed lots, from the start of the session."""

    def __init__(self, instrument: Instrument, first_trade_id: int) -> None:
        self._fee_rate = float(instrument.maker_fee_bps) / BPS
        self._orders: dict[OrderId, _Resting] = {}
        self._bids: Levels = ()
        self._asks: Levels = ()
        self._trade_id = first_trade_id
        self.position = Lots(0)

    def refusal(self, order: Place) -> RejectReason | None:
        """Why it does not rest, or None."""
        best = self._asks if order.side is Side.BUY else self._bids
        if not best:
            return RejectReason.PAUSED
        if (order.price - best[0][0]) * order.side.sign >= 0:
            return RejectReason.POST_ONLY
        if order.reduce_only and self.position * order.side.sign >= 0:
            return RejectReason.REDUCE_ONLY
        return None

    def place(self, order: Place) -> None:
        """It rests, behind what is displayed at its price."""
        displayed = self._bids if order.side is Side.BUY else self._asks
        ahead = next((size for price, size in displayed if price == order.price), 0)
        self._orders[order.order_id] = _Resting(order, int(ahead))

    def cancel(self, order_id: OrderId) -> bool:
        """Whether it rested."""
        return self._orders.pop(order_id, None) is not None

    def open_orders(self) -> tuple[Order, ...]:
        """Those that rest."""
        return tuple(
            shown(resting.place, Lots(resting.leaves), OrderState.LIVE)
            for resting in self._orders.values()
        )

    def named(self) -> tuple[tuple[Place, Lots], ...]:
        """Those that rest, with what is left of each."""
        return tuple((resting.place, Lots(resting.leaves)) for resting in self._orders.values())

    def hear(self, event: BookSnapshot | Trade) -> list[Filled]:
        """What an event of the market fills, best prices first."""
        if isinstance(event, Trade):
            return list(self._traded(event))
        self._bids, self._asks = event.bids, event.asks
        return list(self._crossed(event))

    def _traded(self, trade: Trade) -> Iterator[Filled]:
        side = Side.SELL if trade.aggressor is Side.BUY else Side.BUY
        left = int(trade.size)
        for resting in self._of(side):
            beyond = (resting.place.price - trade.price) * side.sign
            if beyond < 0 or left <= 0:
                return
            if not beyond:
                passed = min(left, resting.ahead)
                resting.ahead -= passed
                left -= passed
            size = min(left, resting.leaves)
            if size:
                left -= size
                yield self._fill(resting, size, trade.ts_event, trade.ts_recv)

    def _crossed(self, book: BookSnapshot) -> Iterator[Filled]:
        for side, levels in ((Side.BUY, book.asks), (Side.SELL, book.bids)):
            for resting in self._of(side):
                if not levels or (resting.place.price - levels[0][0]) * side.sign < 0:
                    break
                yield self._fill(resting, resting.leaves, book.ts_event, book.ts_recv)

    def _of(self, side: Side) -> list[_Resting]:
        """The best price first, the oldest first."""
        mine = [resting for resting in self._orders.values() if resting.place.side is side]
        return sorted(mine, key=lambda resting: -resting.place.price * side.sign)

    def _fill(self, resting: _Resting, size: int, ts_event: Nanos, now: Nanos) -> Filled:
        place = resting.place
        resting.leaves -= size
        if not resting.leaves:
            del self._orders[place.order_id]
        self.position = Lots(self.position + place.side.sign * size)
        self._trade_id += 1
        fee = Value(round(int(place.price) * size * VALUE_SCALE * self._fee_rate))
        return Filled(
            ts_event=ts_event,
            ts_recv=now,
            order_id=place.order_id,
            trade_id=self._trade_id,
            price=Ticks(place.price),
            size=Lots(size),
            fee=fee,
            client_order_id=place.client_order_id,
        )
