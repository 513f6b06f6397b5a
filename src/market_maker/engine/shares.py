"""How levels are split among the members, and stay split while they are in force."""

from collections.abc import Sequence

from market_maker.engine.accounts import Account, Accounts
from market_maker.engine.allocation import CreditAllocator
from market_maker.engine.orders import OwnOrders, slot_of
from market_maker.engine.stopwatch import UNWATCHED, Stopwatch
from market_maker.engine.terms import Terms
from market_maker.model.pool import LEVELS_MAX
from market_maker.model.quotes import Reason
from market_maker.model.units import ParticipantId
from market_maker.risk.limits import cut_lots, least_lots, room
from market_maker.risk.order_limits import OrderLimits


def right_size(size: int, wanted: int) -> bool:
    """Whether a size is near enough to the wanted one, within a quarter: sizes follow prices,
    and a lot more or less is not worth a place in the queue."""
    return 3 * wanted <= 4 * size <= 5 * wanted


def scaled_value(size_value: int, share: float) -> int:
    """`share` times size_value, exact where nothing scales it."""
    return size_value if share == 1.0 else int(size_value * share)


def stays(size: int, leaves: int, wanted: int) -> bool:
    """Whether an order of `size` lots of which `leaves` are left may stay: of the right size when
    it was placed, and not half eaten."""
    return right_size(size, wanted) and 2 * leaves > wanted


def is_full(held: int, reference_x2: int, position_value: int) -> bool:
    """Whether a member that holds so many lots is at its own limit or beyond."""
    return held != 0 and abs(held) * reference_x2 >= 2 * position_value


def up_to(lots: int, free: int) -> int:
    """`free` lots of room, from 0 to `lots`."""
    return lots if free >= lots else max(free, 0)


class Room:
    """How far orders may fill the pool. reference_x2: twice the price that positions are valued
    at, ticks. value: ticks x lots. reason: what limits it."""

    __slots__ = ("reason", "reference_x2", "value")

    def __init__(self, reference_x2: int, value: int, reason: Reason) -> None:
        self.reference_x2, self.value, self.reason = reference_x2, value, reason


class Part:
    """A member's part of a level of one side: what one order may be. slot: of that order;
    beginning: of its name, empty before the first. lots: 0 for no order."""

    __slots__ = ("account", "beginning", "level", "lots", "price", "side", "slot")

    def __init__(self, account: Account, side: int, level: int) -> None:
        self.account, self.side, self.level = account, side, level
        self.slot = slot_of(account.index, side, level)
        self.beginning = ""
        self.price = self.lots = 0


class Share:
    """How one level of one side is split among members while it is in force. bounds: the room
    there was, of the pool and then of each member, up to the size of the order. parts: of each
    member, in the order of Accounts.quoting. least, most: lots of the smallest and of the largest
    order that the venue takes, the latter up to the size of the level. reason: why no member gets
    anything. cut: whether a part is as large as the venue takes. used: whether orders went out for
    it. Made once for a place, and then renewed: a split makes no objects."""

    __slots__ = ("bounds", "cut", "least", "lots", "most", "parts", "price", "reason", "small",
                 "used")  # fmt: skip

    def __init__(self, accounts: Sequence[Account], side: int, level: int) -> None:
        self.parts = [Part(account, side, level) for account in accounts]
        self.bounds: list[int] = []
        self.price = self.lots = self.least = self.most = 0  # no price: not in force
        self.reason: Reason | None = None
        self.small = Reason.MIN_NOTIONAL
        self.used = self.cut = False

    def renew(self, price: int, lots: int, bounds: list[int]) -> None:
        """Another split comes into force; `hand_out` follows."""
        self.price, self.lots, self.bounds = price, lots, bounds
        self.reason, self.used = None, False

    def bound(self, limits: OrderLimits) -> None:
        """What the venue takes of one order at this price."""
        self.least = least_lots(self.price, limits)
        self.most = cut_lots(self.price, self.lots, limits)
        by_size = 1 < limits.lots_min == self.least
        self.small = Reason.MIN_SIZE if by_size else Reason.MIN_NOTIONAL

    def hand_out(self, sizes: list[int]) -> bool:
        """Take the lots of each part; returns whether any of them is an order."""
        price, given, self.cut = self.price, 0, False
        for number, part in enumerate(self.parts):
            part.price, part.lots = price, sizes[number]
            given += part.lots
            if self.most < self.lots and part.lots >= self.most:
                self.cut = True
        return given > 0

    def why_nobody(self, limit_reason: Reason) -> Reason:
        """Why no member that may have orders gets one of at least `least` lots."""
        pool_room, *rooms = self.bounds
        free = (0 if p.account.stopped else room for p, room in zip(self.parts, rooms, strict=True))
        if self.lots >= self.least > pool_room:
            return limit_reason
        if pool_room >= self.least > max(free) and self.most >= self.least:
            return Reason.MEMBER_LIMIT
        return self.small


