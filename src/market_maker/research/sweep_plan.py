"""What a sweep runs: which configurations, on which stretches of which recordings."""

import hashlib
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_space import (
    PARAMETERS,
    SweepDimension,
    SweepPoint,
    configured,
    draws,
    grid,
    grid_size,
    shown_value,
)
from market_maker.storage.recording import COLUMNS

RUNS_FREE = 2_000
"""More runs than this are asked for twice."""

RUNS_MAX = 1_000_000
HALVING = 3
"""Of so many configurations one goes on to the next rung, which has so many times the time."""

SEGMENTS_MAX = 100
RUNGS_MAX = 6
CELLS_MAX = 720
CELLS_IN_ALL = 20_000_000
"""Numbers kept of all runs together: what intervals are resampled from, in memory."""

CELLS_MIN = 20
CELL_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600)
BASE = "as configured"
"""The label of the configuration that the others are measured against."""


class SweepMethod(StrEnum):
    """How the configurations are chosen: all combinations, drawn, or drawn and thinned out."""

    GRID = "grid"
    RANDOM = "random"
    HALVING = "halving"


class SweepScore(StrEnum):
    """What makes one configuration better than another; more is better."""

    NET_PNL = "net_pnl"
    PER_TURNOVER = "pnl_per_turnover_bps"


class SweepRecording(Struct, frozen=True):
    """A recording of a sweep: its file's name, its columns' checksum, its length, the pool's
    configuration on its symbol, before anything is varied, and what is to be known of its data."""

    name: str
    checksum: str
    seconds: int
    config: PoolConfig
    remarks: tuple[str, ...] = ()


class SweepPlan(Struct, frozen=True, kw_only=True):
    """Everything that decides the results of a sweep. points: what is varied, without the
    configuration as given, which is run too. leads: of every recording the name and the checksum
    of the one whose market its pool follows, if it does. segments: stretches of equal time into
    which each recording is cut. rungs: 1 but in halving. Raises InvalidFieldError."""

    recordings: tuple[SweepRecording, ...]
    leads: tuple[str | None, ...]
    space: tuple[SweepDimension, ...]
    method: SweepMethod
    points: tuple[SweepPoint, ...]
    segments: int
    rungs: int
    score: SweepScore
    terms: SharedTerms

    def __post_init__(self) -> None:
        if not 1 <= self.segments <= SEGMENTS_MAX:
            raise InvalidFieldError("splits", self.segments, f"from 1 to {SEGMENTS_MAX}")
        if not 1 <= self.rungs <= RUNGS_MAX:
            raise InvalidFieldError("rungs", self.rungs, f"from 1 to {RUNGS_MAX}")

    @property
    def configurations(self) -> int:
        """The points, and the configuration as given, which is number 0."""
        return len(self.points) + 1

    @property
    def runs(self) -> int:
        """How many replays it takes."""
        return sum(len(self.rung(number)) * kept for number, kept in enumerate(self.survivors()))

    @property
    def cell_seconds(self) -> int:
        """The resolution in which what a run earned over time is kept."""
        longest = max(each.seconds for each in self.recordings) / self.segments
        most = min(CELLS_MAX, max(CELLS_MIN, CELLS_IN_ALL // max(self.runs, 1)))
        return next((each for each in CELL_SECONDS if longest / each <= most), CELL_SECONDS[-1])

    def survivors(self) -> list[int]:
        """How many configurations each rung runs."""
        kept = [self.configurations]
        for _ in range(self.rungs - 1):
            kept.append(1 + max(1, -(-(kept[-1] - 1) // HALVING)))
        return kept

    def rung(self, number: int) -> list["Stretch"]:
        """What each configuration runs on in a rung: only the beginning of each recording's first
        segment, but in the last one all of it. So no later segment chooses who comes so far."""
        places = range(len(self.recordings))
        if number < self.rungs - 1:
            share = HALVING ** (number + 1 - self.rungs)
            return [Stretch(place, 0, share) for place in places]
        return [Stretch(place, part, 1.0) for place in places for part in range(self.segments)]

    def config(self, number: int, recording: int) -> PoolConfig:
        """Configuration `number` on a recording's symbol."""
        base = self.recordings[recording].config
        return configured(base, self.space, self.points[number - 1]) if number else base

    def label(self, number: int) -> str:
        """The values of a configuration, as they are typed."""
        if not number:
            return BASE
        pairs = zip(self.space, self.points[number - 1], strict=True)
        return " ".join(
            f"{each.field.removeprefix(PARAMETERS)}={shown_value(value)}" for each, value in pairs
        )


class Stretch(Struct, frozen=True):
    """A part of a recording: its place in the plan, the segment, and how much of that from its
    beginning."""

    recording: int
    segment: int
    share: float


def planned_points(
    method: SweepMethod, space: Sequence[SweepDimension], samples: int | None, seed: int
) -> Iterator[SweepPoint]:
    """The points of a sweep: of a grid all, or `samples` of them where a number is given. Raises
    InvalidFieldError."""
    if samples is not None and not 1 <= samples <= RUNS_MAX:
        raise InvalidFieldError("samples", samples, f"from 1 to {RUNS_MAX}")
    if samples is not None:
        return iter(draws(space, samples, seed))
    if method is SweepMethod.RANDOM:
        raise InvalidFieldError("samples", None, "how many to draw with --method random")
    return grid(space)


def check_size(configurations: int, stretches: int, *, agreed: bool) -> None:
    """Raises InvalidFieldError for more runs than are made without being asked twice."""
    runs = configurations * stretches
    words = f"{configurations:,} configurations on {stretches} stretches: {runs:,} runs"
    if runs > RUNS_MAX:
        allowed = f"at most {RUNS_MAX:,} runs; --samples N draws N of the configurations"
        raise InvalidFieldError("over", words, allowed)
    if runs > RUNS_FREE and not agreed:
        allowed = f"up to {RUNS_FREE:,} runs; --yes for more, --samples N for N configurations"
        raise InvalidFieldError("over", words, allowed)


def planned_configurations(
    space: Sequence[SweepDimension], method: SweepMethod, samples: int | None
) -> int:
    """How many there will be at most, without making them."""
    if samples is not None or method is SweepMethod.RANDOM:
        return samples or 1
    return grid_size(space)


def check_points(plan: SweepPlan) -> None:
    """Raises InvalidFieldError for the first configuration that no pool takes."""
    for number in range(plan.configurations):
        for place in range(len(plan.recordings)):
            plan.config(number, place)


def sweep_recording(name: str, recording: Recording, config: PoolConfig) -> SweepRecording:
    """A recording as a plan names it."""
    seconds = -(-(recording.end - recording.start) // NANOS_PER_SECOND)
    return SweepRecording(name, checksum_of(recording), seconds, config, recording.remarks)


def checksum_of(recording: Recording) -> str:
    """Of its columns and its funding."""
    digest = hashlib.blake2b(digest_size=16)
    for column in COLUMNS:
        digest.update(memoryview(getattr(recording, column)).cast("B"))
    if recording.funding:
        digest.update(msgspec.json.encode(recording.funding))
    return digest.hexdigest()
