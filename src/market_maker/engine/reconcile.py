"""From what we want and what we have, to what we send.

What is right is kept, what is wrong is cancelled, and a slot is filled again only after the
venue has confirmed that it is free. Cancels go before placements. Every order passes the risk
limits one by one, with all working and unknown orders counted as if they were filled.
"""

from market_maker.engine.accounts import Account, Accounts
from market_maker.engine.allocation import CreditAllocator
from market_maker.engine.ladder import Ladder
from market_maker.engine.orders import (
    BUY,
    LIVE,
    PENDING_CANCEL,
    PENDING_NEW,
    SELL,
    SIDES,
    SIGNS,
    UNKNOWN,
    OrderBook,
    Working,
    slot_of,
)
from market_maker.engine.stopwatch import UNWATCHED, Stopwatch
from market_maker.engine.terms import Terms
from market_maker.model.actions import Action, Cancel, Place
from market_maker.model.pool import LEVELS_MAX
from market_maker.model.quotes import Clamp, Reason
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId, Ticks
from market_maker.risk.budget import MessageBudget
from market_maker.risk.limits import refuse_order, room

CANCEL_RETRY_NS = NANOS_PER_SECOND
"""How long after a cancel that was refused or not answered another one is sent."""

_OPEN_REASONS = {
    Clamp.INSIDE: Reason.QUOTING,
    Clamp.FLOOR: Reason.SPREAD_FLOOR,
    Clamp.CEILING: Reason.SPREAD_CEILING,
}
_OPEN = tuple(_OPEN_REASONS.values())
_BOTH = (BUY, SELL)
_WAITING = {
    LIVE: Reason.AWAITING_CANCEL,
    PENDING_NEW: Reason.AWAITING_ACK,
    PENDING_CANCEL: Reason.AWAITING_CANCEL,
    UNKNOWN: Reason.UNKNOWN_ORDER,
}


def right_size(size: int, wanted: int) -> bool:
    """Whether a size is near enough to the wanted one, within a quarter: sizes follow prices,
    and a lot more or less is not worth a place in the queue."""
    return 3 * wanted <= 4 * size <= 5 * wanted


def keeps_place(order: Working, wanted: int) -> bool:
    """Whether an order may stay: of the right size when it was placed, and not half eaten."""
    return right_size(order.size, wanted) and 2 * order.leaves > wanted


class _Share:
    """How one level of one side is split among members while it is in force. bounds: the room
    there was, of the pool and then of each member, up to the size of the order. reason: why
    nobody gets anything. used: whether orders went out for it."""

    __slots__ = ("bounds", "lots", "parts", "price", "reason", "used")

    def __init__(self, price: int, lots: int, bounds: list[int]) -> None:
        self.price, self.lots, self.bounds = price, lots, bounds
        self.parts: list[tuple[Account, int, int]] = []
        self.reason: Reason | None = None
        self.used = False


def _why_nobody(share: _Share, least: int) -> Reason:
    """Why nobody gets an order of at least `least` lots."""
    pool_room, *rooms = share.bounds
    if share.lots >= least > pool_room:
        return Reason.POSITION_LIMIT
    if pool_room >= least > max(rooms):
        return Reason.MEMBER_LIMIT
    return Reason.MIN_NOTIONAL


