"""Where the money of a run came from: the PnL split and the markouts of a log of fills.

Integers throughout (units.Value), so that the parts add up to the last unit; only markouts, which
are statistics, are floats.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.recording import Recording
from market_maker.model.units import BPS, NANOS_PER_SECOND, VALUE_SCALE, Lots, Nanos, Value

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]
Numbers = TypeVar("Numbers", Int64s, Floats)

_HALF_TICK_LOT = VALUE_SCALE // 2
"""Values per half tick x lot, the unit of everything measured from a mid."""


class FillLog(Struct, frozen=True, eq=False):
    """Fills as columns, in the order in which they happened at the venue.

    ts: the venue's time, ns. sign: +1 we bought, -1 we sold. ticks, lots: price and size.
    fee: Values, a cost is > 0. mid_x2: twice the mid just before the fill, in ticks.
    """

    ts: Int64s
    sign: Int64s
    ticks: Int64s
    lots: Int64s
    fee: Int64s
    mid_x2: Int64s

    @property
    def count(self) -> int:
        """Number of fills."""
        return len(self.ts)

    @property
    def signed_lots(self) -> Int64s:
        """What each fill added to the position."""
        return self.sign * self.lots

    @property
    def position(self) -> Lots:
        """Sum of the fills."""
        return Lots(sum(self.signed_lots.tolist()))

    @property
    def volume(self) -> Lots:
        """Lots bought and sold."""
        return Lots(sum(self.lots.tolist()))

    @property
    def turnover(self) -> Value:
        """Price x size of all fills."""
        return Value(_dot(self.ticks, self.lots) * VALUE_SCALE)


class PnlSplit(Struct, frozen=True):
    """PnL by cause, in Values; a gain is > 0. See split()."""

    spread: Value
    inventory: Value
    fees: Value
    funding: Value

    @property
    def net(self) -> Value:
        """The sum of the parts: there is nothing else."""
        return Value(self.spread + self.inventory + self.fees + self.funding)


def split(fills: FillLog, final_mid_x2: int, funding: Value) -> PnlSplit:
    """PnL by cause, open position marked at the final mid (twice it, in ticks).

    spread: what the fills earned against the mid of their moment, sum of eps size (mid - price).
    inventory: what the mid did afterwards, sum of eps size (final mid - mid). fees: minus what
    was paid, a rebate is > 0. funding: as received. (math section 6; eps +1 for a purchase.)
    """
    edge = fills.sign * (fills.mid_x2 - 2 * fills.ticks)
    drift = fills.sign * (final_mid_x2 - fills.mid_x2)
    return PnlSplit(
        spread=Value(_dot(edge, fills.lots) * _HALF_TICK_LOT),
        inventory=Value(_dot(drift, fills.lots) * _HALF_TICK_LOT),
        fees=Value(-sum(fills.fee.tolist())),
        funding=funding,
    )


def adverse(fills: FillLog, later_mid_x2: Int64s) -> Value:
    """The part of `inventory` made until some time after each fill.

    later_mid_x2: twice the mid at that time, or the last one where the data end before it.
    Negative when the mid went against our fills.
    """
    return Value(_dot(fills.sign * (later_mid_x2 - fills.mid_x2), fills.lots) * _HALF_TICK_LOT)


class Markout(Struct, frozen=True):
    """Price move after our fills at one horizon, bps of the mid; a gain is > 0.

    mean: of price-to-mid edge plus the mid's move in our favour, every fill counted once.
    edge: the part earned at once. standard_error: of the mean, for independent fills; None for
    fewer than two. count: fills whose horizon lies within the data (`reached`). mean and edge are
    None without any.
    """

    horizon_ns: Nanos
    mean: float | None
    edge: float | None
    standard_error: float | None
    count: int

    @property
    def horizon_s(self) -> float:
        """Seconds."""
        return self.horizon_ns / NANOS_PER_SECOND


def reached(
    fills: FillLog, horizons_ns: Sequence[Nanos], recording: Recording, end: Nanos
) -> NDArray[np.bool_]:
    """Of which fills the mid is known so much later: not after `end`, nor in an outage, where the
    last mid there was is of before it. Shape (horizons, fills)."""
    later = fills.ts + np.array(horizons_ns, dtype=np.int64)[:, np.newaxis]
    return (later <= end) & recording.has_book(later)


def markout(
    fills: FillLog, horizon_ns: Nanos, later_mid_x2: Int64s, counted: NDArray[np.bool_]
) -> Markout:
    """Mean markout of the fills that are `counted` (math section 3.8)."""
    known = counted & (fills.mid_x2 > 0)
    mid_x2 = fills.mid_x2[known]
    values = BPS * fills.sign[known] * (later_mid_x2[known] - 2 * fills.ticks[known]) / mid_x2
    edges = BPS * fills.sign[known] * (mid_x2 - 2 * fills.ticks[known]) / mid_x2
    count = len(values)
    return Markout(
        horizon_ns=horizon_ns,
        mean=float(values.mean()) if count else None,
        edge=float(edges.mean()) if count else None,
        standard_error=float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else None,
        count=count,
    )


class PnlPath(Struct, frozen=True, eq=False):
    """The split as it grew, at given times, as floats: for pictures, not for sums."""

    spread: Floats
    inventory: Floats
    fees: Floats
    funding: Floats

    @property
    def net(self) -> Floats:
        """Sum of the parts."""
        return self.spread + self.inventory + self.fees + self.funding


def positions_at(fills: FillLog, times: Int64s) -> Int64s:
    """Signed lots held at each time, fills at that very time included."""
    return running(fills.signed_lots, fills.ts, times)


def pnl_path(fills: FillLog, times: Int64s, mid_x2: Int64s) -> PnlPath:
    """The split at each of the ascending `times`, in Values, marked at twice the mid of that
    time, without funding."""
    edge = fills.sign * (fills.mid_x2 - 2 * fills.ticks) * fills.lots
    position = positions_at(fills, times)
    bought_at = running(fills.signed_lots * fills.mid_x2, fills.ts, times)
    return PnlPath(
        spread=running(edge, fills.ts, times).astype(np.float64) * _HALF_TICK_LOT,
        inventory=(position * mid_x2 - bought_at).astype(np.float64) * _HALF_TICK_LOT,
        fees=-running(fills.fee.astype(np.float64), fills.ts, times),  # a sum may leave 63 bits
        funding=np.zeros(len(times)),
    )


def running(values: Numbers, ts: Int64s, times: Int64s) -> Numbers:
    """Sum of those of `values` that came by each of `times`; ts: when each came, ascending."""
    total = np.concatenate((np.zeros(1, values.dtype), np.cumsum(values)))
    at: Numbers = total[np.searchsorted(ts, times, side="right")]
    return at


def _dot(left: Int64s, right: Int64s) -> int:
    # Python's integers: a day of fills may leave 63 bits.
    return sum(a * b for a, b in zip(left.tolist(), right.tolist(), strict=True))
