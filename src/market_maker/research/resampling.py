"""How sure a difference between two runs on the same data is: paired block bootstrap.

Of several recordings each is resampled by itself, by the same blocks for both runs, and the sums
are added: how recordings differ from one another is not in the interval.
"""

from collections.abc import Sequence

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


def few_blocks(blocks: int) -> str:
    """What to say of intervals of so few blocks; empty where they are enough."""
    if blocks >= BLOCKS_TRUSTED:
        return ""
    many = "1 block is" if blocks == 1 else f"{blocks} blocks are"
    return f"{many} too few to trust an interval (from {BLOCKS_TRUSTED} on): read these as hints."


class RunSeries(Struct, frozen=True, eq=False):
    """One run on one recording, in cells of `cell_seconds`: change of equity and value traded, both
    in the currency of the PnL."""

    pnl: Floats
    turnover: Floats
    cell_seconds: int = 1


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
    """A run against another: net PnL in its currency, PnL per turnover in bps, and what the latter
    is worth at the other's turnover, in the same currency: the difference where both trade equally
    much. blocks: how many pieces of block_seconds (the shortest, of several recordings) the data
    hold: the number of independent observations, at most."""

    net_pnl: Interval
    pnl_per_turnover_bps: Interval
    at_equal_turnover: Interval
    block_seconds: int
    blocks: int

    @property
    def trusted(self) -> bool:
        """Whether there are enough blocks for its intervals to mean what they say."""
        return self.blocks >= BLOCKS_TRUSTED


class RunTotal(Struct, frozen=True):
    """A run by itself: net PnL in quote currency, and per turnover in bps; blocks as in
    RunDifference."""

    net_pnl: Interval
    pnl_per_turnover_bps: Interval
    blocks: int


