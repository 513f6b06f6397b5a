"""What must be so, worked out a second time from the turns alone, and in the plainest way.

Nothing here is shared with the engine but the facts and the actions: dicts in place of ladders,
all fills in place of running positions.
"""

from collections import Counter
from fractions import Fraction

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
from market_maker.model.units import VALUE_SCALE


class Order:
    """One order that was sent. open: no proof yet that it is gone."""

    def __init__(self, placed, sent_at):
        self.placed = placed
        self.sent_at = sent_at
        self.leaves = placed.size
        self.open = True
        self.acknowledged = False
        self.cancel_asked_at = None
        self.unanswered = False

    @property
    def slot(self):
        return self.placed.member, self.placed.side, self.placed.level


class PlainBook:
    """The book as a dict for each side."""

    def __init__(self):
        self.bids, self.asks = {}, {}
        self.seq, self.known, self.after_snapshot = NO_SEQ, False, False
        self.received_at = 0

    def apply(self, event):
        match event:
            case BookSnapshot():
                self.bids, self.asks = dict(event.bids), dict(event.asks)
                self.seq, self.known, self.after_snapshot = event.seq, True, True
                self.received_at = event.ts_recv
            case BookDelta():
                self._delta(event)
            case BookTop():
                self.bids, self.asks = {event.bid: event.bid_size}, {event.ask: event.ask_size}
                self.known, self.received_at = True, event.ts_recv
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
        self.after_snapshot, self.seq, self.received_at = False, event.last_seq, event.ts_recv
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


class Truth:
    """Everything that the turns so far prove. positions, cash: per member; cash in Value."""

    def __init__(self, config):
        self.config = config
        self.now = 0
        self.book = PlainBook()
        self.orders = {}
        self.open = {}
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
        """Take in what the engine was told in one turn, before its actions."""
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
            case Rejected():
                self._close(order)
                self.heard[f"rejected: {event.reason}"] += 1
            case Canceled():
                self._close(order)
            case CancelRejected():
                self.heard["cancel rejected"] += 1
                self._cancel_rejected(order, gone=event.gone)
            case Unanswered():
                order.unanswered = True
                self.heard["unanswered request"] += 1

    def _cancel_rejected(self, order, *, gone):
        """An order that was never heard of may be absent because it is still on its way in."""
        if not gone:
            order.cancel_asked_at = None
        elif order.acknowledged:
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
        order.acknowledged = True
        if order.leaves <= 0:
            self._close(order)

    def sent(self, turn: Turn):
        """Take in what the engine asked, after it has been checked."""
        for action in turn.actions:
            if isinstance(action, Place):
                order = Order(action, turn.now)
                self.orders[action.order_id] = self.open[action.order_id] = order
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

    def reference_x2(self):
        """Twice the price that limits are judged at: a fresh mark, else the mid."""
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
