"""The orders that may be out there, by slot: one place per member, side and level.

An order leaves only by evidence from the venue. A closed order is remembered for a while, so
that a late fill still finds its member.
"""

from collections.abc import Iterable
from typing import Final

from market_maker.model.actions import Owner
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Filled,
    Rejected,
    Unanswered,
)
from market_maker.model.orders import BUY, SIDES, SIGNS, Order, OrderState
from market_maker.model.pool import LEVELS_MAX
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId, Ticks

CLOSED_KEPT_MAX: Final = 256
"""Orders that are over and whose late fills are still known, the latest."""

FADING_KEPT_MAX: Final = 64
"""More that a book may still display are not collected before a book is searched for them."""

OVERFILLED = "more filled than ordered: the feed or our records are wrong"
WORSE_PRICE = "filled at a worse price than the order's limit: the feed or our records are wrong"
"""Why a pool pauses on a fill that is booked all the same, for the venue's word counts."""

CANCEL_RETRY_NS: Final = NANOS_PER_SECOND
"""How long after a cancel that was refused or not answered another one is sent."""

NEVER: Final = -1
"""A moment before every other: no cancel was sent."""

PENDING_NEW: Final = OrderState.PENDING_NEW
LIVE: Final = OrderState.LIVE
PENDING_CANCEL: Final = OrderState.PENDING_CANCEL
UNKNOWN: Final = OrderState.UNKNOWN


def slot_of(account: int, side: int, level: int) -> int:
    """The number of a slot. account: the member's index in this engine; side: BUY or SELL."""
    return (account * 2 + side) * LEVELS_MAX + level


class Working:
    """One order of ours while it may be open, and for a while after. Private to the engine.
    rested_at: stamps (the venue's, ours) of its acknowledgement; behind: lots of others at
    its price, when that was last known; touch: the best price of its side, and its size, when it
    was sent."""

    __slots__ = (
        "account",
        "account_id",
        "acknowledged",
        "behind",
        "cancel_at",
        "client_order_id",
        "filled",
        "leaves",
        "level",
        "member",
        "order_id",
        "price",
        "reduce_only",
        "rested_at",
        "side",
        "size",
        "slot",
        "state",
        "touch",
        "trades",
    )

    def __init__(
        self, order_id: OrderId, slot: int, member: ParticipantId, price: Ticks, size: Lots
    ) -> None:
        self.order_id, self.slot, self.member = order_id, slot, member
        self.account, self.side = slot // (2 * LEVELS_MAX), slot // LEVELS_MAX % 2
        self.level = slot % LEVELS_MAX
        self.price, self.size, self.leaves = price, size, size
        self.state = PENDING_NEW
        self.reduce_only = False
        self.acknowledged = False
        self.rested_at = (0, 0)
        self.behind = 0
        self.touch = (Ticks(0), Lots(0))
        self.cancel_at = NEVER
        self.client_order_id = self.account_id = ""
        self.filled = 0
        self.trades: list[int] = []

    @property
    def owner(self) -> Owner:
        """Whose its fills are."""
        identity = (self.client_order_id, self.account_id)
        return (self.member, SIDES[self.side], self.level, *identity)

    def is_cancellable(self, now: Nanos) -> bool:
        """Whether a cancel of it can be sent now: it rests, or may, and none is on its way."""
        if self.state is not LIVE and self.state is not UNKNOWN:
            return False
        return self.cancel_at == NEVER or now - self.cancel_at >= CANCEL_RETRY_NS

    def contradicts(self, price: int) -> str | None:
        """Why a fill at `price`, counted already, cannot be, if what we know of this order is
        right: more than was ordered, or worse than its limit. None if it can."""
        if self.filled > self.size:
            return OVERFILLED
        return WORSE_PRICE if (price - self.price) * SIGNS[self.side] > 0 else None

    def view(self) -> Order:
        """For readers."""
        return Order(
            self.order_id,
            self.member,
            SIDES[self.side],
            self.level,
            self.price,
            self.size,
            self.leaves,
            self.state,
            self.client_order_id,
            Lots(self.behind),
        )


class Fading:
    """Lots of ours that a book older than ended_at still displays, if it is as new as rested_at;
    stamps: the venue's, ours. behind: of the order."""

    __slots__ = ("behind", "ended_at", "lots", "price", "rested_at", "side")

    def __init__(self, order: Working, ended_at: tuple[int, int], lots: int) -> None:
        self.ended_at, self.rested_at = ended_at, order.rested_at
        self.side, self.price, self.behind = order.side, order.price, order.behind
        self.lots = lots


