"""Strategies compared at equal turnover, walking forward.

A strategy that trades less earns more on what it trades, so two of them are comparable only where
both trade alike. The first strategy stands as it is. Every other one has a dial, the factor
`spread_adjustment` on its half spread, which is set for each split so that on the splits before it
the turnover is that of the first; what follows is the judgement. Turnover alone sets a dial,
never what was earned.

A run never depends on what comes after, so one run of a dial over a whole recording serves all
splits: what was learned on the splits before is carried into the next, as it is live.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache, partial
from itertools import pairwise

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import BPS, NANOS_PER_MS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.fill_outcomes import HORIZONS_S, FillOutcomes, fill_outcomes
from market_maker.research.inverse import as_linear
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.resampling import (
    BLOCKS_TRUSTED,
    Interval,
    RunSeries,
    paired_difference,
)

DIAL = "spread_adjustment"
"""The parameter of a strategy that is set: a factor on its half spread."""

WARMUP_SECONDS = 90
"""Left out at the start: references calibrate for a minute before they quote."""

SPLITS = 4
"""Of what is left of a recording. The first one sets dials only."""

DIAL_STEPS = 80
"""The dial has so many settings on each side of 1, each twice the one DIAL_STEPS_PER_OCTAVE
before."""

DIAL_STEPS_PER_OCTAVE = 16

FIRST_STRIDE = 4
"""Settings from 1 that are tried first: most strategies are not far off."""

EQUAL_PCT = 10.0
"""Turnovers further apart than this are not equal, and the table says so."""

SECONDS_MIN = WARMUP_SECONDS + (SPLITS + 1) * HORIZONS_S[-1]
"""Of a recording: a split as long as the longest horizon, and that horizon after the last."""


class Match(StrEnum):
    """On which splits a dial is set: on those before the judged one, or on the judged ones
    themselves, for turnover alone, which says what equal turnover would have shown."""

    BEFORE = "before"
    JUDGED = "judged"


CLOSE_PCT = {Match.BEFORE: 0.0, Match.JUDGED: 2.0}
"""A setting whose turnover is so near to the wanted one is taken without a search for the nearest:
on the judged splits the table shows what is left, while an error on those before is carried on."""


class Contender(Struct, frozen=True):
    """A strategy under a label. config: with the dial at 1."""

    label: str
    config: PoolConfig


class Split(Struct, frozen=True, kw_only=True):
    """What one strategy was given and did in one split of one recording. dial: as set on the
    splits before. outcomes: of the split."""

    recording: str
    number: int
    dial: float
    outcomes: FillOutcomes


class Standing(Struct, frozen=True, kw_only=True):
    """A strategy against the first, over all splits of `where` (a recording, or all of them).

    turnover_ratio: of the first's to this one's; held: mean value of the position over the
    splits, quote currency; dials: lowest and highest; earned: bps of turnover by horizon; apart:
    what the first earned more, by horizon. blocks: of independent data.
    """

    where: str
    label: str
    turnover: float
    turnover_ratio: float | None
    held: float
    dials: tuple[float, float]
    earned: dict[int, float | None]
    apart: dict[int, Interval]
    blocks: int

    @property
    def trusted(self) -> bool:
        """Whether there are enough blocks for its intervals to mean what they say."""
        return self.blocks >= BLOCKS_TRUSTED

    @property
    def equal(self) -> bool:
        """Whether the turnovers are within EQUAL_PCT of each other."""
        ratio = self.turnover_ratio
        return ratio is not None and abs(ratio - 1.0) <= EQUAL_PCT / 100.0


Run = Callable[[Recording, PoolConfig], FillOutcomes]


def splits_of_first(name: str, ours: FillOutcomes) -> Iterator[Split]:
    """The judged splits of the strategy that stands as it is. name: the recording's. Raises
    InvalidFieldError for a recording that is too short."""
    edges = edges_of(name, len(ours.turnover), SPLITS)
    for number, (start, end) in enumerate(pairwise(edges[1:]), start=2):
        yield Split(recording=name, number=number, dial=1.0, outcomes=ours.within(start, end))


def splits_of_other(
    against: tuple[str, FillOutcomes, Match], run: Run, recording: Recording, config: PoolConfig
) -> list[Split]:
    """The judged splits of a strategy whose dial is set by the turnover of the first. against: the
    recording's name and the first's outcomes. Raises InvalidFieldError for a strategy without the
    dial."""
    return list(_followed(against, dial_runs(run, recording, config)))


def runner(
    exchange: ReplaySettings,
    step_ns: Nanos | None = None,
    lead: Recording | None = None,
    engine: EngineChoice = EngineChoice.AUTO,
) -> Run:
    """Replays on one venue's terms, inverse contracts too. step_ns: None for the pool's
    quote_interval_ms. lead: of the market that pools with a `lead_symbol` follow. engine: what
    decides, which changes nothing else."""

    def run(recording: Recording, config: PoolConfig) -> FillOutcomes:
        linear, inverse = as_linear(recording)
        plan = ReplayPlan(
            recording=linear,
            inverse=inverse,
            config=config,
            exchange=exchange,
            step_ns=step_ns or Nanos(int(config.quote_interval_ms * NANOS_PER_MS)),
            lead=lead if config.lead_symbol else None,
        )
        return fill_outcomes(replay(plan, engine=engine))

    return run


def standings(splits: dict[str, list[Split]], seed: int) -> list[Standing]:
    """Every strategy, the first one too, on each recording and, where there are several, on all:
    in the order of the recordings."""
    first = next(iter(splits.values()))
    places = list(dict.fromkeys(split.recording for split in first))
    found = [_standing(place, label, splits, [place], seed) for place in places for label in splits]
    if len(places) > 1:
        found += [_standing("all", label, splits, places, seed) for label in splits]
    return found


def _standing(
    where: str, label: str, splits: dict[str, list[Split]], places: Sequence[str], seed: int
) -> Standing:
    mine = [_joined(splits[label], place) for place in places]
    ours = [_joined(next(iter(splits.values())), place) for place in places]
    traded = sum(float(each.turnover.sum()) for each in mine)
    compared = sum(float(each.turnover.sum()) for each in ours)
    dials = [split.dial for split in splits[label] if split.recording in places]
    apart = {
        horizon: paired_difference(_series(ours, horizon), _series(mine, horizon), seed)
        for horizon in HORIZONS_S
    }
    return Standing(
        where=where,
        label=label,
        turnover=traded,
        turnover_ratio=compared / traded if traded else None,
        held=float(np.concatenate([each.held for each in mine]).mean()),
        dials=(min(dials), max(dials)),
        earned={horizon: earned_by(mine, horizon) for horizon in HORIZONS_S},
        apart={horizon: each.pnl_per_turnover_bps for horizon, each in apart.items()},
        blocks=apart[HORIZONS_S[-1]].blocks,
    )


def _joined(splits: Sequence[Split], place: str) -> FillOutcomes:
    """The splits of one recording, which follow one another."""
    parts = [split.outcomes for split in splits if split.recording == place]
    return FillOutcomes(
        np.concatenate([each.turnover for each in parts]),
        {h: np.concatenate([each.worth[h] for each in parts]) for h in HORIZONS_S},
        np.concatenate([each.held for each in parts]),
    )


def _series(outcomes: Sequence[FillOutcomes], horizon: int) -> list[RunSeries]:
    return [RunSeries(each.worth[horizon], each.turnover) for each in outcomes]


def earned_by(outcomes: Sequence[FillOutcomes], horizon: int) -> float | None:
    """What runs were worth after `horizon` s, bps of their turnover; None without any."""
    traded = sum(float(each.turnover.sum()) for each in outcomes)
    return (
        BPS * sum(float(each.worth[horizon].sum()) for each in outcomes) / traded
        if traded
        else None
    )


def _followed(
    against: tuple[str, FillOutcomes, Match], at: Callable[[int], FillOutcomes]
) -> Iterator[Split]:
    """The splits of a strategy whose dial follows the first's turnover. against: the recording's
    name and the first's outcomes. at: what this one does at a setting of its dial."""
    name, ours, match = against
    edges = edges_of(name, len(ours.turnover), SPLITS)

    def traded(first: int, last: int, step: int) -> float:
        return traded_within(at(step), first, last)

    for number, (start, end) in enumerate(pairwise(edges[1:]), start=2):
        first, last = (edges[0], start) if match is Match.BEFORE else (edges[1], edges[-1])
        wanted, close = traded_within(ours, first, last), CLOSE_PCT[match] / 100.0
        step = matching_step(partial(traded, first, last), wanted, close)
        outcomes = at(step).within(start, end)
        yield Split(recording=name, number=number, dial=dial_of(step), outcomes=outcomes)


