"""The replay venue as slow and plain as it can be written: dicts, lists and one row at a time.

It shares no code with the kernels, so that both must be wrong in the same way to agree.
"""

from typing import NamedTuple

from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    BookLost,
    BookTop,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.orders import Side
from market_maker.model.recording import Recording, RowKind
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import LOST_REASON, ReplaySettings

K = RowKind


class Row(NamedTuple):
    kind: int
    price: int
    lots: int
    ts_event: int
    ts_recv: int


class SlowBook:
    def __init__(self):
        self.levels = {Side.BUY: {}, Side.SELL: {}}
        self.best = None
        self.half = None
        self.known = True

    def top(self, side):
        """(price, lots) or None."""
        if self.best is not None:
            price = self.best[side][0]
        elif self.levels[side]:
            price = max(self.levels[side]) if side is Side.BUY else min(self.levels[side])
        else:
            return None
        return price, self.displayed(side, price)

    def displayed(self, side, price):
        lots = self.levels[side].get(price, 0)
        if self.best is not None and self.best[side][0] == price:
            lots = max(lots, self.best[side][1])
        return lots

    def mid_x2(self):
        bid, ask = self.top(Side.BUY), self.top(Side.SELL)
        return bid[0] + ask[0] if self.known and bid and ask else 0

    def apply(self, row):
        if row.kind == K.CLEAR:
            self.__init__()
        elif row.kind == K.GAP:
            self.known, self.best = False, None
        elif row.kind == K.BEST_EXPIRED:
            self.best = None
        elif row.kind == K.BEST_BID:
            self.half = (row.price, row.lots)
        elif row.kind == K.BEST_ASK and self.known:
            self.best = {Side.BUY: self.half, Side.SELL: (row.price, row.lots)}
        elif row.kind in {K.BID, K.ASK} and self.known:
            self.set_level(Side.BUY if row.kind == K.BID else Side.SELL, row.price, row.lots)

    def set_level(self, side, price, lots):
        if lots == 0:
            self.levels[side].pop(price, None)
            return
        self.levels[side][price] = lots
        others = self.levels[side.other]
        for other in [p for p in others if (price - p) * side.sign >= 0]:
            del others[other]


class SlowOrder:
    def __init__(self, place, displayed):
        self.id, self.side, self.price = place.order_id, place.side, place.price
        self.leaves, self.front = place.size, float(displayed)
        self.displayed, self.traded = displayed, 0


