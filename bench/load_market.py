"""A market for load: `python -m bench service` with the exchange outside. Its book moves by a seed
and no traders stand behind it, so that 300 of them with twenty updates a second each cost a
fraction of a core, where the sandbox's traders cost 6 ms of each second for every symbol, 1.8 cores
for 300: the load could not be made on the two cores on which it was to be measured.

Our orders are accepted, cancelled, refused where they would take, and filled where the book comes
through them.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from typing_extensions import override

from market_maker.emulators.exchange import EmulatedMarket, Exchange
from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    InstrumentStatus,
    Levels,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.orders import SIDES, Side
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId, Value
from market_maker.sandbox.connections import VenueFill
from market_maker.sandbox.listings import Listing
from market_maker.sandbox.reports import OpenOrder

INTERVAL = Nanos(NANOS_PER_SECOND // 20)
"""Between two updates of the book."""
SHIFT_EVERY, SIZES = 5, 4
"""Every fifth update moves the mid, the others change the size of so many levels."""
TRADE_EVERY = 20
LEVELS, STEP = 10, 10
"""Levels a side, and ticks between them."""
SHIFT_BPS = 0.5
"""Standard deviation of a move: 1 bps per square root of second."""
SIZE_MAX = 5_000
FILLS_KEPT = 1_000


class Listener:
    """Events that wait for one reader."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def drain(self) -> list[Event]:
        events, self.events = self.events, []
        return events