def dial_runs(run: Run, recording: Recording, config: PoolConfig) -> Callable[[int], FillOutcomes]:
    """What a strategy does at each setting of its dial; each is run once."""

    @cache
    def at(step: int) -> FillOutcomes:
        return run(recording, dialled(config, dial_of(step)))

    return at


def traded_within(outcomes: FillOutcomes, first: int, last: int) -> float:
    """Turnover of the seconds first..last-1."""
    return float(outcomes.turnover[first:last].sum())


def matching_step(turnover: Callable[[int], float], wanted: float, close: float = 0.0) -> int:
    """The setting, from -DIAL_STEPS to DIAL_STEPS, whose turnover is nearest to `wanted`, or the
    first one that is met whose turnover differs by at most the share `close` of it: steps from 0
    that double until it lies between two, then halving. Turnover falls as the spread grows."""
    met: list[int] = []
    for step in _searched(lambda step: turnover(step) > wanted):
        met.append(step)
        if abs(turnover(step) - wanted) <= close * wanted:
            return step
    return min(met, key=lambda step: abs(turnover(step) - wanted))


def _searched(is_above: Callable[[int], bool]) -> Iterator[int]:
    """The settings at which is_above turns from true to false are met last."""
    yield 0
    way = 1 if is_above(0) else -1
    near, far, stride = 0, way * FIRST_STRIDE, FIRST_STRIDE
    yield far
    while abs(far) < DIAL_STEPS and is_above(far) == (way > 0):
        stride *= 2
        near, far = far, max(-DIAL_STEPS, min(far + way * stride, DIAL_STEPS))
        yield far
    low, high = sorted((near, far))
    while high - low > 1:
        middle = (low + high) // 2
        yield middle
        low, high = (middle, high) if is_above(middle) else (low, middle)


def dial_of(step: int) -> float:
    """The factor of a setting: 1 at 0."""
    return round(math.pow(2.0, step / DIAL_STEPS_PER_OCTAVE), 6)


def dialled(config: PoolConfig, dial: float) -> PoolConfig:
    """`config` with its dial set."""
    return msgspec.structs.replace(config, strategy_params={**config.strategy_params, DIAL: dial})


def edges_of(name: str, seconds: int, parts: int) -> list[int]:
    """Where `parts` equal parts begin and the last one ends. name: the recording's. Raises
    InvalidFieldError for one that is too short. What the longest horizon cuts off at the end
    holds no judged fills, so it is no part of a split."""
    if seconds < SECONDS_MIN:
        allowed = f"at least {SECONDS_MIN} seconds to compare at equal turnover"
        raise InvalidFieldError("recording", f"{name}: {seconds} seconds", allowed)
    usable = seconds - HORIZONS_S[-1]
    return [int(edge) for edge in np.linspace(WARMUP_SECONDS, usable, parts + 1)]
