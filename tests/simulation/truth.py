"""What must be so, worked out a second time from the turns alone, and in the plainest way.

Nothing here is shared with the engine but the facts and the actions: dicts in place of ladders,
all fills in place of running positions.
"""

from collections import Counter
from fractions import Fraction
from math import inf

from market_maker.model.actions import Cancel, Place, Turn
from market_maker.model.events import (
    NO_SEQ,
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Configured,
    Filled,
    FundingPaid,
    InstrumentStatus,
    MarkPrice,
    Operated,
    Rejected,
    Unanswered,
)
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.units import VALUE_SCALE


class Order:
    """One order that was sent. open: no proof yet that it is gone. accepted, moved: the last
    acknowledgement, and the last report that took something of it off."""

    def __init__(self, placed, sent_at):
        self.placed = placed
        self.sent_at = sent_at
        self.leaves = placed.size
        self.open = True
        self.acknowledged = False
        self.cancel_asked_at = None
        self.unanswered = False
        self.accepted = self.moved = None

    @property
    def slot(self):
        return self.placed.member, self.placed.side, self.placed.level

    def shown(self, book):
        """(least, most) lots of it that this book displays."""
        if self.moved is not None and not book.is_after(self.moved):
            return 0, self.placed.size
        if not self.open:
            return 0, 0
        rests = self.accepted is not None and book.is_after(self.accepted)
        sure = rests and self.cancel_asked_at is None and not self.unanswered
        return self.leaves if sure else 0, self.leaves


class PlainBook:
    """The book as a dict for each side."""

    def __init__(self):
        self.bids, self.asks = {}, {}
        self.seq, self.known, self.after_snapshot = NO_SEQ, False, False
        self.received_at = self.sent_at = 0

    def is_after(self, report):
        """Whether this book is as new as a report; by the venue's clock where it says."""
        if report.ts_event and self.sent_at:
            return self.sent_at >= report.ts_event
        return self.received_at >= report.ts_recv

    def apply(self, event):
        match event:
            case BookSnapshot():
                self.bids, self.asks = dict(event.bids), dict(event.asks)
                self.seq, self.known, self.after_snapshot = event.seq, True, True
                self.received_at, self.sent_at = event.ts_recv, event.ts_event
            case BookDelta():
                self._delta(event)
            case BookTop():
                self.bids, self.asks = {event.bid: event.bid_size}, {event.ask: event.ask_size}
                self.known, self.received_at = True, event.ts_recv
                self.sent_at = event.ts_event
            case BookLost():
                self.known = False

    def _delta(self, event):
        if not self.known or event.last_seq <= self.seq:
            return
        if event.prev_seq == NO_SEQ:
            continues = event.first_seq == self.seq + 1
        else:
            continues = event.prev_seq == self.seq
        if self.after_snapshot:
            continues = event.first_seq <= self.seq + 1
        if not continues:
            self.known = False
            return
        self.after_snapshot, self.seq = False, event.last_seq
        self.received_at, self.sent_at = event.ts_recv, event.ts_event
        for side, changes in ((self.bids, event.bids), (self.asks, event.asks)):
            for price, size in changes:
                if size:
                    side[price] = size
                else:
                    side.pop(price, None)

    def best(self):
        """(bid, ask) of a book that may be quoted on, else None."""
        bids = [price for price, size in self.bids.items() if size]
        asks = [price for price, size in self.asks.items() if size]
        if not self.known or not bids or not asks or max(bids) >= min(asks):
            return None
        return max(bids), min(asks)


def _best(side, levels, ours, which):
    """The best price at which more is displayed than ours, its least or its most; without end
    where there is none."""
    prices = [p for p, size in levels.items() if size > ours.get(p, (0, 0))[which]]
    if side is Side.BUY:
        return max(prices, default=-inf)
    return min(prices, default=inf)


