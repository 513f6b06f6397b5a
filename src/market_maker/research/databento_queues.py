"""Databento's market by order, order by order; needs the extra `databento`.

Source: databento.com/docs, "Common fields, enums and types": a fill takes nothing from the book,
the cancel after it does; an order that is modified keeps its place where only its size fell.
"""

from collections.abc import Iterator
from pathlib import Path

from market_maker.model.errors import InvalidDataError
from market_maker.research.known_orders import KnownOrders
from market_maker.research.queue_calibration import QueueMessage
from market_maker.venues.recorded.dbn_files import DbnFile, Odd, Record

_SIDES = {"B": 1, "A": -1}

Level = tuple[int, int]


def databento_messages(path: Path) -> Iterator[QueueMessage]:
    """What records of market by order say, of the first instrument and publisher of the file. What
    is cancelled of an order that was just filled is what was traded. Raises InvalidDataError."""
    queues, of = _Queues(), None
    for record in DbnFile(path).records(_unheard):
        if isinstance(record, Odd):
            continue
        if not hasattr(record, "order_id"):
            raise InvalidDataError(path.name, "not market by order: it names no orders")
        of = of or (record.instrument_id, record.publisher_id)
        if of == (record.instrument_id, record.publisher_id):
            yield from queues.take(record)


def _unheard(_done: int, _total: int) -> None:
    """Nothing is shown."""


class _Queues:
    """One instrument of one publisher. _filled: lots of fills whose cancels are still to come."""

    def __init__(self) -> None:
        self._resting = KnownOrders()
        self._filled: dict[int, int] = {}

    def take(self, record: Record) -> Iterator[QueueMessage]:
        """What a record changes."""
        number, lots = record.order_id, record.size
        level = _SIDES.get(str(record.side), 0), record.price
        match str(record.action):
            case "R":
                self._resting = KnownOrders()
            case "A" if level[0]:
                yield self._resting.add(number, level, lots)
            case "F":
                self._filled[number] = self._filled.get(number, 0) + lots
            case "C":
                yield from self._gone(number, lots)
            case "M":
                yield from self._amended(number, level, lots)
            case _:
                pass  # the fill beside a trade says what it took

    def _gone(self, number: int, lots: int) -> Iterator[QueueMessage]:
        traded = min(self._filled.pop(number, 0), lots)
        yield from self._cut(number, traded, traded=True)
        yield from self._cut(number, lots - traded, traded=False)

    def _amended(self, number: int, level: Level, lots: int) -> Iterator[QueueMessage]:
        """A smaller size keeps the place; another price or more of it is a new order at the end."""
        place, before = self._resting.orders.get(number, (level, 0))
        stays = place == level and lots <= before
        yield from self._cut(number, before - lots if stays else before, traded=False)
        if lots and level[0] and not (stays and before):
            yield self._resting.add(number, level, lots)

    def _cut(self, number: int, lots: int, *, traded: bool) -> Iterator[QueueMessage]:
        message = self._resting.cut(number, lots, traded=traded)
        if message is not None:
            yield message
