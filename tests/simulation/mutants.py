"""Engines with one planted bug each, to prove that the oracles see."""

import itertools
from functools import partial

import msgspec

from market_maker.engine import reconcile
from market_maker.engine.engine import Engine
from market_maker.engine.orders import LIVE, UNKNOWN, OwnOrders
from market_maker.model.actions import Cancel, Place, RecordFill, RecordState
from market_maker.model.events import Canceled, Filled, FundingPaid, InstrumentStatus
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.model.units import Lots, OrderId, Ticks, Value
from market_maker.risk.budget import MessageBudget

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
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
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


class OwnOrdersMakeTheMid(Engine):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options, own_in_feed=False)


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


def _taken_for_gone(orders, event):
    """A request without an answer ends its order."""
    orders.canceled(Canceled(event.ts_recv, event.ts_recv, event.order_id))


def with_orders(**methods):
    """An engine whose own order book has other methods."""
    book = type("MutantOrders", (OwnOrders,), {"__slots__": (), **methods})

    class Mutant(Engine):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.orders.__class__ = book

    return Mutant


class CancelMeansCancelled(Engine):
    """Cancelled as soon as a cancel is sent."""

    def turn(self, now, events):
        actions = super().turn(now, events)
        for action in actions:
            if isinstance(action, Cancel):
                self.orders.canceled(Canceled(now, now, action.order_id))
        return actions