class Truth:
    """Everything that the turns so far prove. positions, cash: per member; cash in Value."""

    def __init__(self, config):
        self.config = config
        self.now = 0
        self.book = PlainBook()
        self.orders = {}
        self.open = {}
        self.displayed = {}
        self.seen_fills = set()
        self.new_fills = []
        self.positions, self.cash, self.fees = Counter(), Counter(), Counter()
        self.halted = False
        self.commands = []
        self.ever_enabled = False
        self.unwinding = False
        self.mid_x2 = 0
        self.best = None
        self.mark = None
        self.funding = Counter()
        self.heard = Counter()

    def hear(self, now, events):
        """Take in what the engine received in one turn, before its actions."""
        self.now, self.commands, self.new_fills = now, [], []
        for event in events:
            self._hear(event)
        self.best = self._usable()
        if self.best is not None:
            self.mid_x2 = sum(self.best)

    def _hear(self, event):
        match event:
            case Operated():
                self.commands.append(event.command)
                self.ever_enabled |= event.command in {Command.ENABLE, Command.RESUME}
                self.heard[f"operator: {event.command}"] += 1
            case Configured():
                self.config = event.config
                self.heard["configuration changed"] += 1
            case Filled():
                self._fill(event)
            case Accepted() | Rejected() | Canceled() | CancelRejected() | Unanswered():
                order = self.orders.get(event.order_id)
                if order is not None:
                    self._answer(order, event)
            case _:
                self._look(event)

    def _look(self, event):
        """The market, and what it pays."""
        match event:
            case InstrumentStatus():
                self.halted = event.halted
                self.heard["instrument halted"] += event.halted
            case MarkPrice():
                self.mark = event
            case FundingPaid():
                self.heard["funding paid"] += 1
                for member, lots in self.positions.items():
                    self.funding[member] -= lots * event.price * event.rate
            case _:
                known = self.book.known
                self.book.apply(event)
                self.heard["book lost or gapped"] += known and not self.book.known

    def _answer(self, order, event):
        match event:
            case Accepted():
                order.acknowledged, order.unanswered = True, False
                order.accepted = event
            case Rejected():
                self._close(order)
                self.heard[f"rejected: {event.reason}"] += 1
            case Canceled():
                order.moved = event
                self._close(order)
            case CancelRejected():
                self.heard["cancel rejected"] += 1
                self._cancel_rejected(order, event)
            case Unanswered():
                order.unanswered = True
                self.heard["unanswered request"] += 1

    def _cancel_rejected(self, order, event):
        """An order without any news may be absent because it is still on its way in."""
        if not event.gone:
            order.cancel_asked_at = None
        elif order.acknowledged:
            order.moved = event
            self._close(order)

    def _close(self, order):
        order.open = False
        self.open.pop(order.placed.order_id, None)

    def _fill(self, event):
        key = event.order_id, event.trade_id
        order = self.orders.get(event.order_id)
        if order is None or key in self.seen_fills:
            self.heard["fill reported twice"] += 1
            return
        self.seen_fills.add(key)
        self.heard["fill"] += 1
        self.heard["fill after its order was gone"] += not order.open
        self.new_fills.append((event, order.placed))
        member, sign = order.placed.member, order.placed.side.sign
        self.positions[member] += sign * event.size
        self.cash[member] -= sign * event.price * event.size * VALUE_SCALE
        self.fees[member] += event.fee
        order.leaves -= event.size
        order.acknowledged, order.moved = True, event
        if order.leaves <= 0:
            self._close(order)

    def sent(self, turn: Turn):
        """Take in what the engine asked, after it has been checked."""
        for action in turn.actions:
            if isinstance(action, Place):
                order = Order(action, turn.now)
                self.orders[action.order_id] = self.open[action.order_id] = order
                self.displayed[action.order_id] = order
            elif isinstance(action, Cancel):
                self.orders[action.order_id].cancel_asked_at = turn.now

    def _usable(self):
        """(bid, ask) if the book may be quoted on now: known, uncrossed and fresh."""
        if self._stale(self.book.received_at):
            self.heard["turn on stale data"] += 1
            return None
        best = self.book.best()
        self.heard["turn on a crossed or unknown book"] += best is None
        return best

    def _stale(self, received_at):
        age_max = self.config.staleness_threshold_ms * 1_000_000
        return self.config.check_staleness and self.now - received_at > age_max

    def mids_of_others_x2(self):
        """Twice the mid of what others have in the book: the least and the most it can be, for of
        our orders a book displays some for certain and others perhaps."""
        self.displayed = {i: o for i, o in self.displayed.items() if any(o.shown(self.book))}
        ours = {Side.BUY: {}, Side.SELL: {}}
        for order in self.displayed.values():
            placed, (least, most) = order.placed, order.shown(self.book)
            before = ours[placed.side].get(placed.price, (0, 0))
            ours[placed.side][placed.price] = before[0] + least, before[1] + most
        low, high = 0, 0
        for side, levels in ((Side.BUY, self.book.bids), (Side.SELL, self.book.asks)):
            tops = [_best(side, levels, ours[side], which) for which in (0, 1)]
            low, high = low + min(tops), high + max(tops)
        return low, high

    def reference_x2(self):
        """Twice the price that limits are judged at: a fresh mark, else the mid of others."""
        if self.mark is not None and not self._stale(self.mark.ts_recv):
            return 2 * self.mark.price
        return self.mid_x2

    def open_orders(self):
        return list(self.open.values())

    def working(self, side, member=None):
        """Lots that may still be filled on a side, of one member or of all."""
        return sum(
            order.leaves
            for order in self.open_orders()
            if order.placed.side is side and member in {None, order.placed.member}
        )

    def value_of(self, lots, instrument):
        """|lots| at the reference, quote currency."""
        tick_lots = Fraction(instrument.tick_size) * Fraction(instrument.lot_size)
        return abs(lots) * Fraction(self.reference_x2(), 2) * tick_lots
