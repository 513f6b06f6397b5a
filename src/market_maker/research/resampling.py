"""How sure a difference between two runs on the same data is: paired block bootstrap."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import BPS

Floats = NDArray[np.float64]

RESAMPLES = 2_000
CONFIDENCE_PCT = 95
BLOCK_SECONDS = 60
"""Long enough that what a position does to one second and the next stays together."""

BLOCKS_MIN = 4
"""Fewer blocks than this say nothing; shorter ones are taken instead."""

BLOCKS_TRUSTED = 20
"""From fewer blocks an interval is a hint: a resample of five of them has few ways to differ."""


class RunSeries(Struct, frozen=True, eq=False):
    """One run, second by second: change of equity and value traded, quote currency."""

    pnl: Floats
    turnover: Floats


class Interval(Struct, frozen=True):
    """A difference and where 95 % of its resamples lie; None where nothing was traded."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def decided(self) -> bool:
        """Whether the whole interval lies on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class RunDifference(Struct, frozen=True):
    """A run against another: net PnL in quote currency, and PnL per turnover in bps. blocks: how
    many pieces of block_seconds the data hold: the number of independent observations, at most."""

    net_pnl: Interval
    pnl_per_turnover_bps: Interval
    block_seconds: int
    blocks: int

    @property
    def trusted(self) -> bool:
        """Whether there are enough blocks for its intervals to mean what they say."""
        return self.blocks >= BLOCKS_TRUSTED


def difference(run: RunSeries, baseline: RunSeries, seed: int) -> RunDifference:
    """`run` minus `baseline`, both resampled by the same blocks of seconds, so that what the
    market did to both cancels out. Equal arguments have equal answers.

    Raises InvalidFieldError unless all series are of one length of at least BLOCKS_MIN seconds.
    """
    seconds = len(run.pnl)
    lengths = {len(series) for series in (run.turnover, baseline.pnl, baseline.turnover)}
    if seconds < BLOCKS_MIN or lengths != {seconds}:
        allowed = f"series of one length, at least {BLOCKS_MIN} seconds"
        raise InvalidFieldError("outcome", seconds, allowed)
    block = min(BLOCK_SECONDS, seconds // BLOCKS_MIN)
    picks = _blocks(seconds, block, seed)
    sums = [_resampled(series, block, picks) for series in (run.pnl, baseline.pnl)]
    traded = [_resampled(series, block, picks) for series in (run.turnover, baseline.turnover)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = BPS * (sums[0] / traded[0] - sums[1] / traded[1])
    return RunDifference(
        net_pnl=_interval(float(run.pnl.sum() - baseline.pnl.sum()), sums[0] - sums[1]),
        pnl_per_turnover_bps=_interval(_apart(run, baseline), ratios[np.isfinite(ratios)]),
        block_seconds=block,
        blocks=seconds // block,
    )


def _blocks(seconds: int, block: int, seed: int) -> NDArray[np.int64]:
    """First seconds of the blocks of each resample; they wrap around the end."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, seconds, size=(RESAMPLES, -(-seconds // block)))


def _resampled(series: Floats, block: int, picks: NDArray[np.int64]) -> Floats:
    """Sum over each resample: of whole blocks, by differences of a running sum."""
    running = np.concatenate((np.zeros(1), np.cumsum(np.concatenate((series, series[:block])))))
    sums: Floats = (running[picks + block] - running[picks]).sum(axis=1)
    sums *= len(series) / (picks.shape[1] * block)
    return sums


def _apart(run: RunSeries, baseline: RunSeries) -> float | None:
    ratios = [
        BPS * float(each.pnl.sum()) / traded if (traded := float(each.turnover.sum())) else None
        for each in (run, baseline)
    ]
    return None if ratios[0] is None or ratios[1] is None else ratios[0] - ratios[1]


def _interval(value: float | None, resamples: Floats) -> Interval:
    if value is None or not len(resamples):
        return Interval(None, None, None)
    tail = (100 - CONFIDENCE_PCT) / 2
    low, high = np.percentile(resamples, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