class _Sums(Struct, frozen=True, eq=False):
    """Of runs added up: each resample's, and their own."""

    pnl: Floats
    turnover: Floats
    own_pnl: float
    own_turnover: float

    @property
    def ratio(self) -> float | None:
        """PnL per turnover, bps; None where nothing was traded."""
        return BPS * self.own_pnl / self.own_turnover if self.own_turnover else None

    def ratios(self) -> Floats:
        """The same of each resample, not finite where it holds no trade."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return BPS * self.pnl / self.turnover


def difference(run: RunSeries, baseline: RunSeries, seed: int) -> RunDifference:
    """`run` minus `baseline`, both resampled by the same blocks of seconds, so that what the
    market did to both cancels out. Equal arguments have equal answers.

    Raises InvalidFieldError unless all series are of one length of at least BLOCKS_MIN seconds.
    """
    return paired_difference([run], [baseline], seed)


def paired_difference(
    runs: Sequence[RunSeries], baselines: Sequence[RunSeries], seed: int
) -> RunDifference:
    """The sum of `runs` minus the sum of `baselines`, which pair by place: runs[i] and baselines[i]
    are of one recording and are resampled by the same blocks of it.

    Raises InvalidFieldError unless they pair, and each recording has at least BLOCKS_MIN cells.
    """
    if len(runs) != len(baselines) or not runs:
        raise InvalidFieldError("baselines", len(baselines), f"{max(len(runs), 1)} of them")
    for run, baseline in zip(runs, baselines, strict=True):
        _check(run, baseline)
    ours, theirs = _sums(runs, seed), _sums(baselines, seed)
    with np.errstate(invalid="ignore"):  # of resamples without a trade
        ratios = ours.ratios() - theirs.ratios()
    apart = None if ours.ratio is None or theirs.ratio is None else ours.ratio - theirs.ratio
    equal = None if apart is None else apart * theirs.own_turnover / BPS
    finite = np.isfinite(ratios)
    return RunDifference(
        net_pnl=_interval(ours.own_pnl - theirs.own_pnl, ours.pnl - theirs.pnl),
        pnl_per_turnover_bps=_interval(apart, ratios[finite]),
        at_equal_turnover=_interval(equal, ratios[finite] * theirs.turnover[finite] / BPS),
        block_seconds=min(_block_cells(run) * run.cell_seconds for run in runs),
        blocks=_blocks(runs),
    )


def total(runs: Sequence[RunSeries], seed: int) -> RunTotal:
    """The sum of `runs`, one of each recording, resampled as in `paired_difference`.

    Raises InvalidFieldError unless each recording has at least BLOCKS_MIN cells.
    """
    for run in runs:
        _check(run, run)
    ours = _sums(runs, seed)
    ratios = ours.ratios()
    return RunTotal(
        net_pnl=_interval(ours.own_pnl, ours.pnl),
        pnl_per_turnover_bps=_interval(ours.ratio, ratios[np.isfinite(ratios)]),
        blocks=_blocks(runs),
    )


def best_by_chance(
    candidates: Sequence[Sequence[RunSeries]],
    baselines: Sequence[RunSeries],
    seed: int,
    *,
    per_turnover: bool = False,
) -> float | None:
    """How often, in resamples in which no candidate is better than the baseline, the best of them
    leads by as much as the best one does: White's reality check, on net PnL, or on net PnL per
    turnover, for which those that never traded count no more. None without candidates.

    White (2000), A reality check for data snooping, Econometrica 68(5). Raises as
    `paired_difference` does.
    """
    if not candidates:
        return None
    theirs = _sums(baselines, seed)
    lead, leads = -np.inf, np.full(RESAMPLES, -np.inf)
    for runs in candidates:
        ours = _sums(runs, seed)
        if not per_turnover:
            own, apart = ours.own_pnl - theirs.own_pnl, ours.pnl - theirs.pnl
        elif ours.ratio is None or theirs.ratio is None:
            continue
        else:
            own = ours.ratio - theirs.ratio
            with np.errstate(invalid="ignore"):  # of resamples without a trade
                apart = ours.ratios() - theirs.ratios()
            apart = np.where(np.isfinite(apart), apart, -np.inf)
        lead = max(lead, own)
        np.maximum(leads, apart - own, out=leads)
    return float((leads >= lead).mean()) if np.isfinite(lead) else None


def long_enough(runs: Sequence[RunSeries]) -> bool:
    """Whether every one has the cells that resampling needs."""
    return bool(runs) and all(len(run.pnl) >= BLOCKS_MIN for run in runs)


def _check(run: RunSeries, baseline: RunSeries) -> None:
    cells = len(run.pnl)
    lengths = {len(series) for series in (run.turnover, baseline.pnl, baseline.turnover)}
    if cells < BLOCKS_MIN or lengths != {cells} or run.cell_seconds != baseline.cell_seconds:
        allowed = f"series of one length, at least {BLOCKS_MIN} seconds"
        raise InvalidFieldError("outcome", cells, allowed)


def _block_cells(run: RunSeries) -> int:
    """Cells in a block."""
    return max(1, min(BLOCK_SECONDS // run.cell_seconds, len(run.pnl) // BLOCKS_MIN))


def _blocks(runs: Sequence[RunSeries]) -> int:
    return sum(len(run.pnl) // _block_cells(run) for run in runs)


def _sums(runs: Sequence[RunSeries], seed: int) -> _Sums:
    """The same seed picks the same blocks, whatever the series hold."""
    generator = np.random.default_rng(seed)
    pnl, turnover = np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for run in runs:
        cells, block = len(run.pnl), _block_cells(run)
        picks = generator.integers(0, cells, size=(RESAMPLES, -(-cells // block)))
        pnl += _resampled(run.pnl, block, picks)
        turnover += _resampled(run.turnover, block, picks)
    return _Sums(
        pnl=pnl,
        turnover=turnover,
        own_pnl=sum(float(run.pnl.sum()) for run in runs),
        own_turnover=sum(float(run.turnover.sum()) for run in runs),
    )


def _resampled(series: Floats, block: int, picks: NDArray[np.int64]) -> Floats:
    """Sum over each resample: of whole blocks from their first cells, by differences of a running
    sum; blocks wrap around the end."""
    running = np.concatenate((np.zeros(1), np.cumsum(np.concatenate((series, series[:block])))))
    sums: Floats = (running[picks + block] - running[picks]).sum(axis=1)
    sums *= len(series) / (picks.shape[1] * block)
    return sums


def _interval(value: float | None, resamples: Floats) -> Interval:
    if value is None or not len(resamples):
        return Interval(None, None, None)
    tail = (100 - CONFIDENCE_PCT) / 2
    low, high = np.percentile(resamples, [tail, 100 - tail])
    return Interval(value, float(low), float(high))
