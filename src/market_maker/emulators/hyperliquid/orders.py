"""Orders of the emulated venue: what each is, how the wire shows it, and where it is found."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.emulators.hyperliquid.numbers import shown
from market_maker.emulators.hyperliquid.universe import Listed
from market_maker.model.exact import ZERO

CLOSED_KEPT = 100_000
"""Orders of all accounts that are remembered after their end."""

HISTORY_KEPT = 2_000
OPEN, FILLED, CANCELED, TRIGGERED = "open", "filled", "canceled", "triggered"
FIRST_OID = 77_738_308


class TriggerTerms(Struct, frozen=True):
    """When a trigger order becomes a real one. above: when the mark is at or above the price."""

    price: Decimal
    above: bool
    market: bool
    take_profit: bool


class ClientOrder(Struct, eq=False):
    """One order. price: ticks. size, leaves: lots. placed_at, status_at: ms. waiting: for its
    trigger. traded: notional filled so far, quote currency."""

    oid: int
    cloid: str | None
    address: str
    listed: Listed
    buy: bool
    price: int
    size: int
    leaves: int
    reduce_only: bool
    tif: str | None
    placed_at: int
    status: str = OPEN
    status_at: int = 0
    trigger: TriggerTerms | None = None
    builder_fee: int = 0
    waiting: bool = False
    traded: Decimal = ZERO

    @property
    def sign(self) -> int:
        """+1 buys, -1 sells."""
        return 1 if self.buy else -1

    def brief(self) -> dict[str, Any]:
        """As openOrders and orderUpdates have it."""
        perp = self.listed.perp
        found = {
            "coin": perp.name,
            "side": "B" if self.buy else "A",
            "limitPx": shown(self.price * perp.tick),
            "sz": shown(self.leaves * perp.lot),
            "oid": self.oid,
            "timestamp": self.placed_at,
            "origSz": shown(self.size * perp.lot),
        }
        if self.cloid is not None:
            found["cloid"] = self.cloid
        if self.reduce_only:
            found["reduceOnly"] = True
        return found

    def full(self) -> dict[str, Any]:
        """As frontendOpenOrders, orderStatus and historicalOrders have it."""
        perp, trigger = self.listed.perp, self.trigger
        condition = "N/A"
        if trigger is not None:
            condition = f"Price {'above' if trigger.above else 'below'} {shown(trigger.price)}"
        return {
            "coin": perp.name,
            "side": "B" if self.buy else "A",
            "limitPx": shown(self.price * perp.tick),
            "sz": shown(self.leaves * perp.lot),
            "oid": self.oid,
            "timestamp": self.placed_at,
            "triggerCondition": condition,
            "isTrigger": trigger is not None,
            "triggerPx": "0.0" if trigger is None else shown(trigger.price),
            "children": [],
            "isPositionTpsl": False,
            "reduceOnly": self.reduce_only,
            "orderType": self._kind(),
            "origSz": shown(self.size * perp.lot),
            "tif": self.tif,
            "cloid": self.cloid,
        }

    def outcome(self) -> dict[str, Any]:
        """As historicalOrders lists it."""
        return {"order": self.full(), "status": self.status, "statusTimestamp": self.status_at}

    def update(self) -> dict[str, Any]:
        """As orderUpdates reports it."""
        return {"order": self.brief(), "status": self.status, "statusTimestamp": self.status_at}

    def _kind(self) -> str:
        if self.trigger is not None:
            profit = "Take Profit" if self.trigger.take_profit else "Stop"
            return f"{profit} {'Market' if self.trigger.market else 'Limit'}"
        return "Market" if self.tif == "FrontendMarket" else "Limit"


class OrderBook:
    """All orders by number and by name. Closed ones are forgotten in their order of closing."""

    def __init__(self) -> None:
        self._next = FIRST_OID
        self._open: dict[str, dict[int, ClientOrder]] = {}
        self._by_oid: dict[int, ClientOrder] = {}
        self._by_cloid: dict[tuple[str, str], ClientOrder] = {}
        self._closed: deque[ClientOrder] = deque()
        self._history: dict[str, deque[ClientOrder]] = {}
        self._working: dict[tuple[str, int], list[int]] = {}

    def number(self) -> int:
        """The next order id."""
        self._next += 1
        return self._next

    def add(self, order: ClientOrder) -> None:
        """An order is open."""
        self._open.setdefault(order.address, {})[order.oid] = order
        self._by_oid[order.oid] = order
        if order.cloid is not None:
            self._by_cloid[order.address, order.cloid] = order
        self._work(order, order.leaves)

    def reduce(self, order: ClientOrder, lots: int) -> None:
        """So many lots of it are filled."""
        order.leaves -= lots
        if order.oid in self._open.get(order.address, {}):
            self._work(order, -lots)

    def resume(self, order: ClientOrder) -> None:
        """A trigger order has become a real one."""
        order.waiting = False
        self._work(order, order.leaves)

    def close(self, order: ClientOrder, status: str, now: int) -> None:
        """It has ended. One that never was open is remembered all the same."""
        if self._open.get(order.address, {}).pop(order.oid, None) is not None:
            self._work(order, -order.leaves)
        order.status, order.status_at = status, now
        self._by_oid[order.oid] = order
        if order.cloid is not None:
            self._by_cloid[order.address, order.cloid] = order
        self._history.setdefault(order.address, deque(maxlen=HISTORY_KEPT)).append(order)
        self._closed.append(order)
        if len(self._closed) > CLOSED_KEPT:
            self._forget(self._closed.popleft())

    def found(self, address: str, name: int | str) -> ClientOrder | None:
        """An account's order by number or cloid, open or remembered."""
        if isinstance(name, str):
            return self._by_cloid.get((address, name))
        order = self._by_oid.get(name)
        return order if order is not None and order.address == address else None

    def open_one(self, address: str, name: int | str) -> ClientOrder | None:
        """An account's open order by number or cloid."""
        order = self.found(address, name)
        return order if order is not None and order.oid in self._open.get(address, {}) else None

    def open_of(self, address: str) -> list[ClientOrder]:
        """An account's open orders, the oldest first."""
        return list(self._open.get(address, {}).values())

    def count(self, address: str) -> int:
        """How many orders an account has open."""
        return len(self._open.get(address, {}))

    def all_open(self) -> Iterator[ClientOrder]:
        """Of every account."""
        for orders in list(self._open.values()):
            yield from list(orders.values())

    def history(self, address: str) -> list[ClientOrder]:
        """An account's ended orders, the newest first."""
        return list(reversed(self._history.get(address, ())))

    def working(self, address: str, asset: int) -> tuple[int, int]:
        """Lots that open orders would buy and sell, without reduce-only and trigger orders."""
        buys, sells = self._working.get((address, asset), (0, 0))
        return buys, sells

    def _work(self, order: ClientOrder, lots: int) -> None:
        if not order.reduce_only and not order.waiting:
            key = order.address, order.listed.asset
            self._working.setdefault(key, [0, 0])[0 if order.buy else 1] += lots

    def _forget(self, order: ClientOrder) -> None:
        self._by_oid.pop(order.oid, None)
        if order.cloid is not None:
            key = order.address, order.cloid
            if self._by_cloid.get(key) is order:
                del self._by_cloid[key]
