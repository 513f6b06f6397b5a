"""How far orders may fill the pool."""

from msgspec import Struct

from market_maker.model.quotes import Reason


class Room(Struct, frozen=True, gc=False):
    """How far orders may fill the pool. reference_x2: twice the price that positions are valued
    at, ticks. value: ticks x lots. reason: what limits it."""

    reference_x2: int
    value: int
    reason: Reason
