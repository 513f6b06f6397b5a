"""Orders as we know them, and what may happen to them."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from market_maker.model.units import Lots, OrderId, ParticipantId, Ticks


class Side(StrEnum):
    """Side of an order or a fill."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        """The side it trades against."""
        return Side.SELL if self is Side.BUY else Side.BUY


BUY: Final = 0
SELL: Final = 1
"""Sides as indices, for tables and hot loops: of SIDES, of SIGNS, and of every pair (bid, ask)."""

SIDES: Final[tuple[Side, ...]] = (Side.BUY, Side.SELL)
"""The side of an index."""

SIGNS: Final[tuple[int, ...]] = (1, -1)
"""What a fill of the side with this index does to a position: +1 adds, -1 takes away."""

_INDEX_OF = {Side.BUY: BUY, Side.SELL: SELL}


def side_index(side: Side) -> int:
    """BUY or SELL: the index of `side`."""
    return _INDEX_OF[side]


class OrderState(StrEnum):
    """Life of one order that may still be open. In-flight states are ours; the venue never
    sends them. UNKNOWN: a request timed out, only the venue's word ends it."""

    PENDING_NEW = "PENDING_NEW"
    LIVE = "LIVE"
    PENDING_CANCEL = "PENDING_CANCEL"
    UNKNOWN = "UNKNOWN"


class Order(Struct, frozen=True, array_like=True, gc=False):
    """One order that may still be open, as readers see it. level 0 is the best of its side.
    client_order_id: empty where only the venue's list has it. ahead: at most so much of others
    stands before it at its price; None where that is not known."""

    order_id: OrderId
    member: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    leaves: Lots
    state: OrderState
    client_order_id: str = ""
    ahead: Lots | None = None


def counted(states: list[OrderState]) -> tuple[int, int]:
    """How many orders there are, and of how many the fate is unknown."""
    return len(states), states.count(OrderState.UNKNOWN)
