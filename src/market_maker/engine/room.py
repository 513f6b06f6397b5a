"""How far orders may fill the pool."""

from market_maker.model.quotes import Reason


class Room:
    """How far orders may fill the pool. reference_x2: twice the price that positions are valued
    at, ticks. value: ticks x lots. reason: what limits it."""

    __slots__ = ("reason", "reference_x2", "value")

    def __init__(self, reference_x2: int, value: int, reason: Reason) -> None:
        self.reference_x2, self.value, self.reason = reference_x2, value, reason
