"""The documented client order id: mm-{8-char-participant-id}-{symbol}-{level}-{side}-{nanoseconds}.

The nanoseconds are the stamp: the moment at which the order was decided, or one more than the stamp
before it in the same pool, whichever is later. Stamps grow strictly, over restarts and over a clock
that was set back, so that no id is ever used twice.
"""

from typing import Final

from market_maker.model.orders import Side
from market_maker.model.units import Nanos, ParticipantId

PARTICIPANT_LENGTH: Final = 8


class OrderNames:
    """Names the orders of one pool. last_stamp: of the newest name, 0 before the first."""

    __slots__ = ("_beginnings", "_symbol", "last_stamp")

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self.last_stamp = Nanos(0)
        self._beginnings: dict[tuple[ParticipantId, Side, int], str] = {}

    def follow(self, stamp: Nanos) -> None:
        """Names up to this stamp were given before."""
        self.last_stamp = max(self.last_stamp, stamp)

    def next(self, now: Nanos, member: ParticipantId, side: Side, level: int) -> str:
        """The client order id of an order that is decided at `now`."""
        return f"{self.beginning(member, side, level)}{self.stamp(now)}"

    def beginning(self, member: ParticipantId, side: Side, level: int) -> str:
        """All but the stamp, which is the same for every order of this place."""
        place = member, side, level
        known = self._beginnings.get(place)
        if known is None:
            known = f"mm-{member[:PARTICIPANT_LENGTH]}-{self._symbol}-{level}-{side}-"
            self._beginnings[place] = known
        return known

    def stamp(self, now: Nanos) -> Nanos:
        """Of the next order, which is decided at `now`."""
        last = self.last_stamp
        self.last_stamp = stamp = now if now > last else Nanos(last + 1)
        return stamp


def stamp_of(client_order_id: str) -> Nanos:
    """The stamp at the end of an id that OrderNames made; 0 of any other text."""
    digits = client_order_id.rpartition("-")[2]
    return Nanos(int(digits) if digits.isascii() and digits.isdecimal() else 0)
