"""From what we want and what we have, to what we send.

What is right is kept, what is wrong is cancelled, and a slot is filled again only after the
venue has confirmed that it is free. Cancels go before placements. Every order passes the risk
limits one by one, with all working and unknown orders counted as if they were filled.
"""

from market_maker.engine.accounts import Account, Accounts
from market_maker.engine.book import Book
from market_maker.engine.ladder import Ladder
from market_maker.engine.order_cap import OrderCap
from market_maker.engine.orders import (
    LIVE,
    PENDING_CANCEL,
    PENDING_NEW,
    UNKNOWN,
    OwnOrders,
    Working,
    slot_of,
)
from market_maker.engine.room_left import full_members, left_to_close, room_below_x2
from market_maker.engine.shares import Part, Room, Share, Shares, stays
from market_maker.engine.stopwatch import Stopwatch
from market_maker.engine.terms import Terms
from market_maker.model.actions import Action, Cancel, Place
from market_maker.model.client_order_id import OrderNames
from market_maker.model.orders import BUY, SELL, SIDES, SIGNS
from market_maker.model.quotes import QUOTES, Clamp, Reason
from market_maker.model.units import Lots, Nanos, OrderId, Ticks
from market_maker.risk.budget import MessageBudget, take_cancel, take_place
from market_maker.risk.limits import REFUSALS, cut_lots, is_taken, refusal, room

_OPEN_REASONS = {
    Clamp.INSIDE: Reason.QUOTING,
    Clamp.FLOOR: Reason.SPREAD_FLOOR,
    Clamp.CEILING: Reason.SPREAD_CEILING,
}
_BASES = tuple(_OPEN_REASONS.values())
_BOTH = (BUY, SELL)
_NEITHER = (False, False)
WAITING = {
    UNKNOWN: Reason.UNKNOWN_ORDER,
    PENDING_NEW: Reason.AWAITING_ACK,
    PENDING_CANCEL: Reason.AWAITING_CANCEL,
    LIVE: Reason.AWAITING_CANCEL,
}
"""What an order in this state waits for, before it can be another one."""


