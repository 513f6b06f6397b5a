"""Engines with one planted bug each, to prove that the oracles see."""

import itertools
from functools import partial

import msgspec

from market_maker.engine import reconcile
from market_maker.engine.engine import Engine
from market_maker.engine.orders import LIVE
from market_maker.model.actions import Cancel, Place, RecordFill, RecordState
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import Lots, OrderId, Ticks, Value

_drift = itertools.count()


class Doctored(Engine):
    """An engine whose actions are changed on their way out."""

    def turn(self, now, events):
        return self.doctor(super().turn(now, events))

    def doctor(self, actions):
        return actions


def each(kind, change):
    """A doctored engine: every action of `kind` becomes what `change` makes of it, a list."""

    class Mutant(Doctored):
        def doctor(self, actions):
            return [b for a in actions for b in (change(self, a) if isinstance(a, kind) else [a])]

    return Mutant


def altered(kind, **changes):
    """Fields of every action of `kind`, each by a function of the action."""

    def change(_engine, action):
        values = {name: make(action) for name, make in changes.items()}
        return [msgspec.structs.replace(action, **values)]

    return each(kind, change)


class StartsActive(Engine):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.state = PoolState.ACTIVE


class ResumesByItself(Engine):
    def turn(self, now, events):
        if self.state is PoolState.HALTED:
            self.state = PoolState.ACTIVE
        return super().turn(now, events)


class CountsFillsTwice(Engine):
    def turn(self, now, events):
        for order in [*self.orders._by_id.values(), *self.orders._closed.values()]:
            order.trades.clear()
        return super().turn(now, events)


class NeverStale(Engine):
    def turn(self, now, events):
        self.market._stale_ns = 0
        return super().turn(now, events)


class StaleOnlyWhenDataArrive(Engine):
    def turn(self, now, events):
        if events:
            return super().turn(now, events)
        self.now = now
        return []


class TimeoutMeansFailure(Engine):
    """As hummingbot did: what is not answered is forgotten."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.orders.unanswered = self.orders.canceled
        self._apply = self._handlers()


class GoneMeansGone(Engine):
    """A cancel rejected as unknown closes an order that may still be on its way in."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.orders.cancel_rejected = self.orders.canceled
        self._apply = self._handlers()


class CancelMeansCancelled(Engine):
    """Cancelled as soon as a cancel is sent."""

    def turn(self, now, events):
        actions = super().turn(now, events)
        for action in actions:
            if isinstance(action, Cancel):
                self.orders.canceled(action)
        return actions


