"""Where our live orders stand in their queues, estimated from sizes alone (math section 3.9)."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from market_maker.estimators.queue_position import QueuePosition

EXPONENT = 2.0
"""Of the power1 curve, as in replays."""


class TrackedOrder(Struct, frozen=True, gc=False):
    """A live order of ours. side: BUY or SELL; price in ticks; leaves: what is left, lots."""

    order_id: int
    side: int
    price: int
    leaves: int


class _Place:
    __slots__ = ("displayed", "price", "queue", "side")

    def __init__(self, order: TrackedOrder, displayed: int) -> None:
        self.side, self.price, self.displayed = order.side, order.price, displayed
        self.queue = QueuePosition(max(displayed - order.leaves, 0), n=EXPONENT)


class QueueTracker:
    """Lots before each live order. A new order begins behind everything displayed at its price
    but itself, and is first seen at a sample, so that the truth is rather better.

    value: lots before the order of ours that is nearest to a fill; None without a live order whose
    place is known. count: live orders whose place is known.
    """

    __slots__ = ("_at", "_places")
    unit = "lots"

    def __init__(self) -> None:
        self._places: dict[int, _Place] = {}
        self._at: dict[tuple[int, int], list[_Place]] = {}

    @property
    def count(self) -> int:
        """Live orders whose place is known."""
        return len(self._places)

    @property
    def value(self) -> float | None:
        """The smallest of all."""
        if not self._places:
            return None
        return min(max(place.queue.front, 0.0) for place in self._places.values())

    @property
    def ready(self) -> bool:
        """Whether there is any."""
        return bool(self._places)

    def front(self, order_id: int) -> float | None:
        """Lots before this order; None where its place is not known."""
        place = self._places.get(order_id)
        return None if place is None else max(place.queue.front, 0.0)

    def trade(self, aggressor: int, price: int, lots: int) -> None:
        """A trade at `price` (ticks): orders of the other side there move up; what it went
        through has gone."""
        for place in self._at.get((1 - aggressor, price), ()):
            place.queue.trade(lots)
            place.queue.settle()

    def sample(
        self, orders: Iterable[TrackedOrder], displayed: Callable[[int, int], int | None]
    ) -> None:
        """Our live orders now. displayed(side, price): lots on the book there, ours included; None
        where the feed does not show that level, whose orders keep their place."""
        places: dict[int, _Place] = {}
        at: dict[tuple[int, int], list[_Place]] = {}
        for order in orders:
            size = displayed(order.side, order.price)
            place = self._places.get(order.order_id)
            if place is None:
                if size is None:
                    continue
                place = _Place(order, size)
            elif size is not None:
                place.queue.depth(place.displayed, size)
                place.displayed = size
            places[order.order_id] = place
            at.setdefault((order.side, order.price), []).append(place)
        self._places, self._at = places, at
