"""Orders that are known one by one, and how much of them is displayed at each price."""

from market_maker.research.queue_calibration import QueueMessage


class KnownOrders:
    """The orders that are known, and how much is displayed where. orders: level and lots."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[tuple[int, int], int]] = {}
        self._levels: dict[tuple[int, int], int] = {}

    def add(self, order_id: int, level: tuple[int, int], lots: int) -> QueueMessage:
        """An order joins the end of a queue."""
        self.orders[order_id] = level, lots
        return QueueMessage(level, order_id, lots, 0, 0, self._moved(level, lots))

    def cut(self, order_id: int, lots: int, *, traded: bool) -> QueueMessage | None:
        """Take lots from an order; None where it is not known or nothing is taken."""
        level, before = self.orders.get(order_id, ((0, 0), 0))
        gone = min(lots, before)
        if gone <= 0:
            return None
        if gone == before:
            del self.orders[order_id]
        else:
            self.orders[order_id] = level, before - gone
        shown = self._moved(level, -gone)
        return QueueMessage(level, order_id, 0, 0 if traded else gone, gone if traded else 0, shown)

    def _moved(self, level: tuple[int, int], lots: int) -> int:
        shown = self._levels.get(level, 0) + lots
        if shown > 0:
            self._levels[level] = shown
        else:
            self._levels.pop(level, None)
        return max(shown, 0)
