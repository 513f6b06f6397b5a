"""Fill intensity and volatility as the reference makers calibrate them: from 100 ms steps.

A step's arrival is how far its deepest aggressive trade went from the mid of the step before. The
counts of arrivals beyond each distance give ln lambda(d) = ln A - k d by least squares, and the
standard deviation of the mid's step moves is the volatility. Source: the GLFT tutorial of
hftbacktest, with distances in half ticks as they are (the tutorial reads half ticks as ticks).
"""

import math
from collections import deque

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


class ArrivalCalibration:
    """What the last WINDOW_STEPS say.

    fit: None until READY_STEPS have passed and ARRIVALS_MIN trades went beyond the first half tick:
    those enter the line. Where the spread is one tick nearly all stop there, and a line through the
    few others says nothing. value: its decay.
    count: arrivals in the window. Moments that go back count as the last one.
    """

    __slots__ = (
        "_arrivals",
        "_counts",
        "_deepest",
        "_due",
        "_first_step",
        "_mid_x2",
        "_moves",
        "_squares",
        "_step",
        "_step_mid_x2",
        "fit",
    )
    unit = "1/bps"

    def __init__(self) -> None:
        self.fit: Calibration | None = None
        self._arrivals: deque[tuple[int, int]] = deque()  # step, depth in half ticks
        self._moves: deque[tuple[int, int]] = deque()  # step, move of twice the mid
        self._counts = [0] * (DISTANCES + 2)  # arrivals by depth, deeper ones in the last
        self._squares = 0
        self._step = self._first_step = -1
        self._mid_x2 = self._step_mid_x2 = self._due = 0
        self._deepest = 0

    @property
    def value(self) -> float | None:
        """The decay."""
        return self.fit.decay if self.fit else None

    @property
    def count(self) -> int:
        """Arrivals in the window."""
        return len(self._arrivals)

    @property
    def ready(self) -> bool:
        """Whether there is a fit."""
        return self.fit is not None

    def mid(self, ts: Nanos, mid_x2: int) -> None:
        """Twice the mid from `ts` on, ticks, > 0."""
        self._advance(ts)
        self._mid_x2 = mid_x2
        if not self._step_mid_x2:
            self._step_mid_x2 = mid_x2

    def trade(self, ts: Nanos, side: int, ticks: int) -> None:
        """A trade; side: of the aggressor, 0 a buyer, 1 a seller."""
        self._advance(ts)
        if self._step_mid_x2:
            away = 2 * ticks - self._step_mid_x2
            self._deepest = max(self._deepest, away if side == 0 else -away)

    def refit(self, ts: Nanos) -> None:
        """Fit anew where REFIT_EVERY has passed."""
        self._advance(ts)
        if ts < self._due or self._step - self._first_step < READY_STEPS:
            return
        self._due = ts + REFIT_EVERY
        self.fit = self._fitted() or self.fit

    def _advance(self, ts: Nanos) -> None:
        step = ts // STEP
        if step <= self._step:
            return
        if self._step < 0:
            self._first_step = step
        elif self._step_mid_x2:
            self._close(step)
        self._step = step

    def _close(self, step: int) -> None:
        """The step that was current has ended, and those until `step` held nothing."""
        if self._deepest > 0:
            depth = min(self._deepest, DISTANCES + 1)
            self._arrivals.append((self._step, depth))
            self._counts[depth] += 1
        move = self._mid_x2 - self._step_mid_x2
        if move:
            self._moves.append((self._step, move))
            self._squares += move * move
        self._deepest, self._step_mid_x2 = 0, self._mid_x2
        self._forget(step - WINDOW_STEPS)

    def _forget(self, before: int) -> None:
        arrivals, moves = self._arrivals, self._moves
        while arrivals and arrivals[0][0] < before:
            self._counts[arrivals.popleft()[1]] -= 1
        while moves and moves[0][0] < before:
            self._squares -= moves.popleft()[1] ** 2

    def _fitted(self) -> Calibration | None:
        steps = min(self._step - self._first_step, WINDOW_STEPS)
        if self.count - self._counts[1] < ARRIVALS_MIN:
            return None
        seconds, half_tick_bps = steps / _PER_SECOND, BPS / self._mid_x2
        distances, rates, beyond = [], [], self.count
        for depth in range(DISTANCES + 1):
            beyond -= self._counts[depth]  # those that went beyond this depth
            if depth and beyond:
                distances.append(depth * half_tick_bps)
                rates.append(beyond / seconds)
        line = fit_line(distances, rates)
        variance = self._squares / steps - (sum(move for _, move in self._moves) / steps) ** 2
        if line is None or line.decay <= 0.0 or variance <= 0.0:
            return None
        sigma = math.sqrt(variance * _PER_SECOND * _HOUR) * half_tick_bps
        return Calibration(line.rate * _HOUR, line.decay, sigma)
