"""Fill intensity and volatility as the reference makers calibrate them: from 100 ms steps.

A step's arrival is how far its deepest aggressive trade went from the mid of the step before. The
counts of arrivals beyond each distance give ln lambda(d) = ln A - k d by least squares, and the
standard deviation of the mid's step moves is the volatility. Source: the GLFT tutorial of
hftbacktest, with distances in half ticks as they are (the tutorial reads half ticks as ticks).
"""

import math
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from market_maker.estimators.intensity import fit_line
from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos

STEP = Nanos(100 * NANOS_PER_MS)
WINDOW_STEPS = 6_000
"""Ten minutes."""

READY_STEPS = 600
"""A minute: the tutorial waits for ten, in which a short recording would hold no quote."""

REFIT_EVERY = Nanos(5 * NANOS_PER_SECOND)
DISTANCES = 70
"""Half ticks from the mid that enter the line."""

ARRIVALS_MIN = 20
"""Beyond the first half tick."""

_HOUR = 3_600.0
_PER_SECOND = NANOS_PER_SECOND // STEP


class Calibration(Struct, frozen=True, gc=False):
    """intensity: A, arrivals per hour at distance 0, both sides together as the tutorial has them.
    decay: k, 1/bps. sigma: bps per sqrt(hour)."""

    intensity: float
    decay: float
    sigma: float


class WindowTotals(Struct, frozen=True, gc=False):
    """What the steps of the window come to. counts: arrivals by depth, half ticks, deeper ones in
    the last; squares, moved: sums of the moves of twice the mid, which is mid_x2 now."""

    steps: int
    counts: Sequence[int]
    squares: int
    moved: int
    mid_x2: int


class ArrivalCalibration:
    """What the last WINDOW_STEPS say.

    fit: None until READY_STEPS have passed and ARRIVALS_MIN trades went beyond the first half tick:
    those enter the line. Where the spread is one tick nearly all stop there, and a line through the
    few others says nothing. value: its decay.
    count: arrivals in the window. Moments that go back count as the last one. step: the current
    one, -1 before the first; deepest: how far its trades went from step_mid_x2, twice the mid
    at its beginning; mid_x2: twice the mid now. due: when the next fit is.
    """

    __slots__ = (
        "arrivals",
        "counts",
        "deepest",
        "due",
        "first_step",
        "fit",
        "mid_x2",
        "moves",
        "squares",
        "step",
        "step_mid_x2",
    )
    unit = "1/bps"

    def __init__(self) -> None:
        self.fit: Calibration | None = None
        self.arrivals: deque[tuple[int, int]] = deque()  # step, depth in half ticks
        self.moves: deque[tuple[int, int]] = deque()  # step, move of twice the mid
        self.counts = [0] * (DISTANCES + 2)  # arrivals by depth, deeper ones in the last
        self.squares = 0
        self.step = self.first_step = -1
        self.mid_x2 = self.step_mid_x2 = self.due = 0
        self.deepest = 0

    @property
    def value(self) -> float | None:
        """The decay."""
        return self.fit.decay if self.fit else None

    @property
    def count(self) -> int:
        """Arrivals in the window."""
        return len(self.arrivals)

    @property
    def ready(self) -> bool:
        """Whether there is a fit."""
        return self.fit is not None

    def mid(self, ts: Nanos, mid_x2: int) -> None:
        """Twice the mid from `ts` on, ticks, > 0."""
        self._advance(ts)
        hold_mid(self, mid_x2)

    def trade(self, ts: Nanos, side: int, ticks: int) -> None:
        """A trade; side: of the aggressor, 0 a buyer, 1 a seller."""
        self._advance(ts)
        reach(self, side, ticks)

    def refit(self, ts: Nanos) -> None:
        """Fit anew where REFIT_EVERY has passed."""
        self._advance(ts)
        if is_fit_due(self, ts):
            moved = sum(move for _, move in self.moves)
            steps = steps_seen(self.step, self.first_step)
            totals = WindowTotals(steps, self.counts, self.squares, moved, self.mid_x2)
            self.fit = calibration_of(totals) or self.fit

    def _advance(self, ts: Nanos) -> None:
        step = ts // STEP
        if step <= self.step:
            return
        if self.step < 0:
            self.first_step = step
        elif self.step_mid_x2:
            self._close(step)
        self.step = step

    def _close(self, step: int) -> None:
        """The step that was current has ended, and those until `step` held nothing."""
        depth, move = end_step(self)
        if depth:
            self.arrivals.append((self.step, depth))
            self.counts[depth] += 1
        if move:
            self.moves.append((self.step, move))
            self.squares += move * move
        before, arrivals, moves = step - WINDOW_STEPS, self.arrivals, self.moves
        while arrivals and arrivals[0][0] < before:
            self.counts[arrivals.popleft()[1]] -= 1
        while moves and moves[0][0] < before:
            self.squares -= moves.popleft()[1] ** 2


def steps_seen(step: int, first_step: int) -> int:
    """Of the window, between these."""
    return min(step - first_step, WINDOW_STEPS)


def calibration_of(seen: WindowTotals) -> Calibration | None:
    """The line through the window's arrivals, and its volatility; None where it says nothing."""
    counts, steps, count = seen.counts, seen.steps, sum(seen.counts)
    if count - counts[1] < ARRIVALS_MIN:
        return None
    seconds, half_tick_bps = steps / _PER_SECOND, BPS / seen.mid_x2
    distances, rates, beyond = [], [], count
    for depth in range(DISTANCES + 1):
        beyond -= counts[depth]  # those that went beyond this depth
        if depth and beyond:
            distances.append(depth * half_tick_bps)
            rates.append(beyond / seconds)
    line = fit_line(distances, rates)
    variance = seen.squares / steps - (seen.moved / steps) ** 2
    if line is None or line.decay <= 0.0 or variance <= 0.0:
        return None
    sigma = math.sqrt(variance * _PER_SECOND * _HOUR) * half_tick_bps
    return Calibration(line.rate * _HOUR, line.decay, sigma)


# Compiled into the replay's decision kernel: own may be its record.


def hold_mid(own: ArrivalCalibration, mid_x2: int) -> None:
    """Twice the mid from now on."""
    own.mid_x2 = mid_x2
    if not own.step_mid_x2:
        own.step_mid_x2 = mid_x2


def reach(own: ArrivalCalibration, side: int, ticks: int) -> None:
    """A trade of the current step."""
    if own.step_mid_x2:
        away = 2 * ticks - own.step_mid_x2
        if side != 0:
            away = -away
        own.deepest = max(own.deepest, away)


def end_step(own: ArrivalCalibration) -> tuple[int, int]:
    """The current step ends: how far its deepest trade went, half ticks, 0 where none did, and the
    move of twice the mid."""
    depth = max(0, own.deepest)
    if depth > DISTANCES:
        depth = DISTANCES + 1
    move = own.mid_x2 - own.step_mid_x2
    own.deepest = 0
    own.step_mid_x2 = own.mid_x2
    return depth, move


def is_fit_due(own: ArrivalCalibration, ts: int) -> bool:
    """Whether to fit anew at `ts`; the next time is REFIT_EVERY later."""
    if ts < own.due or own.step - own.first_step < READY_STEPS:
        return False
    own.due = ts + REFIT_EVERY
    return True