class CancelsOnce(Engine):
    """A cancel without an answer is not sent again."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._sent = set()

    def turn(self, now, events):
        actions = super().turn(now, events)
        kept = [a for a in actions if not isinstance(a, Cancel) or a.order_id not in self._sent]
        self._sent |= {a.order_id for a in actions if isinstance(a, Cancel)}
        return kept


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


class NoBudget(Engine):
    """Sends as much as it likes."""

    class Endless(MessageBudget):
        __slots__ = ()

        def advance(self, now):
            super().advance(now)
            self.credit = 10**18

    def turn(self, now, events):
        self.reconciler._budget.__class__ = self.Endless
        return super().turn(now, events)


class QuotesAHaltedInstrument(Engine):
    def turn(self, now, events):
        kept = [event for event in events if not isinstance(event, InstrumentStatus)]
        return super().turn(now, kept)


class HearsNoPause(Engine):
    def turn(self, now, events):
        return super().turn(now, [e for e in events if getattr(e, "command", "") != "pause"])


class FundingTwice(Engine):
    def turn(self, now, events):
        paid = [event for event in events if isinstance(event, FundingPaid)]
        again = [msgspec.structs.replace(event, ts_event=event.ts_event + 1) for event in paid]
        return super().turn(now, [*events, *again])


class OneUnitTooMuch(Engine):
    """Realised PnL that was never paid."""

    def turn(self, now, events):
        actions = super().turn(now, events)
        for account in self.accounts.all:
            account.position.realised = Value(account.position.realised + (now % 7 == 0))
        return actions


class LosesAPosition(Engine):
    def turn(self, now, events):
        actions = super().turn(now, events)
        for account in self.accounts.all[-1:]:
            account.position.lots = Lots(0)
        return actions


class PoolGoesItsOwnWay(Engine):
    def turn(self, now, events):
        actions = super().turn(now, events)
        self.accounts.pool.lots = Lots(-self.accounts.pool.lots)
        return actions


class FeesAreCosts(Engine):
    """The sign of rebates, as hummingbot had it."""

    def turn(self, now, events):
        kept = [
            msgspec.structs.replace(e, fee=Value(abs(e.fee))) if isinstance(e, Filled) else e
            for e in events
        ]
        return super().turn(now, kept)


class DoubtsEverything(Engine):
    def turn(self, now, events):
        actions = super().turn(now, events)
        for order in self.orders.open():
            order.state = UNKNOWN
        return actions


class AlwaysQuoting(Engine):
    def turn(self, now, events):
        actions = super().turn(now, events)
        self.reconciler.reasons = [Reason.QUOTING, Reason.QUOTING]
        return actions


class LeavesNothing(Engine):
    """Forgets what was taken from an order."""

    def turn(self, now, events):
        actions = super().turn(now, events)
        for order in self.orders.open():
            order.leaves = order.size
        return actions


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


def _taking(engine, place):
    """At the price of the other side."""
    book = engine.market.book
    price = book.ask if place.side is Side.BUY else book.bid
    return [msgspec.structs.replace(place, price=price)]


def _times(number, place):
    return Lots(place.size * number)


MUTANTS = {
    "starts active": (StartsActive, "STARTS_PAUSED"),
    "resumes by itself": (ResumesByItself, "HALTED_NEVER_AUTO_RESUMES"),
    "counts a fill twice": (CountsFillsTwice, "FILLS_ONCE_WITH_THEIR_OWNER"),
    "no staleness check": (NeverStale, "NO_ORDER_WHEN_BLIND STALE_STOPS"),
    "stale only when data arrive": (StaleOnlyWhenDataArrive, "STALE_STOPS"),
    "a timeout means failure": (
        with_orders(unanswered=_taken_for_gone),
        "NO_UNTRACKED_ORDER SLOT_EXCLUSIVE",
    ),
    "an absent order is gone": (
        with_orders(cancel_rejected=OwnOrders.canceled),
        "NO_UNTRACKED_ORDER",
    ),
    "a cancel sent is a cancel done": (CancelMeansCancelled, "NO_UNTRACKED_ORDER"),
    "cancels are sent once": (CancelsOnce, "CANCEL_ALL_BOUNDED STALE_STOPS"),
    "late fills do not count": (
        with_orders(find=lambda self, order_id: self._by_id.get(order_id)),
        "FILLS_ONCE_WITH_THEIR_OWNER",
    ),
    "own orders make the mid": (OwnOrdersMakeTheMid, "MID_IS_OF_OTHERS"),
    "no position limit": (NoPositionLimit, "WORST_CASE_POSITION"),
    "working orders do not count": (WorkingOrdersDoNotCount, "WORST_CASE_POSITION"),
    "funding twice": (FundingTwice, "FUNDING_IS_EXACT"),
    "a pause leaves orders": (PausedKeepsItsOrders, "CANCEL_ALL_BOUNDED"),
    "the pool forgets fees": (PoolForgetsFees, "POOL_PNL_IS_ITS_MEMBERS"),
    "two orders in a slot": (each(Place, _twice), "SLOT_EXCLUSIVE"),
    "own orders cross": (with_orders(best_prices=lambda *_: [0, 0]), "NO_SELF_CROSS"),
    "a quote takes": (each(Place, _taking), "POST_ONLY_NEVER_TAKES"),
    "order ids come again": (
        altered(Place, order_id=lambda a: OrderId(a.order_id // 1_000 + 1)),
        "ORDER_IDS_ARE_UNIQUE NO_UNTRACKED_ORDER",
    ),
    "a price far away": (
        altered(Place, price=lambda a: Ticks(a.price * (1 - a.side.sign * 6 // 100))),
        "PRICE_COLLAR POST_ONLY_NEVER_TAKES",
    ),
    "an order too large": (altered(Place, size=partial(_times, 40)), "MAX_ORDER_SIZE_VALUE"),
    "a split that makes lots": (
        altered(Place, size=lambda a: Lots(a.size + 9 * (a.member == "acme"))),
        "ALLOCATION_CONSERVES",
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
        altered(RecordFill, mid_x2=lambda _: next(_drift)),
        "REPLAY_DETERMINISTIC",
    ),
    "no message budget": (NoBudget, "MESSAGE_RATE"),
    "a halted instrument is quoted": (QuotesAHaltedInstrument, "NO_ORDER_ON_HALTED_INSTRUMENT"),
    "a pause is ignored": (HearsNoPause, "STOP_COMMANDS_STOP"),
    "a realised unit too much": (OneUnitTooMuch, "PNL_IDENTITY"),
    "a position is lost": (LosesAPosition, "POS_EQ_SUM_FILLS"),
    "the pool is not its members": (PoolGoesItsOwnWay, "POOL_IS_ITS_MEMBERS"),
    "a rebate is a cost": (FeesAreCosts, "FEES_ARE_EXACT FILLS_ONCE_WITH_THEIR_OWNER"),
    "all orders are unknown": (DoubtsEverything, "KNOWN_UNKNOWN"),
    "always a reason to quote": (AlwaysQuoting, "EVERY_SILENCE_HAS_A_REASON"),
    "what is filled stays open": (LeavesNothing, "LEAVES_ARE_EXACT"),
    "levels beyond the configured ones": (
        altered(Place, level=lambda a: a.level + 4),
        "LEVELS_AS_CONFIGURED",
    ),
    "unwinding by ordinary orders": (
        altered(Place, reduce_only=lambda _: False),
        "UNWIND_ONLY_REDUCES",
    ),
    "reducing beyond zero": (
        altered(Place, size=lambda a: Lots(a.size * (3 if a.reduce_only else 1))),
        "REDUCE_ONLY_REDUCES MAX_ORDER_SIZE_VALUE",
    ),
    "dust": (altered(Place, size=lambda _: Lots(0)), "MIN_NOTIONAL MAX_ORDER_SIZE_VALUE"),
    "cancels of others' orders": (
        altered(Cancel, order_id=lambda a: OrderId(a.order_id + 10**9)),
        "CANCELS_ARE_OURS",
    ),
}
"""Name -> (engine, the rules of which one must be seen broken)."""