class Reconciler:
    """reasons: per side, why it quotes or does not. settled: nothing is left to do, once new
    orders are acknowledged, until an order, a price or a limit moves, or the reference (twice its
    ticks) passes settled_below_x2. next_order_id: greater than every one used. stopwatch: of the
    engine; the shell may put its own there."""

    stopwatch: Stopwatch = UNWATCHED

    def __init__(self, orders: OrderBook, accounts: Accounts, next_order_id: OrderId) -> None:
        self._orders, self._accounts = orders, accounts
        self.next_order_id = next_order_id
        self._shares: dict[int, _Share] = {}
        self._allocators: dict[int, CreditAllocator[ParticipantId]] = {}
        self.reasons = [Reason.NOT_STARTED, Reason.NOT_STARTED]
        self.placed = 0
        self.cancelled = 0
        self.settled = False
        self._settled_version = self._settled_ladder = -1
        self._base = Reason.NOT_STARTED
        self.settled_below_x2 = 0
        self._at_limit = [False, False]

    def configure(self, terms: Terms, budget: MessageBudget) -> None:
        """New terms: levels are split afresh."""
        self._terms, self._budget = terms, budget
        self._shares.clear()
        self._allocators.clear()
        self._names = [account.member.participant_id for account in self._accounts.quoting]
        self._alone = [terms.weights[name] for name in self._names] == [1]
        self.unsettle()

    def unsettle(self) -> None:
        """Something other than orders and prices changed: look at everything again."""
        self.settled = False

    def pull(self, now: Nanos, reason: Reason, actions: list[Action]) -> None:
        """Cancel everything that may be open, whatever the message budget says."""
        self.reasons = [reason, reason]
        self.settled = False
        if self._orders.slots:
            self._budget.advance(now)
            for order in self._orders.open():
                self._cancel(order, now, actions, forced=True)

    def quote(self, now: Nanos, ladder: Ladder, reference_x2: int, actions: list[Action]) -> None:
        """Bring our orders to the ladder."""
        base, orders = _OPEN_REASONS[ladder.clamp], self._orders
        if (
            self.settled
            and orders.version == self._settled_version
            and ladder.version == self._settled_ladder
            and reference_x2 <= self.settled_below_x2
            and not orders.unacknowledged
        ):
            if base is not self._base:
                self.reasons = [base if reason in _OPEN else reason for reason in self.reasons]
                self._base = base
            return
        self._base = base
        self.reasons = [base, base]
        sides = self._sides(reference_x2)
        self._budget.advance(now)
        self._settled_version, self._settled_ladder = orders.version, ladder.version
        self._bring(self._wanted(ladder, sides, reference_x2), now, reference_x2, actions)
        if sides is not _BOTH:
            self.settled_below_x2 = 0
        elif actions and self.settled:  # orders went out, which take room
            self.settled_below_x2 = self._room_below_x2()

    def _sides(self, reference_x2: int) -> tuple[int, ...]:
        """Those that may quote."""
        self._at_limit = [False, False]
        self.settled_below_x2 = self._room_below_x2()
        if reference_x2 <= self.settled_below_x2:
            return _BOTH
        may_buy, may_sell = self._may_quote(BUY, reference_x2), self._may_quote(SELL, reference_x2)
        if may_buy and may_sell:
            return _BOTH
        return (BUY,) if may_buy else (SELL,) if may_sell else ()

    def _room_below_x2(self) -> int:
        """Up to which reference (twice its ticks) both sides keep their room as they are."""
        position = self._accounts.pool.lots
        buying, selling = self._orders.working
        # Conditions, because max() costs more than all the rest.
        most = position + 1 if position >= 0 else 1 - position
        if (bought := position + buying) > most:
            most = bought
        if (sold := selling - position) > most:
            most = sold
        return 2 * self._terms.room_value // most

    def unwind(self, now: Nanos, ladder: Ladder, reference_x2: int, actions: list[Action]) -> None:
        """One order a member, at the best level, against its position and no larger than that;
        everything else goes."""
        self.reasons = [Reason.UNWINDING, Reason.UNWINDING]
        self._budget.advance(now)
        wanted: dict[int, tuple[Account, int, int]] = {}
        for account in self._accounts.quoting:
            side = SELL if account.position.lots > 0 else BUY
            price = ladder.prices[side][0]
            if price <= 0:
                continue
            slot = slot_of(account.index, side, 0)
            size = max(1, self._terms.size_value // price)
            lots = min(self._left_to_close(account, side, slot), size)
            if lots > 0:
                wanted[slot] = (account, price, lots)
        self._bring(wanted, now, reference_x2, actions, unwinding=True)
        self.settled = False

    def _left_to_close(self, account: Account, side: int, slot: int) -> int:
        """A member's lots that nothing in another slot may already be closing."""
        closing = self._orders.working_of.get(account.index * 2 + side, 0)
        own = self._orders.slots.get(slot)
        return abs(account.position.lots) - closing + (own.leaves if own else 0)

    def _bring(
        self,
        wanted: dict[int, tuple[Account, int, int]],
        now: Nanos,
        reference_x2: int,
        actions: list[Action],
        *,
        unwinding: bool = False,
    ) -> None:
        """Keep what is right of what is open, cancel the rest, place what is missing."""
        self.settled = True
        for order in self._orders.open():
            part = wanted.pop(order.slot, None) if wanted else None
            if (
                part is not None
                and order.state is LIVE
                and order.price == part[1]
                and keeps_place(order, part[2])
                and (order.reduce_only or not unwinding)
            ):
                continue
            self.settled = False
            self._remove(order, now, actions)
        for slot, (account, price, lots) in wanted.items():
            self._place((slot, price, lots), account, reference_x2, actions, unwinding=unwinding)

    def _wanted(
        self, ladder: Ladder, sides: tuple[int, ...], reference_x2: int
    ) -> dict[int, tuple[Account, int, int]]:
        """Slot -> (member, price, lots), best levels first."""
        wanted: dict[int, tuple[Account, int, int]] = {}
        for level in range(self._terms.levels):
            for side in sides:
                price = ladder.prices[side][level]
                if price <= 0:
                    self.reasons[side] = Reason.NO_PRICE
                    continue
                share = self._share(side, level, price, reference_x2)
                if share.reason is not None:
                    self.reasons[side] = share.reason
                for account, slot, lots in share.parts:
                    if not account.stopped and lots:
                        wanted[slot] = (account, price, lots)
        return wanted

    def _may_quote(self, side: int, reference_x2: int) -> bool:
        """Not at the limit on this side, and its working orders fit under it."""
        sign, position = SIGNS[side], self._accounts.pool.lots
        limit = self._terms.room_value
        if sign * position > 0 and sign * position * reference_x2 >= 2 * limit:
            self.reasons[side] = Reason.POSITION_LIMIT
            self._at_limit[side] = True
            return False
        if room(sign, position, self._orders.working[side], reference_x2, limit) < 0:
            self.reasons[side] = Reason.WORST_CASE
            return False
        return True

    def _share(self, side: int, level: int, price: int, reference_x2: int) -> _Share:
        """The split in force. A new one when the price moved, when all of its orders are gone,
        or when it put out none and the room for them has changed."""
        key = side * LEVELS_MAX + level
        share = self._shares.get(key)
        if share is not None and share.price == price:
            slots = self._orders.slots
            for _, slot, _ in share.parts:
                if slot in slots:
                    return share
            if not share.used and share.bounds == self._bounds(side, share.lots, reference_x2):
                return share
        lots = self._terms.size_value // price
        share = self._shares[key] = _Share(price, lots, self._bounds(side, lots, reference_x2))
        self._split(share, side, level)
        return share

    def _bounds(self, side: int, lots: int, reference_x2: int) -> list[int]:
        """Room of the pool and of each member on this side, from 0 to `lots`."""
        sign, accounts = SIGNS[side], self._accounts
        free = room(sign, accounts.pool.lots, 0, reference_x2, self._terms.room_value)
        bounds = [lots if free >= lots else max(free, 0)]
        for account in accounts.quoting:
            free = room(sign, account.position.lots, 0, reference_x2, account.position_value)
            bounds.append(lots if free >= lots else max(free, 0))
        return bounds

    def _split(self, share: _Share, side: int, level: int) -> None:
        least = -(-self._terms.order_limits.value_min // share.price) or 1
        self.stopwatch.start()
        sizes = self._sizes(share.bounds, side * LEVELS_MAX + level, least)
        self.stopwatch.allocated()
        for account, lots in zip(self._accounts.quoting, sizes, strict=True):
            share.parts.append((account, slot_of(account.index, side, level), lots))
        if not any(sizes):
            share.reason = _why_nobody(share, least)

    def _sizes(self, bounds: list[int], key: int, least: int) -> list[int]:
        """Lots of each member. A member that gets all of every order is never owed anything by
        rounding, and needs no allocator."""
        if self._alone:
            lots = min(bounds)
            return [lots if lots >= least else 0]
        names = self._names
        allocator = self._allocators.get(key)
        if allocator is None:
            weights = {name: self._terms.weights[name] for name in names}
            allocator = self._allocators[key] = CreditAllocator(weights)
        pool_room, *rooms = bounds
        lots_of = allocator.split(pool_room, dict(zip(names, rooms, strict=True)), least)
        return [lots_of[name] for name in names]

    def _remove(self, order: Working, now: Nanos, actions: list[Action]) -> None:
        """Cancel it if that can be asked for now; else wait, and say for what."""
        if order.state is not LIVE or self.reasons[order.side] in _OPEN:
            self.reasons[order.side] = _WAITING[order.state]
        self._cancel(order, now, actions, forced=False)

    def _cancel(self, order: Working, now: Nanos, actions: list[Action], *, forced: bool) -> None:
        if order.state is not LIVE and order.state is not UNKNOWN:
            return
        if order.cancel_at is not None and now - order.cancel_at < CANCEL_RETRY_NS:
            return
        if forced:
            self._budget.spend_cancel()
        elif not self._budget.take_cancel():
            self.reasons[order.side] = Reason.BUDGET
            return
        if order.state is LIVE:
            order.state = PENDING_CANCEL
        order.cancel_at = now
        self.cancelled += 1
        actions.append(Cancel(order.order_id))

    def _place(
        self,
        quote: tuple[int, int, int],
        account: Account,
        reference_x2: int,
        actions: list[Action],
        *,
        unwinding: bool,
    ) -> None:
        """quote: slot, price and lots."""
        slot, price, lots = quote
        side, level = slot // LEVELS_MAX % 2, slot % LEVELS_MAX
        limits = self._terms.unwinding_limits if unwinding else self._terms.order_limits
        reason = refuse_order(price, lots, reference_x2, limits)
        reason = reason or self._refuse(side, account, price, lots, reference_x2)
        if reason is not None:
            self.reasons[side] = reason
            self.settled = False
            return
        order_id, self.next_order_id = self.next_order_id, OrderId(self.next_order_id + 1)
        member = account.member.participant_id
        order = Working(order_id, slot, member, Ticks(price), Lots(lots))
        order.reduce_only = unwinding or self._only_reduces(side, account, lots)
        self._orders.placed(order)
        if not unwinding:
            self._shares[side * LEVELS_MAX + level].used = True
        self.placed += 1
        actions.append(
            Place(order_id, member, SIDES[side], level, order.price, order.size, order.reduce_only)
        )

    def _only_reduces(self, side: int, account: Account, lots: int) -> bool:
        """Marked reduce-only at a pool's limit, where it cannot exceed the member's position."""
        if not self._at_limit[1 - side]:
            return False
        working = self._orders.working_of.get(account.index * 2 + side, 0)
        return working + lots <= -SIGNS[side] * account.position.lots

    def _refuse(
        self, side: int, account: Account, price: int, lots: int, reference_x2: int
    ) -> Reason | None:
        """Why this order may not go out, or None; takes its message from the budget."""
        terms, orders, sign = self._terms, self._orders, SIGNS[side]
        pool = self._accounts.pool.lots
        if room(sign, pool, orders.working[side], reference_x2, terms.room_value) < lots:
            return Reason.WORST_CASE
        working = orders.working_of.get(account.index * 2 + side, 0)
        held = account.position.lots
        if room(sign, held, working, reference_x2, account.position_value) < lots:
            return Reason.MEMBER_LIMIT
        opposite = orders.best_price(1 - side)
        if opposite and (price - opposite) * sign >= 0:
            return Reason.OWN_CROSS
        return None if self._budget.take_place() else Reason.BUDGET
