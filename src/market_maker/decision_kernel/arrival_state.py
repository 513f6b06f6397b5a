"""The arrays behind arrivals and the volume clock, and how they get back into an engine's own."""

from collections import deque
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from market_maker.decision_kernel import estimate_layout as layouts
from market_maker.decision_kernel.trade_kernels import DEPTHS, RING
from market_maker.estimators.arrivals import (
    ArrivalCalibration,
    Calibration,
    WindowTotals,
    calibration_of,
    steps_seen,
)
from market_maker.estimators.volume_clock import VolumeClock

_ARRIVALS = ("step", "first_step", "mid_x2", "step_mid_x2", "deepest", "due")
_CLOCK = ("count", "bucket", "filled", "trades", "lots", "retune_at", "closed_at", "ts")

_SMALL = 2**25
"""Squares of as many moves as the window holds add up within 64 bits below this."""


def sum_of_squares(moves: NDArray[np.int64]) -> int:
    """Exact, however large they are."""
    if np.abs(moves).max(initial=0) < _SMALL:
        return int(np.dot(moves, moves))
    return sum(move * move for move in moves.tolist())


class ArrivalState:
    """Of a fresh calibration. address: of the record."""

    def __init__(self, own: ArrivalCalibration) -> None:
        assert own.step < 0, "it is to be fresh"
        self._own = own
        self._record = np.zeros(1, layouts.ARRIVALS)
        self._counts = np.zeros(DEPTHS, np.int64)
        self._arrivals = np.zeros((RING, 2), np.int64)
        self._moves = np.zeros((RING, 2), np.int64)
        record = self._record[0]
        record["step"] = record["first_step"] = -1
        record["counts"] = self._counts.ctypes.data
        record["arrivals"] = self._arrivals.ctypes.data
        record["moves"] = self._moves.ctypes.data
        self.address: int = self._record.ctypes.data

    def line(self) -> Calibration | None:
        """Put a line through the arrivals of the window; the last one that there was."""
        record, moves = self._record[0], self._held("move", self._moves)[:, 1]
        totals = WindowTotals(
            steps_seen(int(record["step"]), int(record["first_step"])),
            self._counts.tolist(),
            sum_of_squares(moves),
            int(moves.sum()),
            int(record["mid_x2"]),
        )
        self._own.fit = calibration_of(totals) or self._own.fit
        return self._own.fit

    def give(self) -> None:
        """The engine's own calibration has counted what the kernel counted."""
        own, record = self._own, self._record[0]
        for name in _ARRIVALS:
            setattr(own, name, int(record[name]))
        moves = self._held("move", self._moves)
        own.counts[:] = self._counts.tolist()
        own.arrivals = deque(map(tuple, self._held("arrival", self._arrivals).tolist()))
        own.moves = deque(map(tuple, moves.tolist()))
        own.squares = sum_of_squares(moves[:, 1])

    def _held(self, name: str, ring: NDArray[np.int64]) -> NDArray[np.int64]:
        """What a ring holds, the oldest first."""
        first, count = self._record[0][f"first_{name}"], self._record[0][f"{name}_count"]
        held: NDArray[np.int64] = ring[(first + np.arange(count)) % RING]
        return held


class ClockState:
    """Of a fresh volume clock. address: of the record. count: its ticks."""

    def __init__(self, own: VolumeClock) -> None:
        self._own = own
        self._record = np.zeros(1, layouts.CLOCK)
        record = self._record[0]
        for name in _CLOCK:
            record[name] = getattr(own, name)
        record["fixed"], record["value"] = own.fixed, nan
        self.address: int = self._record.ctypes.data

    def give(self) -> None:
        """The engine's own clock has counted what the kernel counted."""
        own, record = self._own, self._record[0]
        for name in _CLOCK:
            setattr(own, name, int(record[name]))
        value = float(record["value"])
        own.value = None if isnan(value) else value
