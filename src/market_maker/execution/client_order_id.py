"""The documented client order id: mm-{8-char-participant-id}-{symbol}-{level}-{side}-{nanoseconds}.

The nanoseconds are the moment at which the order was decided, or one more than those of the id
before it, whichever is later: they grow strictly, over restarts and over a clock that was set
back, so that no id is ever used twice.
"""

from market_maker.model.actions import Place
from market_maker.model.units import Nanos

PARTICIPANT_LENGTH = 8


def client_order_id(symbol: str, order: Place, moment: Nanos) -> str:
    """The name of an order that was decided at `moment`."""
    member = str(order.member)[:PARTICIPANT_LENGTH]
    return f"mm-{member}-{symbol}-{order.level}-{order.side}-{moment}"


class UniqueMoments:
    """Nanoseconds that were never given before."""

    def __init__(self, last: Nanos) -> None:
        self._last = last

    def next(self, now: Nanos) -> Nanos:
        """`now`, or the first later one that is still free."""
        self._last = Nanos(max(now, self._last + 1))
        return self._last
