"""Sums over a window that slides by slices: bounded memory, and exact because they are integers."""

from market_maker.model.units import NANOS_PER_SECOND

SLICES = 60


class RollingSums:
    """Sums of `columns` integers over the last `seconds`.

    Time is cut into slices of seconds/SLICES, counted from the epoch. What counts is the slice
    of the last moment fed and the SLICES-1 before it: what is older leaves a slice at a time.
    Moments before the current slice count as the current one.

    totals: the sums.
    """

    __slots__ = (
        "_current",
        "_number",
        "_position",
        "_ring",
        "_since",
        "_slice_ns",
        "totals",
        "until",
    )

    def __init__(self, seconds: float, columns: int) -> None:
        self._slice_ns = int(seconds * NANOS_PER_SECOND) // SLICES
        assert self._slice_ns > 0, seconds
        self._ring = [[0] * columns for _ in range(SLICES)]
        self._current = self._ring[0]
        self._position = self._number = 0
        self._since = 0
        self.until = 0
        self.totals = [0] * columns

    def resized(self, seconds: float) -> "RollingSums":
        """The same sums over another window, as far as they reach: what a slice holds counts from
        the beginning of that slice on."""
        changed = RollingSums(seconds, len(self.totals))
        first = self._number - SLICES + 1
        for number in range(max(first, self._since // self._slice_ns), self._number + 1):
            ts = max(number * self._slice_ns, self._since)
            held = self._ring[(self._position + number - self._number) % SLICES]
            for column, amount in enumerate(held):
                if amount:
                    changed.add(ts, column, amount)
        if self._since:
            changed.roll(max(self._number * self._slice_ns, self._since))
            changed._since = self._since
        return changed

    def roll(self, ts: int) -> None:
        """It is `ts` (> 0): let what is too old go."""
        if ts < self.until:
            return
        number = ts // self._slice_ns
        totals = self.totals
        for _ in range(min(number - self._number, SLICES)):
            self._position = (self._position + 1) % SLICES
            self._current = oldest = self._ring[self._position]
            for column, amount in enumerate(oldest):
                if amount:
                    totals[column] -= amount
                    oldest[column] = 0
        self._since = self._since or ts
        self._number = number
        self.until = (number + 1) * self._slice_ns

    def add(self, ts: int, column: int, amount: int) -> None:
        """`amount` more in `column` at `ts` (> 0)."""
        if ts >= self.until:
            self.roll(ts)
        self.totals[column] += amount
        self._current[column] += amount

    def seconds(self, ts: int) -> float:
        """How much time until `ts` the sums cover: since the first moment fed, at most the
        window."""
        start = max(self._since, (self._number - SLICES + 1) * self._slice_ns)
        return max(ts - start, 0) / NANOS_PER_SECOND if self._since else 0.0
