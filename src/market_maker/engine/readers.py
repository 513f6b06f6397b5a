"""Estimates that no quote depends on, kept for readers where a pool asks for all of them."""

from market_maker.engine.book import Book
from market_maker.engine.orders import LIVE, OwnOrders
from market_maker.engine.others import OthersBook
from market_maker.estimators.fair_price import Microprice
from market_maker.estimators.flow import OrderFlowImbalance, Vpin
from market_maker.estimators.hawkes import HawkesIntensity
from market_maker.estimators.queue_tracker import QueueTracker, TrackedOrder
from market_maker.estimators.regimes import Spread
from market_maker.estimators.volume_clock import VolumeClock, VolumeVolatility
from market_maker.model.events import Trade
from market_maker.model.units import Nanos

VPIN_TICKS = 10
"""A bucket of VPIN is so many ticks of the volume clock: in a single one, of ten mean trades, one
large order is already all there is."""


class Readers:
    """Each estimator is an attribute. microprice: None where the market itself keeps one. hawkes:
    of aggressive orders; all trades of one side with one stamp of the venue are one."""

    def __init__(self, clock: VolumeClock, seconds: float) -> None:
        self.clock = clock
        self.volume_volatility = VolumeVolatility()
        self.vpin = Vpin()
        self.hawkes = HawkesIntensity()
        self.order_flow = OrderFlowImbalance(seconds)
        self.spread = Spread()
        self.queue = QueueTracker()
        self.microprice: Microprice | None = None
        self._order: tuple[int, int] | None = None

    def on_trade(self, event: Trade, order: tuple[int, int]) -> None:
        """A trade; order: the venue's stamp and the aggressor's side, 0 a buyer, 1 a seller."""
        size, side = event.size, order[1]
        vpin, bucket = self.vpin, self.clock.bucket * VPIN_TICKS
        if vpin.bucket != bucket:
            vpin.resize(bucket)
        vpin.trade(side, size)
        if order != self._order:
            self._order = order
            self.hawkes.arrive(event.ts_recv)
        self.queue.trade(side, event.price, size)

    def on_ticks(self, ts: Nanos, ticks: int, mid_x2: int) -> None:
        """The volume clock ticked."""
        if mid_x2:
            self.volume_volatility.closed(ts, ticks, mid_x2)

    def on_top(self, ts: Nanos, top: tuple[int, int, int, int]) -> None:
        """Best bid, its size, best ask, its size, at their receipt."""
        self.spread.update(ts, top[0], top[2])
        self.order_flow.update(ts, top)
        if self.microprice is not None:
            self.microprice.update(*top)

    def sample(self, now: Nanos, book: Book | OthersBook, orders: OwnOrders | None) -> None:
        """Once a second."""
        self.hawkes.at(now)
        self.order_flow.roll(now)
        live = [] if orders is None else [o for o in orders.open() if o.state is LIVE]
        resting = [TrackedOrder(o.order_id, o.side, o.price, o.leaves) for o in live]
        self.queue.sample(resting, book.displayed)