class OwnOrders:
    """Our own orders. `slots` holds those that may be open, unknown ones included; `working`
    their lots by side, `working_of` by member and side (key: account x 2 + side).
    unacknowledged: orders that the venue has not reported yet. version grows with everything that
    happens to an order but the plain acknowledgement of a new one.
    displayed: a book may display them; not in a replay or a shadow.
    fading: what a newer book will not display any more. tops: no bid of ours that a book may
    display is higher, no ask lower."""

    __slots__ = (
        "_by_id",
        "_closed",
        "_displayed",
        "fading",
        "slots",
        "tops",
        "unacknowledged",
        "version",
        "working",
        "working_of",
    )

    def __init__(self, *, displayed: bool = True) -> None:
        self._displayed = displayed
        self.slots: dict[int, Working] = {}
        self.version = 0
        self.unacknowledged = 0
        self.working = [0, 0]
        self.working_of: dict[int, int] = {}
        self.fading: list[Fading] = []
        self.tops = [-1, 2**63]
        self._by_id: dict[OrderId, Working] = {}
        self._closed: dict[OrderId, Working] = {}  # in the order in which they ended

    def find(self, order_id: OrderId) -> Working | None:
        """The order, open or lately closed."""
        return self._by_id.get(order_id) or self._closed.get(order_id)

    def placed(self, order: Working) -> None:
        """We are about to send it."""
        assert order.slot not in self.slots, (order.slot, order.order_id)
        self.slots[order.slot] = self._by_id[order.order_id] = order
        self.unacknowledged += 1
        self._count(order, order.leaves)
        tops, side, price = self.tops, order.side, order.price
        if price < tops[side] if side else price > tops[side]:
            tops[side] = price

    def accepted(self, event: Accepted) -> bool:
        """It rests, unless a cancel is on its way already. Returns whether it is an open order of
        ours."""
        order = self._by_id.get(event.order_id)
        if order is None:
            return False
        order.acknowledged, order.rested_at = True, (event.ts_event, event.ts_recv)
        if order.state is PENDING_NEW:
            order.state = LIVE
            self.unacknowledged -= 1
            return True
        self.version += 1
        if order.state is UNKNOWN:
            order.state = LIVE
        return True

    def rejected(self, event: Rejected) -> Working | None:
        """It never rested. The order, if it was an open one of ours."""
        order = self._by_id.get(event.order_id)
        if order is not None:
            self._close(order)
        return order

    def filled(self, event: Filled) -> Working | None:
        """The order that this fill belongs to; None if the fill was seen before, is not of an
        order we know or is of nothing. A fill of a closed order counts: the venue's word is the
        truth."""
        order = self.find(event.order_id)
        if order is None or event.trade_id in order.trades or event.size <= 0:
            return None
        self._moved(order)
        order.trades.append(event.trade_id)
        order.filled += event.size
        open_still = event.order_id in self._by_id
        if open_still:
            self._reduce(order, event)
        return order

    def canceled(self, event: Canceled) -> None:
        """The venue proved that it is gone."""
        order = self._by_id.get(event.order_id)
        if order is not None:
            self._fade(order, event, order.leaves)
            self._close(order)

    def cancel_rejected(self, event: CancelRejected) -> None:
        """`gone` proves the end of an order that once rested; an order that was never
        acknowledged may still be on its way in, so that its absence proves nothing."""
        order = self._by_id.get(event.order_id)
        if order is None:
            return
        self._moved(order)
        if not event.gone:
            order.state, order.acknowledged = LIVE, True
        elif order.acknowledged:
            self._fade(order, event, order.leaves)
            self._close(order)
        else:
            order.state = UNKNOWN

    def unanswered(self, event: Unanswered) -> None:
        """A request timed out."""
        order = self._by_id.get(event.order_id)
        if order is not None:
            self._moved(order)
            order.state = UNKNOWN

    def open(self) -> Iterable[Working]:
        """Every order that may be open, oldest slot first."""
        return self.slots.values()

    def cancellable(self, now: Nanos) -> list[OrderId]:
        """What a turn that pulls everything would cancel, as far as is known by now."""
        return [order.order_id for order in self.slots.values() if order.is_cancellable(now)]

    def of_member(self, account: int, side: int) -> int:
        """A member's working lots on a side. account: its index."""
        return self.working_of.get(account * 2 + side, 0)

    def best_prices(self) -> list[int]:
        """The most aggressive price of each side among orders that may be open; 0 when none."""
        bid = ask = 0
        for order in self.slots.values():
            # Conditions, because min() and max() cost more than all the rest.
            if order.side == BUY:
                bid = price if (price := order.price) > bid else bid
            elif not ask or order.price < ask:
                ask = order.price
        return [bid, ask]

    def _fade(self, order: Working, event: Filled | Canceled | CancelRejected, lots: int) -> None:
        """A book that is older than this report still displays these lots."""
        if order.acknowledged and self._displayed:
            self.fading.append(Fading(order, (event.ts_event, event.ts_recv), lots))
            if len(self.fading) > FADING_KEPT_MAX:
                # Any book reaches these: the next one is searched for ours, which ends this list.
                self.tops[:] = [2**63, -1]

    def _reduce(self, order: Working, event: Filled) -> None:
        taken = min(event.size, order.leaves)
        self._fade(order, event, taken)
        order.leaves = Lots(order.leaves - taken)
        self._count(order, -taken)
        order.acknowledged = True
        if order.leaves == 0:
            self._close(order)
        elif order.state is UNKNOWN:
            order.state = LIVE

    def _moved(self, order: Working) -> None:
        """More has happened to it than a plain acknowledgement; it is not merely new any more."""
        self.version += 1
        if order.state is PENDING_NEW:
            order.state = LIVE
            self.unacknowledged -= 1

    def _close(self, order: Working) -> None:
        self._moved(order)
        self._count(order, -order.leaves)
        del self._by_id[order.order_id], self.slots[order.slot]
        self._closed[order.order_id] = order
        if len(self._closed) > CLOSED_KEPT_MAX:
            for oldest in self._closed:
                del self._closed[oldest]
                return

    def _count(self, order: Working, lots: int) -> None:
        self.working[order.side] += lots
        key = order.account * 2 + order.side
        self.working_of[key] = self.working_of.get(key, 0) + lots
