"""The documented client order id: mm-{8-char-participant-id}-{symbol}-{level}-{side}-{nanoseconds}.

The nanoseconds are the stamp: the moment at which the order was decided, or one more than the stamp
before it in the same pool, whichever is later. Stamps grow strictly, over restarts and over a clock
that was set back, so that no id is ever used twice.
"""

from market_maker.model.orders import Side
from market_maker.model.units import Nanos, ParticipantId

PARTICIPANT_LENGTH = 8


class OrderNames:
    """Names the orders of one pool. last_stamp: of the newest name, 0 before the first."""

    __slots__ = ("_symbol", "last_stamp")

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self.last_stamp = Nanos(0)

    def follow(self, stamp: Nanos) -> None:
        """Names up to this stamp were given before."""
        self.last_stamp = max(self.last_stamp, stamp)

    def next(self, now: Nanos, member: ParticipantId, side: Side, level: int) -> str:
        """The client order id of an order that is decided at `now`."""
        self.last_stamp = Nanos(max(now, self.last_stamp + 1))
        short = member[:PARTICIPANT_LENGTH]
        return f"mm-{short}-{self._symbol}-{level}-{side}-{self.last_stamp}"


def stamp_of(client_order_id: str) -> Nanos:
    """The stamp at the end of an id that OrderNames made; 0 of any other text."""
    digits = client_order_id.rpartition("-")[2]
    return Nanos(int(digits) if digits.isascii() and digits.isdecimal() else 0)
