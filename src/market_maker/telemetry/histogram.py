"""Counting durations into buckets, cheaply enough for the hot path."""

from bisect import bisect_left

from market_maker.model.units import NANOS_PER_SECOND

SHORT = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000)
"""Pieces of one turn: 1 µs to 10 ms, in nanoseconds."""
TURN = (25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000, 50_000_000)
"""A turn: 25 µs to 50 ms."""
LAG = (500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 100_000_000, 10**9)
"""The event loop: 0.5 ms to 1 s."""


class Histogram:
    """bounds: upper ones, inclusive, nanoseconds, rising; above the last comes infinity.
    counts: by bucket, not cumulated. total: sum of all that was observed."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def observe(self, nanos: int) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, nanos)] += 1
        self.total += nanos

    @property
    def labels(self) -> tuple[str, ...]:
        """The bounds in seconds, as Prometheus writes them."""
        return (*(repr(bound / NANOS_PER_SECOND) for bound in self.bounds), "+Inf")