class Reconciler:
    """reasons: per side, why it quotes or does not. room_below_x2: up to which reference (twice
    its ticks) both sides keep their room as they are; 0 where a side or a level of it has none.
    next_order_id: greater than every one used. stopwatch: of the engine; the shell may put its own
    there."""

    def __init__(
        self,
        orders: OwnOrders,
        accounts: Accounts,
        names: OrderNames,
        next_order_id: OrderId,
        *,
        book: Book,
    ) -> None:
        self._orders, self._accounts, self._names, self._book = orders, accounts, names, book
        self.next_order_id = next_order_id
        self._shares, self._order_cap = Shares(orders, accounts), OrderCap(orders)
        self.reasons = [Reason.NOT_STARTED, Reason.NOT_STARTED]
        self.placed = 0
        self.cancelled = 0
        self.room_below_x2 = 0
        self._settled = self._unshared = False
        self._base = Reason.NOT_STARTED
        self._at_limit = [False, False]
        self._best_own = [0, 0]  # while orders are placed
        self._room_value, self._limit_reason = 0, Reason.POSITION_LIMIT

    @property
    def stopwatch(self) -> Stopwatch:
        """Called with how long pieces of work take, where `is_watched` says so."""
        return self._shares.stopwatch

    @stopwatch.setter
    def stopwatch(self, watch: Stopwatch) -> None:
        self._shares.watch(watch)

    @property
    def is_watched(self) -> bool:
        """Whether anything is measured."""
        return self._shares.is_watched

    def configure(self, terms: Terms, budget: MessageBudget) -> None:
        """New terms: levels are split afresh."""
        self._terms, self._budget = terms, budget
        self._order_limits = terms.order_limits
        self._order_cap.most = terms.order_limits.orders_max
        self._shares.configure(terms)
        self.limit(terms.room_value, Reason.POSITION_LIMIT)

    def limit(self, room_value: int, reason: Reason) -> bool:
        """Let orders fill the pool up to room_value (ticks x lots) and no further, for `reason`;
        with 0 only what reduces the position is placed. Returns whether the limit changed."""
        before = self._room_value, self._limit_reason
        self._room_value, self._limit_reason = room_value, reason
        return before != (room_value, reason)

    def pull(self, now: Nanos, reason: Reason, actions: list[Action]) -> None:
        """Cancel everything that may be open, whatever the message budget says."""
        self.reasons = [reason, reason]
        if self._orders.slots:
            self._budget.advance(now)
            for order in self._orders.open():
                self._cancel(order, now, actions, forced=True)

    def pull_exposed(self, now: Nanos, fair: float, actions: list[Action]) -> bool:
        """Cancel what fair, ticks, has reached: its taker gains now. It does not wait for
        the next quote. Returns whether there was such an order."""
        before = len(actions)
        self._budget.advance(now)
        for order in self._orders.open():
            if order.price >= fair if order.side == BUY else order.price <= fair:  # reached
                self._cancel(order, now, actions, forced=True)
        return len(actions) > before

    def withdraw(self, now: Nanos, reference_x2: int, actions: list[Action]) -> None:
        """Cancel what the venue would not take any more, after its limits changed."""
        self._budget.advance(now)
        limits = self._terms.order_limits
        for order in self._orders.open():
            own = self._terms.unwinding_limits if order.reduce_only else limits
            if not is_taken(order.price, order.size, reference_x2, own):
                self._cancel(order, now, actions, forced=True)

    def on_clamp(self, clamp: Clamp) -> None:
        """Prices and orders stay as they are, for another reason."""
        base = _OPEN_REASONS[clamp]
        if base is not self._base:
            self.reasons = [base if reason in _BASES else reason for reason in self.reasons]
            self._base = base

    def quote(self, now: Nanos, ladder: Ladder, reference_x2: int, actions: list[Action]) -> bool:
        """Keep, cancel and place so that our orders become those of the ladder. Returns whether
        nothing is left to do for them once the venue has acknowledged new ones."""
        self._base = base = _OPEN_REASONS[ladder.clamp]
        self.reasons = [base, base]
        sides = self._sides(ladder, reference_x2)
        self._budget.advance(now)
        wanted = self._wanted(ladder, sides, reference_x2)
        if self._order_cap.most:
            for side in self._order_cap.trim(wanted):
                self.reasons[side], self._unshared = Reason.OPEN_ORDERS, True
        self._bring(wanted, now, reference_x2, actions)
        if sides != _BOTH or self._unshared:
            self.room_below_x2 = 0
        elif actions and self._settled:  # orders went out, which take room
            self.room_below_x2 = room_below_x2(self._accounts, self._orders, self._room_value)
        return self._settled

    def _sides(self, ladder: Ladder, reference_x2: int) -> tuple[int, ...]:
        """Those that may quote."""
        self._at_limit = [False, False]
        self.room_below_x2 = room_below_x2(self._accounts, self._orders, self._room_value)
        if ladder.joining is not None:
            self.reasons[ladder.joining] = Reason.REBALANCING
        sides = self._with_room(reference_x2)
        if ladder.silent == _NEITHER:
            return sides
        for side in _BOTH:
            if ladder.silent[side]:
                self.reasons[side] = Reason.SILENT
        return tuple(side for side in sides if not ladder.silent[side])

    def _with_room(self, reference_x2: int) -> tuple[int, ...]:
        if reference_x2 <= self.room_below_x2:
            return _BOTH
        may_buy, may_sell = self._may_quote(BUY, reference_x2), self._may_quote(SELL, reference_x2)
        if may_buy and may_sell:
            return _BOTH
        return (BUY,) if may_buy else (SELL,) if may_sell else ()

    def unwind(self, now: Nanos, ladder: Ladder, reference_x2: int, actions: list[Action]) -> None:
        """One order a member, at the best level, against its position and no larger than that;
        everything else goes."""
        self.reasons = [Reason.UNWINDING, Reason.UNWINDING]
        self._budget.advance(now)
        wanted: dict[int, Part] = {}
        for account in self._accounts.quoting:
            side = SELL if account.position.lots > 0 else BUY
            part = Part(account, side, 0)
            part.price = price = ladder.prices[side][0]
            if price <= 0:
                continue
            size = max(1, self._terms.size_value // price)
            left = left_to_close(self._orders, account, side, part.slot)
            part.lots = cut_lots(price, min(left, size), self._terms.unwinding_limits)
            if part.lots > 0:
                wanted[part.slot] = part
        self._bring(wanted, now, reference_x2, actions, unwinding=True)

    def _bring(
        self,
        wanted: dict[int, Part],
        now: Nanos,
        reference_x2: int,
        actions: list[Action],
        *,
        unwinding: bool = False,
    ) -> None:
        """Keep what is right of what is open, cancel the rest, place what is missing. wanted: by
        slot, in the order in which it is placed."""
        self._settled = True
        slots = self._orders.slots
        for order in slots.values():
            part = wanted.get(order.slot)
            if (
                part is not None
                and order.state is LIVE
                and order.price == part.price
                # As ordered and untouched, most orders need no more than this.
                and (
                    order.size == order.leaves == part.lots
                    or stays(order.size, order.leaves, part.lots)
                )
                and (order.reduce_only or not unwinding)
            ):
                continue
            self._settled = False
            self._remove(order, now, actions)
        missing = [part for part in wanted.values() if part.slot not in slots]
        if missing:
            self._best_own = self._orders.best_prices()
            for part in missing:
                self._place(now, part, reference_x2, actions, unwinding=unwinding)

    def _wanted(self, ladder: Ladder, sides: tuple[int, ...], reference_x2: int) -> dict[int, Part]:
        """By slot, best levels first."""
        wanted: dict[int, Part] = {}
        shares, room_left = self._shares, Room(reference_x2, self._room_value, self._limit_reason)
        full = full_members(self._accounts, reference_x2)
        self._unshared = bool(full)  # what no member gets depends on every reference
        all_may = not full and not self._accounts.anyone_stopped
        bids, asks = ladder.prices
        for level in range(len(bids)):
            for side in sides:
                price = asks[level] if side else bids[level]
                if price <= 0:
                    self.reasons[side] = Reason.NO_PRICE
                    continue
                lots = ladder.lots(side, level, price)
                share = shares.of(slot_of(0, side, level), price, lots, room_left)
                self._note_share(share, side)
                if all_may:
                    for part in share.parts:
                        if part.lots:
                            wanted[part.slot] = part
                else:
                    self._want_of(share, side, full, wanted)
        return wanted

    def _note_share(self, share: Share, side: int) -> None:
        if share.reason is not None:
            self.reasons[side], self._unshared = share.reason, True
        elif share.cut and self.reasons[side] in _BASES:
            self.reasons[side] = Reason.LARGEST_SIZE

    def _want_of(
        self, share: Share, side: int, full: list[Account], wanted: dict[int, Part]
    ) -> None:
        """Where a member is full or stopped. With nothing out any reference may renew the split."""
        before, reason = len(wanted), None
        for part in share.parts:
            account = part.account
            if account in full and account.position.lots * SIGNS[side] > 0:
                reason = Reason.MEMBER_LIMIT
            elif not account.stopped and part.lots:
                wanted[part.slot] = part
        if len(wanted) == before:
            self._unshared = True
            reason = reason or share.reason or share.why_nobody(self._limit_reason)
        self.reasons[side] = reason or self.reasons[side]

    def _may_quote(self, side: int, reference_x2: int) -> bool:
        """Not at the limit on this side, and its working orders fit under it."""
        sign, position, limit = SIGNS[side], self._accounts.pool.lots, self._room_value
        if sign * position > 0 and sign * position * reference_x2 >= 2 * limit:
            self.reasons[side] = self._limit_reason
            self._at_limit[side] = True
            return False
        if room(sign, position, self._orders.working[side], reference_x2, limit) < 0:
            self.reasons[side] = Reason.WORST_CASE
            return False
        return True

    def _remove(self, order: Working, now: Nanos, actions: list[Action]) -> None:
        """Cancel it if that can be asked for now; else wait, and say for what."""
        if order.state is not LIVE or self.reasons[order.side] in QUOTES:
            self.reasons[order.side] = WAITING[order.state]
        self._cancel(order, now, actions, forced=False)

    def _cancel(self, order: Working, now: Nanos, actions: list[Action], *, forced: bool) -> None:
        if not order.is_cancellable(now):
            return
        if forced:
            self._budget.spend_cancel()
        elif not take_cancel(self._budget):
            self.reasons[order.side] = Reason.BUDGET
            return
        if order.state is LIVE:
            order.state = PENDING_CANCEL
        order.cancel_at = now
        self.cancelled += 1
        actions.append(Cancel(order.order_id))

    def _place(
        self, now: Nanos, part: Part, reference_x2: int, actions: list[Action], *, unwinding: bool
    ) -> None:
        side, price, lots, account = part.side, part.price, part.lots, part.account
        limits = self._terms.unwinding_limits if unwinding else self._order_limits
        refused = refusal(price, lots, reference_x2, limits)
        reason = REFUSALS[refused] if refused else self._refuse(part, reference_x2)
        if reason is not None:
            self.reasons[side] = reason
            self._settled = False
            return
        order_id, self.next_order_id = self.next_order_id, OrderId(self.next_order_id + 1)
        order = Working(order_id, part.slot, account.participant_id, Ticks(price), Lots(lots))
        order.client_order_id, order.account_id = self._name(part, now), account.account_id
        order.reduce_only = unwinding or self._only_reduces(side, account, lots)
        order.behind, book = self._book.displayed(side, price) or 0, self._book
        order.touch = (book.ask, book.ask_size) if side else (book.bid, book.bid_size)
        self._orders.placed(order)
        self._note_best(side, price)
        if not unwinding:
            self._shares.use(slot_of(0, side, part.level))
        self.placed += 1
        actions.append(
            Place(
                order_id,
                order.member,
                SIDES[side],
                part.level,
                order.price,
                order.size,
                order.reduce_only,
                order.client_order_id,
                order.account_id,
                account.user_id,
            )
        )

    def _name(self, part: Part, now: Nanos) -> str:
        """Of the part's next order."""
        if not part.beginning:
            member, side = part.account.participant_id, SIDES[part.side]
            part.beginning = self._names.beginning(member, side, part.level)
        return f"{part.beginning}{self._names.stamp(now)}"

    def _note_best(self, side: int, price: int) -> None:
        best = self._best_own[side]
        if not best or (price < best if side else price > best):
            self._best_own[side] = price

    def _only_reduces(self, side: int, account: Account, lots: int) -> bool:
        """Marked reduce-only at a pool's limit, where it cannot exceed the member's position."""
        if not self._at_limit[1 - side]:
            return False
        working = self._orders.of_member(account.index, side)
        return working + lots <= -SIGNS[side] * account.position.lots

    def _refuse(self, part: Part, reference_x2: int) -> Reason | None:
        """Why this order may not go out, or None; takes its message from the budget."""
        orders, side, lots, account = self._orders, part.side, part.lots, part.account
        sign, pool = -1 if side else 1, self._accounts.pool.lots
        if room(sign, pool, orders.working[side], reference_x2, self._room_value) < lots:
            return Reason.WORST_CASE
        working, held = orders.of_member(account.index, side), account.position.lots
        if room(sign, held, working, reference_x2, account.position_value) < lots:
            return Reason.MEMBER_LIMIT
        opposite = self._best_own[1 - side]
        if opposite and (part.price <= opposite if side else part.price >= opposite):
            return Reason.OWN_CROSS
        if self._order_cap.most and self._order_cap.is_reached(account):
            return Reason.OPEN_ORDERS
        return None if take_place(self._budget) else Reason.BUDGET
