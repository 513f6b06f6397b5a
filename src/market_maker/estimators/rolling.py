"""Sums over a window that slides by slices: bounded memory, and exact because they are integers."""

from typing import TypeAlias

from market_maker.model.units import NANOS_PER_SECOND

SLICES = 60


class RollingSums:
    """Sums of `columns` integers over the last `seconds`.

    Time is cut into slices of seconds/SLICES, counted from the epoch. What counts is the slice
    of the last moment fed and the SLICES-1 before it: what is older leaves a slice at a time.
    Moments before the current slice count as the current one.

    totals: the sums. slice_ns: a slice. number: of the current one since the epoch, position: where
    in the ring it stands, until: when it ends. since: the first moment fed. kept: what
    `add_to_sums` takes.
    """

    __slots__ = ("_ring", "kept", "number", "position", "since", "slice_ns", "totals", "until")

    def __init__(self, seconds: float, columns: int) -> None:
        self.slice_ns = int(seconds * NANOS_PER_SECOND) // SLICES
        assert self.slice_ns > 0, seconds
        self._ring = [[0] * columns for _ in range(SLICES)]
        self.position = self.number = 0
        self.since = 0
        self.until = 0
        self.totals = [0] * columns
        self.kept: SumsKept = self._ring, self.totals

    def resized(self, seconds: float) -> "RollingSums":
        """The same sums over another window, as far as they reach: what a slice holds counts from
        the beginning of that slice on."""
        changed = RollingSums(seconds, len(self.totals))
        first = self.number - SLICES + 1
        for number in range(max(first, self.since // self.slice_ns), self.number + 1):
            ts = max(number * self.slice_ns, self.since)
            held = self._ring[(self.position + number - self.number) % SLICES]
            for column, amount in enumerate(held):
                if amount:
                    changed.add(ts, column, amount)
        if self.since:
            changed.roll(max(self.number * self.slice_ns, self.since))
            changed.since = self.since
        return changed

    def roll(self, ts: int) -> None:
        """It is `ts` (> 0): let what is too old go."""
        if ts >= self.until:
            roll_sums(self, self.kept, ts)

    def add(self, ts: int, column: int, amount: int) -> None:
        """`amount` more in `column` at `ts` (> 0)."""
        add_to_sums(self, self.kept, ts, column, amount)

    def current(self, ts: int) -> tuple[list[int], list[int]]:
        """The slice of `ts` (> 0) and the totals: what is added goes into both."""
        if ts >= self.until:
            roll_sums(self, self.kept, ts)
        return self._ring[self.position], self.totals

    def take_up(self, ring: list[list[int]], totals: list[int]) -> None:
        """Slices that something else has filled, with what they come to."""
        for slice_of, other in zip(self._ring, ring, strict=True):
            slice_of[:] = other
        self.totals[:] = totals

    def seconds(self, ts: int) -> float:
        """How much time until `ts` the sums cover: since the first moment fed, at most the
        window."""
        start = max(self.since, (self.number - SLICES + 1) * self.slice_ns)
        return max(ts - start, 0) / NANOS_PER_SECOND if self.since else 0.0


SumsKept: TypeAlias = tuple[list[list[int]], list[int]]
"""The ring of slices, and its totals."""


def roll_sums(own: RollingSums, kept: SumsKept, ts: int) -> None:
    """It is `ts`, which is not in the current slice any more: let what is too old go. Compiled into
    the replay's decision kernel, like the next function: own and kept may be its records."""
    ring, totals = kept
    number = ts // own.slice_ns
    for _ in range(min(number - own.number, SLICES)):
        own.position = (own.position + 1) % SLICES
        oldest = ring[own.position]
        for column in range(len(totals)):
            amount = oldest[column]
            if amount:
                totals[column] -= amount
                oldest[column] = 0
    own.since = own.since or ts
    own.number = number
    own.until = (number + 1) * own.slice_ns


def add_to_sums(own: RollingSums, kept: SumsKept, ts: int, column: int, amount: int) -> None:
    """`amount` more in `column` at `ts`; moments before the current slice count as it."""
    if ts >= own.until:
        roll_sums(own, kept, ts)
    ring, totals = kept
    totals[column] += amount
    ring[own.position][column] += amount
