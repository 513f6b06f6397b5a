"""A hand that trades on a sandbox market and keeps everything it receives."""

from decimal import Decimal

from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Filled,
    Rejected,
)
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.sandbox.latency import Latency
from market_maker.sandbox.market import SandboxMarket

BTC = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(100))
FEES = FeeSchedule(maker_bps=Decimal("0.2"), taker_bps=Decimal("4.5"))
START = 1_700_000_000 * 10**9
MS = 1_000_000
SECOND = 1_000 * MS
STEADY = Latency(
    entry=4 * MS, entry_jitter=0, response=5 * MS, response_jitter=0, feed=3 * MS, feed_jitter=0
)
ME = "me"


class Client:
    def __init__(self, seed=1, **kinds):
        self.market = SandboxMarket(BTC, FEES, seed=seed, start=START, **kinds)
        self.subscription = self.market.subscribe(START, (ME,))
        self.now = START
        self.heard = []
        self.last_id = 0

    def wait(self, span):
        self.now += span
        self.market.advance(self.now)
        self.heard += self.subscription.drain()

    def place(self, side, price, size, **kinds):
        self.last_id += 1
        order = Place(self.last_id, ME, side, 0, price, size, **kinds)
        self.market.place(self.now, ME, order)
        return self.last_id

    def cancel(self, order_id):
        self.market.cancel(self.now, ME, order_id)

    def of(self, *kinds):
        return [event for event in self.heard if isinstance(event, kinds)]

    def mine(self):
        return self.of(Accepted, Rejected, Filled, Canceled, CancelRejected)

    def book(self):
        """What the snapshots and deltas so far add up to."""
        bids, asks, seq = {}, {}, None
        for event in self.of(BookSnapshot, BookDelta):
            if isinstance(event, BookSnapshot):
                bids, asks, seq = dict(event.bids), dict(event.asks), event.seq
            elif seq is not None:
                assert (event.prev_seq, event.first_seq) == (seq, seq + 1)
                assert event.last_seq >= event.first_seq
                bids.update(event.bids)
                asks.update(event.asks)
                seq = event.last_seq
        return tuple({p: s for p, s in side.items() if s} for side in (bids, asks))

    def best(self):
        bids, asks = self.book()
        return max(bids), min(asks)

    def get_filled(self, size=3):
        """Joins the best bid until the traders have filled something of the order."""
        self.wait(SECOND)
        order_id = self.place(Side.BUY, self.best()[0], size)
        for _ in range(600):
            self.wait(100 * MS)
            if self.market.position(ME):
                return order_id
        raise AssertionError("there was no trade")