class LoadMarket:
    """SandboxMarket, as far as EmulatedMarket asks it."""

    def __init__(self, listing: Listing, seed: int, now: Nanos) -> None:
        grid, start = listing.instrument, listing.parameters.start_price
        self._chance = Random(seed)
        self._mid = round(start / float(grid.tick_size))
        self._shift = max(1, round(self._mid * SHIFT_BPS / 10_000))
        self._sizes = {side: [1_000] * LEVELS for side in SIDES}
        self._listeners: list[Listener] = []
        self._private: Listener | None = None
        self._orders: dict[OrderId, OpenOrder] = {}
        self._positions: dict[ParticipantId, int] = {}
        self._fills: dict[ParticipantId, deque[VenueFill]] = {}
        # Markets of one exchange do not all move in the same instant.
        self._due = Nanos(now + self._chance.randrange(INTERVAL))
        self._seq = self._updates = self._trades = 0
        self._halted = False

    # as EmulatedMarket asks

    def subscribe(self, now: Nanos) -> Listener:
        listener = Listener()
        self._listeners.append(listener)
        self.request_snapshot(now, listener)
        return listener

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def route(self, account: ParticipantId, listener: Listener) -> None:
        self._private = listener
        self._positions.setdefault(account, 0)
        self._fills.setdefault(account, deque(maxlen=FILLS_KEPT))

    def request_snapshot(self, now: Nanos, listener: Listener) -> None:
        if self._halted:
            listener.events.append(InstrumentStatus(now, halted=True))
        listener.events.append(BookSnapshot(now, now, self._seq, *map(self._levels, SIDES)))

    def advance(self, now: Nanos) -> None:
        while self._due <= now:
            self._update(self._due)
            self._due = Nanos(self._due + INTERVAL)

    def is_due(self, now: Nanos) -> bool:
        """Whether there is anything to do, or to be sent."""
        if self._due <= now:
            return True
        return any(listener.events for listener in self._listeners)

    def best(self, side: Side) -> int:
        return self._mid - side.sign

    def place(self, now: Nanos, account: ParticipantId, order: Place) -> None:
        against = Side.SELL if order.side is Side.BUY else Side.BUY
        sign = order.side.sign
        if sign * (order.price - self.best(against)) >= 0 or self._halted:
            reason = RejectReason.PAUSED if self._halted else RejectReason.POST_ONLY
            self._tell(Rejected(now, now, order.order_id, reason))
            return
        names = (account, order.order_id, order.side, order.price, order.size, order.size)
        self._orders[order.order_id] = OpenOrder(*names, order.reduce_only)
        self._tell(Accepted(now, now, order.order_id))

    def cancel(self, now: Nanos, _account: ParticipantId, order_id: OrderId) -> None:
        if self._orders.pop(order_id, None) is None:
            self._tell(CancelRejected(now, now, order_id, gone=True))
        else:
            self._tell(Canceled(now, now, order_id))

    def set_halted(self, halted: bool) -> None:
        self._halted = halted
        self._publish(InstrumentStatus(self._due, halted))

    def open_orders(self, account: ParticipantId) -> tuple[OpenOrder, ...]:
        return tuple(order for order in self._orders.values() if order.account == account)

    def position(self, account: ParticipantId) -> Lots:
        return Lots(self._positions.get(account, 0))

    def fills(self, account: ParticipantId) -> Sequence[VenueFill]:
        return tuple(self._fills.get(account, ()))

    # the market

    def _update(self, now: Nanos) -> None:
        self._updates += 1
        if self._updates % SHIFT_EVERY:
            changed = [self._resized(side) for side in SIDES]
        else:
            before = [self._prices(side) for side in SIDES]
            self._mid += round(self._chance.gauss(0.0, self._shift))
            after = [self._levels(side) for side in SIDES]
            changed = [_difference(old, new) for old, new in zip(before, after, strict=True)]
            self._fill(now)
        self._seq += 1
        self._publish(BookDelta(now, now, self._seq, self._seq, self._seq - 1, *changed))
        if not self._updates % TRADE_EVERY:
            side = self._chance.choice(SIDES)
            self._publish(Trade(now, now, self.best(side), 1, side))

    def _resized(self, side: Side) -> Levels:
        drawn, sizes = self._chance.random, self._sizes[side]
        best, step = self.best(side), -side.sign * STEP
        found = {}
        for _ in range(SIZES // 2):
            depth = int(drawn() * LEVELS)
            found[best + step * depth] = sizes[depth] = 1 + int(drawn() * SIZE_MAX)
        return tuple(found.items())

    def _levels(self, side: Side) -> Levels:
        return tuple(zip(self._prices(side), self._sizes[side], strict=True))

    def _prices(self, side: Side) -> range:
        """The best first."""
        step, best = -side.sign * STEP, self.best(side)
        return range(best, best + step * LEVELS, step)

    def _fill(self, now: Nanos) -> None:
        for order in tuple(self._crossed()):
            self._trades += 1
            del self._orders[order.order_id]
            size, fee = Lots(order.leaves), Value(0)
            self._positions[order.account] += order.side.sign * size
            about = (order.order_id, self._trades)
            fill = VenueFill(now, *about, order.side, order.price, size, fee)
            self._fills[order.account].append(fill)
            self._tell(Filled(now, now, *about, order.price, size, fee))

    def _crossed(self) -> Iterator[OpenOrder]:
        bid, ask = map(self.best, SIDES)
        for order in self._orders.values():
            through = order.price >= ask if order.side is Side.BUY else order.price <= bid
            if through:
                yield order

    def _publish(self, event: Event) -> None:
        for listener in self._listeners:
            # Who has the accounts' news is drained for them alone.
            if listener is not self._private:
                listener.events.append(event)

    def _tell(self, event: Event) -> None:
        assert self._private is not None
        self._private.events.append(event)


def _difference(before: Iterable[int], after: Levels) -> Levels:
    """Levels that are gone, with size 0, and those that are new."""
    return tuple((dict.fromkeys(before, 0) | dict(after)).items())


class LoadExchange(Exchange):
    """An exchange of such markets."""

    def __init__(self, listings: Sequence[Listing], seed: int, now: Nanos) -> None:
        super().__init__((), seed, now)
        self.markets = {
            each.instrument.symbol: _LoadedMarket(each, seed + number, now)
            for number, each in enumerate(listings)
        }

    @override
    def due(self, now: Nanos) -> list[tuple[str, EmulatedMarket]]:
        # Of two hundred ticks in a second a tenth find anything.
        return [(name, each) for name, each in self.markets.items() if each.is_due(now)]


class _LoadedMarket(EmulatedMarket):
    def __init__(self, listing: Listing, seed: int, now: Nanos) -> None:
        self.instrument = listing.instrument
        self._market = LoadMarket(listing, seed, now)
        self._private = self._market.subscribe(now)
        self._market._private = self._private  # noqa: SLF001  one file
        self._by_name, self._by_number, self._accounts = {}, [], {}
        self._last_trade_id = 0

    def is_due(self, now: Nanos) -> bool:
        """As LoadMarket."""
        return self._market.is_due(now)
