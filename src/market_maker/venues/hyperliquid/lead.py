"""Another market of the venue, whose price may lead ours: its best prices as moves of a leader."""

from collections.abc import Callable
from decimal import Decimal

from market_maker.model.events import LeadMoved
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.frames import Best, ChannelSubscription, Frame

UNIT = Decimal(10) ** 8
"""Steps of a price; the venue's have at most eight decimals. Only their ratio counts."""


class LeadWatch:
    """Passes on each new mid of `coin`; 0 while a side of its book is empty. A leader that falls
    silent counts as none after some seconds, so a broken connection needs no word."""

    def __init__(self, coin: str, tell: Callable[[LeadMoved], None]) -> None:
        self.coin = coin
        self._tell = tell
        self._time, self._mid_x2 = -1, -1

    def watch(self, connection: HyperliquidConnection) -> None:
        """From now on."""
        connection.streams.want(ChannelSubscription("bbo", coin=self.coin))
        connection.watch(self.hear)

    def hear(self, frame: Frame, now: Nanos) -> None:
        """One frame; those of other markets are not for us."""
        if not isinstance(frame, Best) or frame.coin != self.coin or frame.time < self._time:
            return
        self._time, mid_x2 = frame.time, _mid_x2(frame)
        if mid_x2 != self._mid_x2:
            self._mid_x2 = mid_x2
            self._tell(LeadMoved(Nanos(frame.time * NANOS_PER_MS), now, mid_x2))


def _mid_x2(best: Best) -> int:
    bid, ask = best.bbo
    if bid is None or ask is None or not 0 < Decimal(bid.px) < Decimal(ask.px):
        return 0
    return int((Decimal(bid.px) + Decimal(ask.px)) * UNIT)