class SlowExchange:
    """One symbol; the same calls as RecordedExchange."""

    def __init__(self, recording: Recording, settings: ReplaySettings):
        columns = (recording.kind, recording.ticks, recording.lots)
        stamps = (recording.ts_event, recording.ts_recv)
        rows = [Row(*row) for row in zip(*(c.tolist() for c in columns + stamps), strict=True)]
        self.s = settings
        self.inbound = list(rows)
        self.tape = in_venue_order(rows)
        self.venue, self.ours = SlowBook(), SlowBook()
        self.orders: list[SlowOrder] = []
        self.requests: list[tuple[int, object]] = []
        self.answers: list[Event] = []
        self.mid = 0
        self.trades = 0
        self.moment = None

    def place(self, now, place):
        self.requests.append((now + self.s.entry_latency_ns, place))

    def cancel(self, now, order_id):
        self.requests.append((now + self.s.entry_latency_ns, order_id))

    def advance(self, now) -> list[Event]:
        while True:
            row_at = self.tape[0].ts_event if self.tape else None
            request_at = self.requests[0][0] if self.requests else None
            if (
                row_at is not None
                and row_at <= now
                and (request_at is None or row_at <= request_at)
            ):
                self.row(self.tape.pop(0))
            elif request_at is not None and request_at <= now:
                self.arrive(*self.requests.pop(0))
            else:
                break
        seen = [event for event in self.answers if event.ts_recv <= now]
        self.answers = [event for event in self.answers if event.ts_recv > now]
        return seen + self.receive(now)

    def receive(self, now) -> list[Event]:
        feed, lost, last = self.s.feed_latency_ns, None, None
        while self.inbound and self.inbound[0].ts_recv + feed <= now:
            row = self.inbound.pop(0)
            if row.kind in {K.BUY_TRADE, K.SELL_TRADE}:
                continue
            self.ours.apply(row)
            last = row
            if row.kind == K.GAP:
                lost = BookLost(row.ts_recv + feed, LOST_REASON)
        events: list[Event] = [lost] if lost else []
        if last is not None and self.ours.known:
            bid, ask = self.ours.top(Side.BUY) or (0, 0), self.ours.top(Side.SELL) or (0, 0)
            events.append(BookTop(last.ts_event, last.ts_recv + feed, *bid, *ask))
        return events

    def see_mid(self):
        self.mid = self.venue.mid_x2() or self.mid

    def row(self, row):
        if row.ts_event != self.moment:
            self.see_mid()
        self.moment = row.ts_event
        if row.kind in {K.BUY_TRADE, K.SELL_TRADE}:
            hit = Side.SELL if row.kind == K.BUY_TRADE else Side.BUY
            self.trade(hit, row)
            return
        self.venue.apply(row)
        if not self.venue.known or row.kind == K.BEST_BID:
            return
        self.move_up(row)
        self.cross(row.ts_event)

    def move_up(self, row):
        if row.kind == K.BID:
            self.depth(Side.BUY, row.price)
        elif row.kind == K.ASK:
            self.depth(Side.SELL, row.price)
        elif row.kind == K.BEST_ASK:
            for side in Side:
                self.depth(side, self.venue.best[side][0])

    def cross(self, ts):
        for side in (Side.SELL, Side.BUY):
            top = self.venue.top(side.other)
            for order in [o for o in self.orders if o.side is side]:
                if top is not None and (order.price - top[0]) * side.sign >= 0:
                    self.fill(order, order.leaves, ts)

    def trade(self, side, row):
        left = row.lots
        for order in [o for o in self.orders if o.side is side]:
            if (order.price - row.price) * side.sign > 0:
                self.fill(order, order.leaves, row.ts_event)
            elif order.price == row.price:
                order.front -= left
                order.traded += row.lots
                reached = int(-order.front + 0.5) if order.front <= -0.5 else 0
                if reached:
                    lots = min(reached, order.leaves) if self.s.partial_fills else order.leaves
                    left = max(0, left - lots)
                    order.front = 0.0
                    self.fill(order, lots, row.ts_event)

    def depth(self, side, price):
        shown = self.venue.displayed(side, price)
        ahead = -1.0
        for order in [o for o in self.orders if o.side is side and o.price == price]:
            order.front = max(ahead, self.moved_up(order, shown))
            ahead = order.front
            order.displayed, order.traded = shown, 0

    def moved_up(self, order, shown):
        gone = order.displayed - shown - order.traded
        front = order.front
        if gone < 0 or self.s.queue is QueueModel.PESSIMISTIC:
            return min(front, shown)
        n, before_us, behind_us = self.s.queue_exponent, max(front, 0.0), order.displayed - front
        behind = 1.0
        if before_us > 0:
            behind = max(behind_us, 0.0) ** n / (max(behind_us, 0.0) ** n + before_us**n)
        return min(front - (1 - behind) * gone + min(behind_us - behind * gone, 0.0), shown)

    def fill(self, order, lots, ts):
        fee = order.price * lots * self.s.maker_rate
        back = ts + self.s.response_latency_ns
        self.answers.append(Filled(ts, back, order.id, self.trades, order.price, lots, fee))
        self.trades += 1
        order.leaves -= lots
        if not order.leaves:
            self.orders.remove(order)

    def arrive(self, ts, request):
        self.see_mid()
        back = ts + self.s.response_latency_ns
        if not isinstance(request, Place):
            held = [o for o in self.orders if o.id == request]
            self.orders = [o for o in self.orders if o.id != request]
            gone = CancelRejected(ts, back, request, gone=True)
            self.answers.append(Canceled(ts, back, request) if held else gone)
            return
        top = self.venue.top(request.side.other)
        if top is not None and (request.price - top[0]) * request.side.sign >= 0:
            self.answers.append(Rejected(ts, back, request.order_id, RejectReason.POST_ONLY))
            return
        order = SlowOrder(request, self.venue.displayed(request.side, request.price))
        at_price = [o for o in self.orders if (o.side, o.price) == (order.side, order.price)]
        order.front = max([order.front, *(o.front for o in at_price)])
        self.orders.append(order)
        self.answers.append(Accepted(ts, back, order.id))


def in_venue_order(rows):
    """Level messages keep their order; then by time of the event."""
    moved, latest = [], 0
    for row in rows:
        at = row.ts_event
        if row.kind in {K.BID, K.ASK, K.BEST_EXPIRED, K.CLEAR, K.GAP}:
            at = latest = max(latest, at)
        moved.append(row._replace(ts_event=at))
    return sorted(moved, key=lambda row: row.ts_event)
