"""One side of a limit order book by price and time: every step is O(1) but for a bisection."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator

from market_maker.model.orders import Side
from market_maker.model.units import Lots, OrderId, Ticks, Value
from market_maker.sandbox.reports import AccountName, CountedLevel, OpenOrder


class AccountState:
    """What the venue holds of one account. position: signed lots; fees: paid so far."""

    __slots__ = ("fees", "name", "orders", "position", "reduce_only")

    def __init__(self, name: AccountName) -> None:
        self.name = name
        self.position = 0
        self.fees = 0
        self.orders: dict[OrderId, RestingOrder] = {}
        self.reduce_only: dict[OrderId, RestingOrder] = {}

    def reducible(self, side: Side) -> int:
        """Lots that an order on `side` can take off the position before it is flat."""
        return max(0, -self.position if side is Side.BUY else self.position)

    def book(self, signed_lots: int, fee: int) -> Value:
        """Add one half of a trade; returns the fee."""
        self.position += signed_lots
        self.fees += fee
        return Value(fee)


class RestingOrder:
    """An order on the book."""

    __slots__ = (
        "_shown",
        "account",
        "client_order_id",
        "leaves",
        "order_id",
        "price",
        "reduce_only",
        "side",
        "size",
    )

    def __init__(self, account: AccountState, order_id: OrderId, side: Side, price: Ticks) -> None:
        self.account = account
        self.order_id = order_id
        self.side = side
        self.price = price
        self.size = 0
        self.leaves = 0
        self.reduce_only = False
        self.client_order_id = ""
        self._shown: OpenOrder | None = None

    def shown(self) -> OpenOrder:
        """An immutable copy. Made anew only when a trade left less of it: traders read all their
        orders every time they act."""
        shown = self._shown
        if shown is None or shown.leaves != self.leaves:
            self._shown = shown = self._copy()
        return shown

    def _copy(self) -> OpenOrder:
        return OpenOrder(
            account=self.account.name,
            order_id=self.order_id,
            side=self.side,
            price=self.price,
            size=Lots(self.size),
            leaves=Lots(self.leaves),
            reduce_only=self.reduce_only,
            client_order_id=self.client_order_id,
        )


class _Level:
    """Orders at one price, the oldest first. A linked list: leaving from the middle is O(1)."""

    __slots__ = ("queue", "total")

    def __init__(self) -> None:
        self.queue: OrderedDict[RestingOrder, None] = OrderedDict()
        self.total = 0


class BookSide:
    """Levels of one side, kept by a key that is higher the better the price is."""

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, side: Side) -> None:
        self._sign = side.sign
        self._keys: list[int] = []
        self._levels: dict[int, _Level] = {}

    def add(self, order: RestingOrder) -> None:
        """Put `order` behind all others at its price."""
        level = self._levels.get(order.price)
        if level is None:
            level = self._levels[order.price] = _Level()
            insort(self._keys, order.price * self._sign)
        level.queue[order] = None
        level.total += order.leaves

    def remove(self, order: RestingOrder) -> None:
        """Take `order` off, whatever is still open of it."""
        level = self._levels[order.price]
        del level.queue[order]
        level.total -= order.leaves
        if not level.queue:
            self._drop(order.price)

    def fill(self, order: RestingOrder, lots: int) -> None:
        """Take `lots` from `order`, and `order` off the book when nothing of it is left."""
        level = self._levels[order.price]
        level.total -= lots
        order.leaves -= lots
        if order.leaves == 0:
            del level.queue[order]
            if not level.queue:
                self._drop(order.price)

    def first(self, limit: Ticks | None = None) -> RestingOrder | None:
        """The order that trades next against a taker whose limit price is `limit`, if any."""
        if not self._keys:
            return None
        key = self._keys[-1]
        if limit is not None and key < limit * self._sign:
            return None
        return next(iter(self._levels[key * self._sign].queue))

    def best(self) -> Ticks | None:
        """The best price."""
        return Ticks(self._keys[-1] * self._sign) if self._keys else None

    def total(self, price: Ticks) -> Lots:
        """Everything open at `price`."""
        level = self._levels.get(price)
        return Lots(0 if level is None else level.total)

    def depth(self, levels: int) -> Iterator[tuple[Ticks, Lots]]:
        """At most `levels` levels, the best first."""
        for key in self._keys[: -levels - 1 : -1]:
            price = key * self._sign
            yield Ticks(price), Lots(self._levels[price].total)

    def counted(self, levels: int) -> Iterator[CountedLevel]:
        """At most `levels` levels with their numbers of orders, the best first."""
        for key in self._keys[: -levels - 1 : -1]:
            price = key * self._sign
            level = self._levels[price]
            yield Ticks(price), Lots(level.total), len(level.queue)

    def orders(self) -> Iterator[RestingOrder]:
        """All orders, as they would trade: by price, then by time."""
        for key in reversed(self._keys):
            yield from self._levels[key * self._sign].queue

    def _drop(self, price: int) -> None:
        del self._levels[price]
        key = price * self._sign
        if self._keys[-1] == key:
            self._keys.pop()
        else:
            del self._keys[bisect_left(self._keys, key)]
