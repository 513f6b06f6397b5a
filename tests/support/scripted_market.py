"""A perpetual of the emulated venue whose price does what a test says.

Five levels of a thousand lots a side stand around the middle and never run out. Orders that rest
are filled when the middle reaches them.
"""

from msgspec.structs import replace

from market_maker.emulators.hyperliquid.universe import Perp
from market_maker.model.events import RejectReason
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value
from market_maker.sandbox.reports import (
    CancelOrder,
    CancelReason,
    Carries,
    Heard,
    MatchOutcome,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderKind,
    OrderRejected,
    PublicTrade,
)
from market_maker.sandbox.traders import TRADER_MARK

OTHERS = f"{TRADER_MARK}others"
LEVELS, DISPLAYED = 5, 100_000


class ScriptedMarket:
    """A CoinMarket. middle: ticks, on the price's step."""

    def __init__(self, perp: Perp, heard: Heard, carries: Carries) -> None:
        self._perp, self._heard, self._carries = perp, heard, carries
        self._held: dict[str, int] = {}
        self._now = Nanos(0)
        self._resting: dict[tuple[str, int], NewOrder] = {}
        self._trades = 0
        ticks = int(perp.price / float(perp.tick))
        self.middle = ticks // perp.step(ticks) * perp.step(ticks)

    @property
    def step(self) -> int:
        """Between two prices."""
        return self._perp.step(self.middle)

    def move(self, share: float) -> None:
        """The middle goes up by so much of itself, and takes what rests on its way."""
        self.middle = int(self.middle * (1 + share)) // self.step * self.step
        for order in list(self._resting.values()):
            if (self.middle - order.price) * order.side.sign <= 0:
                del self._resting[order.account, int(order.order_id)]
                signed = order.size * order.side.sign
                held = self._held.get(order.account, 0)
                if self._carries(order.account, held, order.price, signed):
                    self._match(order, order.price, order.size, maker=True)
                else:
                    self._gone(order, CancelReason.MARGIN)

    def trade(self, side: Side, lots: int) -> None:
        """Others trade with one another at the best price of `side`."""
        other = NewOrder(OTHERS, OrderId(0), side, self._best(side.other), Lots(lots))
        self._match(other, other.price, other.size, maker=False)

    # CoinMarket

    def watched(self, now: Nanos) -> None:
        pass

    def advance(self, now: Nanos) -> None:
        self._now = max(now, self._now)

    def execute(self, now: Nanos, request: NewOrder | CancelOrder) -> None:
        self.advance(now)
        key = request.account, int(request.order_id)
        if isinstance(request, CancelOrder):
            order = self._resting.pop(key, None)
            if order is not None:
                self._gone(order, CancelReason.REQUESTED)
            return
        crosses = (request.price - self._best(request.side.other)) * request.side.sign >= 0
        if crosses and request.kind is OrderKind.POST_ONLY:
            refused = OrderRejected(request.account, request.order_id, RejectReason.POST_ONLY)
            self._tell(refused)
        elif crosses:
            self._tell(OrderAccepted(request.account, request.order_id))
            self._match(request, self._best(request.side.other), request.size, maker=False)
        elif request.kind is OrderKind.IOC:
            self._gone(request, CancelReason.IOC)
        else:
            self._resting[key] = request
            self._tell(OrderAccepted(request.account, request.order_id))

    def best(self, side: Side) -> Ticks | None:
        return self._best(side)

    def levels(self, side: Side, most: int) -> tuple[tuple[Ticks, Lots, int], ...]:
        first, step = self._best(side), self.step * side.sign
        return tuple(
            (Ticks(first - n * step), Lots(DISPLAYED), 1) for n in range(min(most, LEVELS))
        )

    # what happens

    def _best(self, side: Side) -> Ticks:
        return Ticks(self.middle - self.step * side.sign)

    def _match(self, order: NewOrder, price: Ticks, lots: Lots, *, maker: bool) -> None:
        self._trades += 1
        signed = lots * order.side.sign
        self._held[order.account] = self._held.get(order.account, 0) + signed
        half = OrderFilled(
            account=order.account,
            order_id=order.order_id,
            trade_id=self._trades,
            side=order.side,
            price=price,
            size=lots,
            fee=Value(0),
            maker=maker,
        )
        other = replace(
            half, account=OTHERS, order_id=OrderId(0), side=order.side.other, maker=not maker
        )
        aggressor = other.side if maker else order.side
        public = PublicTrade(self._trades, price, lots, aggressor)
        pair = (half, other) if maker else (other, half)
        self._heard(self._now, MatchOutcome(pair, (public,)))

    def _gone(self, order: NewOrder, reason: CancelReason) -> None:
        self._tell(OrderCanceled(order.account, order.order_id, order.size, reason))

    def _tell(self, report: OrderAccepted | OrderRejected | OrderCanceled) -> None:
        self._heard(self._now, MatchOutcome((report,)))


class Script:
    """Markets that a test moves, by coin. Its `make` is the venue's MarketFactory."""

    def __init__(self) -> None:
        self.markets: dict[str, ScriptedMarket] = {}

    def make(self, perp: Perp, now: Nanos, heard: Heard, carries: Carries) -> ScriptedMarket:
        del now
        market = self.markets[perp.name] = ScriptedMarket(perp, heard, carries)
        return market