class CancelsOnce(Engine):
    """A cancel without an answer is not sent again."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._sent = set()

    def turn(self, now, events):
        actions = super().turn(now, events)
        kept = [a for a in actions if not isinstance(a, Cancel) or a.order_id not in self._sent]
        self._sent |= {a.order_id for a in actions if isinstance(a, Cancel)}
        return kept


class LateFillsDoNotCount(Engine):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.orders.find = self.orders._by_id.get


class NoPositionLimit(Engine):
    """Room without end, for this engine alone."""

    def turn(self, now, events):
        before, reconcile.room = reconcile.room, lambda *_: 10**9
        try:
            return super().turn(now, events)
        finally:
            reconcile.room = before


class WorkingOrdersDoNotCount(Engine):
    """The position alone is held against the limit."""

    def turn(self, now, events):
        honest = reconcile.room

        def room(sign, position, working, *rest):
            return honest(sign, position, 0 * working, *rest)

        reconcile.room = room
        try:
            return super().turn(now, events)
        finally:
            reconcile.room = honest


class FundingTwice(Engine):
    def _funded(self, event):
        super()._funded(event)
        super()._funded(event)


class PausedKeepsItsOrders(Engine):
    """Stops placing and forgets to cancel."""

    def turn(self, now, events):
        actions = super().turn(now, events)
        if self.state is PoolState.ACTIVE:
            return actions
        for action in actions:
            if isinstance(action, Cancel):
                self.orders.find(action.order_id).state = LIVE
        return [action for action in actions if not isinstance(action, Cancel)]


class PoolForgetsFees(Engine):
    def turn(self, now, events):
        actions = super().turn(now, events)
        self.accounts.pool.fees = Value(0)
        return actions


def _twice(_engine, place):
    return [place, msgspec.structs.replace(place, order_id=OrderId(place.order_id + 10**9))]


def _across(engine, place):
    """At the best price of our own orders on the other side."""
    opposite = engine.orders.best_price(1 if place.side is Side.BUY else 0)
    return [msgspec.structs.replace(place, price=opposite or place.price)]


def _taking(engine, place):
    """At the price of the other side."""
    book = engine.market.book
    price = book.ask if place.side is Side.BUY else book.bid
    return [msgspec.structs.replace(place, price=price)]


def _drifting(place):
    """What differs from run to run."""
    return Lots(place.size + next(_drift) % 2)


def _times(number, place):
    return Lots(place.size * number)


MUTANTS = {
    "starts active": (StartsActive, "STARTS_PAUSED"),
    "resumes by itself": (ResumesByItself, "HALTED_NEVER_AUTO_RESUMES"),
    "counts a fill twice": (CountsFillsTwice, "FILLS_ONCE_WITH_THEIR_OWNER"),
    "no staleness check": (NeverStale, "NO_ORDER_WHEN_BLIND STALE_STOPS"),
    "stale only when data arrive": (StaleOnlyWhenDataArrive, "STALE_STOPS"),
    "a timeout means failure": (TimeoutMeansFailure, "NO_UNTRACKED_ORDER"),
    "an absent order is gone": (GoneMeansGone, "NO_UNTRACKED_ORDER"),
    "a cancel sent is a cancel done": (CancelMeansCancelled, "NO_UNTRACKED_ORDER"),
    "cancels are sent once": (CancelsOnce, "CANCEL_ALL_BOUNDED STALE_STOPS"),
    "late fills do not count": (LateFillsDoNotCount, "FILLS_ONCE_WITH_THEIR_OWNER"),
    "no position limit": (NoPositionLimit, "WORST_CASE_POSITION"),
    "working orders do not count": (WorkingOrdersDoNotCount, "WORST_CASE_POSITION"),
    "funding twice": (FundingTwice, "FUNDING_IS_EXACT"),
    "a pause leaves orders": (PausedKeepsItsOrders, "CANCEL_ALL_BOUNDED"),
    "the pool forgets fees": (PoolForgetsFees, "POOL_PNL_IS_ITS_MEMBERS"),
    "two orders in a slot": (each(Place, _twice), "SLOT_EXCLUSIVE"),
    "own orders cross": (each(Place, _across), "NO_SELF_CROSS POST_ONLY_NEVER_TAKES"),
    "a quote takes": (each(Place, _taking), "POST_ONLY_NEVER_TAKES"),
    "order ids come again": (
        altered(Place, order_id=lambda a: OrderId(a.order_id % 7)),
        "ORDER_IDS_ARE_UNIQUE",
    ),
    "a price far away": (
        altered(Place, price=lambda a: Ticks(a.price * (1 - a.side.sign * 6 // 100))),
        "PRICE_COLLAR POST_ONLY_NEVER_TAKES",
    ),
    "an order too large": (altered(Place, size=partial(_times, 40)), "MAX_ORDER_SIZE_VALUE"),
    "an order of nothing": (altered(Place, size=partial(_times, 0)), "MAX_ORDER_SIZE_VALUE"),
    "a split that makes lots": (
        altered(Place, size=partial(_times, 2)),
        "ALLOCATION_CONSERVES MAX_ORDER_SIZE_VALUE WORST_CASE_POSITION LEAVES_ARE_EXACT",
    ),
    "a member who is not there": (
        altered(Place, member=lambda _: "nobody"),
        "ONLY_ACTIVE_MEMBERS_TRADE",
    ),
    "another member's fill": (
        altered(RecordFill, member=lambda _: "acme"),
        "FILLS_ONCE_WITH_THEIR_OWNER",
    ),
    "a move that is not recorded": (
        each(RecordState, lambda *_: []),
        "STATE_CHANGES_ARE_RECORDED",
    ),
    "chance in the engine": (
        altered(Place, size=_drifting),
        "REPLAY_DETERMINISTIC LEAVES_ARE_EXACT",
    ),
}
"""Name -> (engine, the rules of which one must be seen broken)."""
