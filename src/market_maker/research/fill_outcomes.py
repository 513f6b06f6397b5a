"""What became of a run's fills, second by second: the money of a comparison at equal turnover.

A fill's outcome is what it is worth at the mid some time later, so a position that is held for
longer counts no further. Fills that the data do not outlast by the longest horizon are left out of
all of it, or a short horizon would be judged on other fills than a long one.
"""

import numpy as np
from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, VALUE_SCALE, Nanos
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.research.replay import ReplayLog
from market_maker.research.replay_accounting import FillLog, Floats, Int64s, positions_at

HORIZONS_S = (5, 30)
"""Of the judgement, seconds."""


class FillOutcomes(Struct, frozen=True, eq=False):
    """One number a second from the start of the data, quote currency. turnover: traded in that
    second. worth: of its fills after each of HORIZONS_S, against what was paid, fees included.
    held: value of the position at the second, without its sign."""

    turnover: Floats
    worth: dict[int, Floats]
    held: Floats

    def within(self, first: int, last: int) -> "FillOutcomes":
        """Of the seconds first..last-1."""
        return FillOutcomes(
            self.turnover[first:last],
            {horizon: series[first:last] for horizon, series in self.worth.items()},
            self.held[first:last],
        )


def fill_outcomes(log: ReplayLog) -> FillOutcomes:
    """Of a finished run. Of an inverse contract a gain, paid in base currency, counts as what it
    is worth at the mid by which it is judged."""
    plan, fills = log.plan, log.fills
    start = int(plan.start)
    count = (int(plan.end) - start) // NANOS_PER_SECOND + 1
    judged = fills.ts + HORIZONS_S[-1] * NANOS_PER_SECOND <= plan.end
    second = np.clip((fills.ts[judged] - start) // NANOS_PER_SECOND, 0, count - 1)
    money = _money(log)

    def by_second(values: Floats) -> Floats:
        sums = np.zeros(count)
        np.add.at(sums, second, values[judged])
        return sums

    worth = {}
    for horizon in HORIZONS_S:
        later = _later_mid_x2(log, fills, Nanos(horizon * NANOS_PER_SECOND))
        gains = fills.sign * (later - 2 * fills.ticks) * money.per_half_tick
        worth[horizon] = by_second(gains - money.fees)
    moments = start + np.arange(count, dtype=np.int64) * NANOS_PER_SECOND
    return FillOutcomes(by_second(money.traded), worth, _held(log, moments))


class _Money(Struct, frozen=True, eq=False):
    """Of each fill, quote currency: what it traded, what it gains by half a tick, its fee."""

    traded: Floats
    per_half_tick: Floats
    fees: Floats


def _money(log: ReplayLog) -> _Money:
    fills, inverse = log.fills, log.plan.inverse
    if inverse is not None:
        traded = fills.lots * _contract(inverse)
        fees = traded * (log.plan.exchange.maker_rate / RATE_SCALE)
        return _Money(traded, traded / (2 * fills.ticks), fees)
    unit = np.float64(log.plan.recording.instrument.notional(1, 1))
    traded = fills.ticks * fills.lots * unit
    return _Money(traded, fills.lots * (0.5 * unit), fills.fee * (unit / VALUE_SCALE))


def _held(log: ReplayLog, moments: Int64s) -> Floats:
    """Value of the position, without its sign."""
    recording, inverse = log.plan.recording, log.plan.inverse
    position = np.abs(positions_at(log.fills, moments))
    if inverse is not None:
        return position * _contract(inverse)
    unit = np.float64(recording.instrument.notional(1, 1))
    return position * mids_at(recording, moments) * (0.5 * unit)


def _contract(inverse: Instrument) -> np.float64:
    """What a lot is worth at every price."""
    return np.float64(inverse.lot_size * inverse.contract_value)


def _later_mid_x2(log: ReplayLog, fills: FillLog, horizon: Nanos) -> Int64s:
    """Twice the mid `horizon` after each fill, the last one where the data end before."""
    times = np.minimum(fills.ts + horizon, int(log.plan.end))
    order = np.argsort(times, kind="stable")
    found = np.empty(len(times), np.int64)
    found[order] = mids_at(log.plan.recording, times[order])
    return found