class Shares:
    """The splits in force, by place: side x LEVELS_MAX + level, which is the slot that the first
    member has there. stopwatch: called when a split is worked out, where is_watched says so."""

    def __init__(self, orders: OwnOrders, accounts: Accounts) -> None:
        self.stopwatch: Stopwatch = UNWATCHED
        self.is_watched = False
        self._orders, self._accounts = orders, accounts
        self._shares: dict[int, Share] = {}
        self._allocators: dict[int, CreditAllocator[ParticipantId]] = {}

    def configure(self, terms: Terms) -> None:
        """New terms: levels are split afresh."""
        self._limits = terms.order_limits
        self._shares.clear()
        self._allocators.clear()
        names = [account.member.participant_id for account in self._accounts.quoting]
        self._weights = {name: terms.weights[name] for name in names}
        self._alone = [*self._weights.values()] == [1]
        by_name = sorted(names)
        self._places = [by_name.index(name) for name in names]

    def watch(self, stopwatch: Stopwatch) -> None:
        """Another stopwatch from now on."""
        self.stopwatch, self.is_watched = stopwatch, stopwatch is not UNWATCHED

    def use(self, place: int) -> None:
        """An order went out for the split in force."""
        self._shares[place].used = True

    def at(self, place: int) -> Share:
        """The split of a place, whether in force or not."""
        share = self._shares.get(place)
        if share is None:
            side, level = place // LEVELS_MAX, place % LEVELS_MAX
            share = self._shares[place] = Share(self._accounts.quoting, side, level)
        return share

    def of(self, place: int, price: int, lots: int, room_left: Room) -> Share:
        """The split in force for an order of about `lots` at `price`. A new one when the price or
        the size moved, when all of its orders are gone, or when it put out none and the room for
        them has changed."""
        share = self.at(place)
        if share.price == price and right_size(share.lots, lots):
            slots = self._orders.slots
            for part in share.parts:
                if part.slot in slots:
                    return share
            if not share.used and share.bounds == self._bounds(place, price, share.lots, room_left):
                return share
        share.renew(price, lots, self._bounds(place, price, lots, room_left))
        self._split(share, place, room_left.reason)
        return share

    def _bounds(self, place: int, price: int, lots: int, room_left: Room) -> list[int]:
        """Room of the pool on this side, from 0 to `lots`, and of each member, whose part is one
        order."""
        sign, accounts = -1 if place // LEVELS_MAX else 1, self._accounts
        reference_x2 = room_left.reference_x2
        free = room(sign, accounts.pool.lots, 0, reference_x2, room_left.value)
        bounds, most = [up_to(lots, free)], cut_lots(price, lots, self._limits)
        for account in accounts.quoting:
            free = room(sign, account.position.lots, 0, reference_x2, account.position_value)
            bounds.append(up_to(most, free))
        return bounds

    def _split(self, share: Share, place: int, limit_reason: Reason) -> None:
        share.bound(self._limits)
        if self.is_watched:
            self.stopwatch.start()
        sizes = self._sizes(share.bounds, place, share.least)
        if self.is_watched:
            self.stopwatch.allocated()
        if not share.hand_out(sizes):
            share.reason = share.why_nobody(limit_reason)

    def _sizes(self, bounds: list[int], key: int, least: int) -> list[int]:
        """Lots of each member. A member that gets all of every order is never owed anything by
        rounding, and needs no allocator."""
        if self._alone:
            lots = min(bounds)
            return [lots if lots >= least else 0]
        allocator = self._allocators.get(key)
        if allocator is None:
            allocator = self._allocators[key] = CreditAllocator(self._weights)
        places = self._places
        caps = [0] * len(places)
        for number, place in enumerate(places):
            caps[place] = bounds[number + 1]
        sizes = allocator.share(bounds[0], caps, least)
        return [sizes[place] for place in places]
