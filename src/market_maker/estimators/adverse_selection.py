"""What our fills were worth later: markouts by horizon, side and depth (math section 3.8)."""

import math
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from market_maker.model.orders import SIDES
from market_maker.model.units import BPS, NANOS_PER_SECOND, Nanos

HORIZONS_SECONDS = (0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
HORIZONS_NS = tuple(int(seconds * NANOS_PER_SECOND) for seconds in HORIZONS_SECONDS)

DEPTHS_BPS = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Where one depth bucket ends and the next begins; the last one has no end."""

BUCKETS = len(DEPTHS_BPS) + 1
PENDING_MAX = 1_024
"""Fills that wait for one horizon; with more the oldest are dropped and not counted."""

FIT_FILLS_MIN = 30
"""A depth bucket with fewer does not enter the decay."""

READY_FILLS = 30
_LOG_MAX, _SLOPE_MIN = 700.0, 1e-300
"""What a float's exponential and its inverse hold."""

_BUCKETS_MIN = 2


class FillMarkout(Struct, frozen=True, gc=False):
    """One fill at one horizon, bps of the mid at the fill. edge: what the price earned against
    that mid. adverse: how far the mid went against us since; both > 0 in the usual case."""

    edge: float
    adverse: float

    @property
    def markout(self) -> float:
        """What was left: edge - adverse."""
        return self.edge - self.adverse


def fill_markout(sign: int, price: float, mid: float, later: float) -> FillMarkout:
    """sign: +1 we bought, -1 we sold. mid: at the fill, > 0; later: at the horizon. One unit."""
    edge = sign * (mid - price) / mid * BPS
    return FillMarkout(edge, -sign * (later - mid) / mid * BPS)


class RunningMoments:
    """Mean and standard error of a stream of numbers, in one pass (Welford 1962)."""

    __slots__ = ("_squares", "count", "mean")

    def __init__(self) -> None:
        self.count = 0
        self.mean = self._squares = 0.0

    def add(self, value: float) -> None:
        """One more, finite."""
        self.count += 1
        change = value - self.mean
        self.mean += change / self.count
        self._squares += change * (value - self.mean)

    @property
    def standard_error(self) -> float | None:
        """Of the mean; None for fewer than two."""
        if self.count < 2:  # noqa: PLR2004
            return None
        return math.sqrt(self._squares / (self.count - 1) / self.count)


class DepthDecay(Struct, frozen=True, gc=False):
    """adverse(depth) = at_fair e^(-depth/scale_bps): how adverse selection falls with the depth
    at which a quote stood. All in bps; scale_bps is below 0 where it grows instead."""

    at_fair: float
    scale_bps: float


def fit_depth_decay(points: Sequence[tuple[float, float, int]]) -> DepthDecay | None:
    """Through (mean depth, mean adverse, fills), weighted by fills: a line through ln adverse,
    over buckets of at least FIT_FILLS_MIN with a positive mean. None for fewer than two of them,
    a mean that does not change with depth, or depths so close to one another that the line says
    nothing of fair: what it has there is beyond a float."""
    used = [(x, math.log(y), n) for x, y, n in points if n >= FIT_FILLS_MIN and y > 0.0]
    if len(used) < _BUCKETS_MIN:
        return None
    weight = sum(n for _, _, n in used)
    mean_x = math.fsum(x * n for x, _, n in used) / weight
    mean_y = math.fsum(y * n for _, y, n in used) / weight
    spread = math.fsum((x - mean_x) ** 2 * n for x, _, n in used)
    slope = math.fsum((x - mean_x) * (y - mean_y) * n for x, y, n in used)
    if not spread or not slope:
        return None
    slope /= spread
    log_at_fair = mean_y - slope * mean_x
    if abs(log_at_fair) > _LOG_MAX or abs(slope) < _SLOPE_MIN:
        return None
    return DepthDecay(math.exp(log_at_fair), -1.0 / slope)


class MarkoutRow(Struct, frozen=True, gc=False):
    """Markouts of one horizon, side and depth bucket; means in bps. side: 0 we bought, 1 we sold.
    bucket: its index, from the mid outwards. edge: also the depth at which the quotes stood.
    standard_error: of `adverse`, None for fewer than two."""

    horizon_s: float
    side: int
    bucket: int
    edge: float
    adverse: float
    standard_error: float | None
    count: int

    @property
    def markout(self) -> float:
        """edge - adverse."""
        return self.edge - self.adverse


class _Pending(Struct, frozen=True, gc=False):
    due: int
    side: int
    bucket: int
    sign: int
    price_x2: int
    mid_x2: int


class _Cell:
    __slots__ = ("adverse", "edge")

    def __init__(self) -> None:
        self.edge, self.adverse = RunningMoments(), RunningMoments()


class AdverseSelection:
    """Markouts of our own fills at every horizon of HORIZONS_SECONDS.

    The mid of a horizon is the one that held then. Each event costs a comparison while nothing is
    due. RunningMoments that go back are ignored, and so are fills without a mid.

    value: impact, the mean adverse move at the horizon closest to the mean time between fills,
    bps; what quotes should earn back (xi_imp). None before a fill reached it. count: fills.
    ready: when READY_FILLS have reached that horizon.
    """

    __slots__ = (
        "_cells",
        "_due",
        "_first",
        "_last",
        "_mid_x2",
        "_pending",
        "_totals",
        "_ts",
        "count",
    )
    unit = "bps"

    def __init__(self) -> None:
        self.count = 0
        self._pending: tuple[deque[_Pending], ...] = tuple(deque() for _ in HORIZONS_NS)
        self._cells = [[[_Cell() for _ in range(BUCKETS)] for _ in SIDES] for _ in HORIZONS_NS]
        self._totals = [RunningMoments() for _ in HORIZONS_NS]
        self._first = self._last = 0
        self._ts = self._due = self._mid_x2 = 0

    @property
    def horizon(self) -> int:
        """Index of the horizon closest to the mean time between fills; the shortest for one."""
        if self.count < _BUCKETS_MIN:
            return 0
        between = (self._last - self._first) / (self.count - 1)
        gaps = [abs(horizon - between) for horizon in HORIZONS_NS]
        return gaps.index(min(gaps))

    @property
    def value(self) -> float | None:
        """xi_imp, bps."""
        total = self._totals[self.horizon]
        return total.mean if total.count else None

    @property
    def standard_error(self) -> float | None:
        """Of value, bps."""
        return self._totals[self.horizon].standard_error

    @property
    def ready(self) -> bool:
        """Whether fills enough have reached the horizon."""
        return self._totals[self.horizon].count >= READY_FILLS

    def fill(self, ts: Nanos, sign: int, ticks: int, mid_x2: int) -> None:
        """We bought (+1) or sold (-1) at `ticks` at `ts` (> 0), while twice the mid was mid_x2."""
        if mid_x2 <= 0 or ts < self._last:
            return
        self.count += 1
        self._first, self._last = self._first or ts, ts
        side, depth = (0 if sign > 0 else 1), sign * (mid_x2 - 2 * ticks) / mid_x2 * BPS
        bucket = sum(depth >= edge for edge in DEPTHS_BPS)
        for horizon, waiting in zip(HORIZONS_NS, self._pending, strict=True):
            due = ts + horizon
            waiting.append(_Pending(due, side, bucket, sign, 2 * ticks, mid_x2))
            if len(waiting) > PENDING_MAX:
                waiting.popleft()
            if not self._due or due < self._due:
                self._due = due

    def update(self, ts: Nanos, mid_x2: int) -> None:
        """Twice the mid (> 0) is mid_x2 from `ts` (> 0) on."""
        if ts < self._ts:
            return
        if self._due and ts >= self._due:
            self._settle(ts, mid_x2)
        self._ts, self._mid_x2 = ts, mid_x2

    def lines(self) -> tuple[MarkoutRow, ...]:
        """Every horizon, side and bucket that has fills."""
        return tuple(
            MarkoutRow(
                seconds,
                side,
                bucket,
                cell.edge.mean,
                cell.adverse.mean,
                cell.adverse.standard_error,
                cell.adverse.count,
            )
            for seconds, sides in zip(HORIZONS_SECONDS, self._cells, strict=True)
            for side, buckets in enumerate(sides)
            for bucket, cell in enumerate(buckets)
            if cell.adverse.count
        )

    def depth_decay(self, horizon: int) -> DepthDecay | None:
        """At the horizon with this index, both sides."""
        points = [
            (cell.edge.mean, cell.adverse.mean, cell.adverse.count)
            for buckets in self._cells[horizon]
            for cell in buckets
        ]
        return fit_depth_decay(points)

    def _settle(self, ts: int, mid_x2: int) -> None:
        """Fills that have reached a horizon by `ts`; the new mid counts at that very moment."""
        self._due = 0
        for index, waiting in enumerate(self._pending):
            while waiting and waiting[0].due <= ts:
                fill = waiting.popleft()
                later = mid_x2 if fill.due == ts else self._mid_x2
                self._note(index, fill, later or mid_x2)
            if waiting and (not self._due or waiting[0].due < self._due):
                self._due = waiting[0].due

    def _note(self, index: int, fill: _Pending, later_x2: int) -> None:
        markout = fill_markout(fill.sign, fill.price_x2, fill.mid_x2, later_x2)
        cell = self._cells[index][fill.side][fill.bucket]
        cell.edge.add(markout.edge)
        cell.adverse.add(markout.adverse)
        self._totals[index].add(markout.adverse)
