"""The venue's market data: sequence numbers, and deltas gathered for a while."""

from market_maker.model.events import BookDelta, BookSnapshot, Levels
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, Ticks
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.reports import MatchOutcome

SNAPSHOT_LEVELS = 1_000
"""Levels a side in a snapshot, as Binance's."""


class DeltaGatherer:
    """Numbers each request that changed the book, and hands the changes out together.

    Deltas form a chain: prev_seq is the last_seq of the one before. A snapshot is taken only
    when nothing is gathered, so the delta after it continues from its number.
    """

    def __init__(self) -> None:
        self._seq = 0
        self._published = 0
        self._bids: dict[Ticks, Lots] = {}
        self._asks: dict[Ticks, Lots] = {}

    def gather(self, outcome: MatchOutcome) -> None:
        """Remember what changed."""
        if outcome.bids or outcome.asks:
            self._seq += 1
            self._bids.update(outcome.bids)
            self._asks.update(outcome.asks)

    def delta(self, now: Nanos) -> BookDelta | None:
        """Everything gathered, or None; ts_recv is yet to be set."""
        if self._seq == self._published:
            return None
        delta = BookDelta(
            ts_event=now,
            ts_recv=now,
            first_seq=self._published + 1,
            last_seq=self._seq,
            prev_seq=self._published,
            bids=_sorted(self._bids),
            asks=_sorted(self._asks),
        )
        self._published = self._seq
        self._bids, self._asks = {}, {}
        return delta

    def snapshot(self, now: Nanos, matching: Matching) -> BookSnapshot:
        """The book as of now; ts_recv is yet to be set."""
        assert self._seq == self._published, "a snapshot in the middle of a delta"
        return BookSnapshot(
            ts_event=now,
            ts_recv=now,
            seq=self._published,
            bids=matching.depth(Side.BUY, SNAPSHOT_LEVELS),
            asks=matching.depth(Side.SELL, SNAPSHOT_LEVELS),
        )


def _sorted(levels: dict[Ticks, Lots]) -> Levels:
    return tuple(sorted(levels.items()))
