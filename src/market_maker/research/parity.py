"""Live against simulation: what a pool earned, what a replay of the same market says, and why not
the same.

The replay is woken when the live engine was. First it runs on the terms that were assumed, then the
terms that were seen live take their place one after another; what the net PnL moves by at each of
them is that cause's part of the gap. What is left when all are as seen is fills and decisions. So
the parts add up to the gap, whatever they are.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from statistics import median_low

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from market_maker.model.events import Event, FundingPaid
from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, VALUE_SCALE, Nanos, Value
from market_maker.replay_venue.recorded_exchange import (
    LATENCY_MAX_NS,
    ReplaySettings,
    mids_at,
)
from market_maker.research.live_stretch import LiveStretch
from market_maker.research.queue_range import OTHER
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.replay_accounting import (
    FillLog,
    Int64s,
    Markout,
    PnlSplit,
    markout,
    positions_at,
    reached,
    split,
)
from market_maker.research.wakings import SessionCourse

HORIZONS_NS = tuple(Nanos(seconds * NANOS_PER_SECOND) for seconds in (1, 5, 30))
MATCH_NS = Nanos(NANOS_PER_SECOND)
"""Fills of one side and price that are no further apart are the same one."""

FILLS_MIN = 20
"""Fewer fills decide nothing."""

RUNS_MAX = 6
"""Replays of one comparison, at most."""

CAUSES = ("latency", "fees", "funding", "queue")
REST = "fills and decisions"

Progress = Callable[[int], None]
"""Called with how many replays are done."""


class SideOutcome(Struct, frozen=True, kw_only=True, eq=False):
    """What fills came to, live or simulated, from a flat start on. final_x2: twice the mid at the
    end, ticks."""

    fills: FillLog
    split: PnlSplit
    markouts: tuple[Markout, ...]
    final_x2: int

    @property
    def fee_rate(self) -> Fraction | None:
        """Fees of turnover; None without a fill."""
        turnover = self.fills.turnover
        return Fraction(-self.split.fees, turnover) if turnover else None

    @property
    def per_turnover(self) -> Fraction | None:
        """Net PnL of turnover; None without a fill."""
        turnover = self.fills.turnover
        return Fraction(self.split.net, turnover) if turnover else None


class SeenLatency(Struct, frozen=True, kw_only=True):
    """Of orders that were acknowledged. median, p90: there and back. to_venue, back: the median's
    two ways, as a replay takes them."""

    count: int
    median: Nanos
    p90: Nanos
    to_venue: Nanos
    back: Nanos


class ParityCause(Struct, frozen=True):
    """One cause of the gap. money: live less simulated; per_turnover: None where one of the runs
    has no fill. assumed, seen: the term, in words."""

    cause: str
    money: Value
    per_turnover: Fraction | None
    assumed: str
    seen: str


class FillMatches(Struct, frozen=True):
    """Fills of both, and of one alone."""

    both: int
    only_live: int
    only_simulated: int


class Parity(Struct, frozen=True, kw_only=True, eq=False):
    """assumed: the terms given; seen: those that were seen live. simulated: on the terms given;
    as_seen: on all terms seen. parts: in order, the rest last. held_pnl: what the position of the
    beginning made, which is in neither side."""

    stretch: LiveStretch
    assumed: ReplaySettings
    seen: ReplaySettings
    latency: SeenLatency | None
    live: SideOutcome
    simulated: SideOutcome
    as_seen: SideOutcome
    parts: tuple[ParityCause, ...]
    matches: FillMatches
    held_pnl: Value

    @property
    def instrument(self) -> Instrument:
        """What was traded."""
        return self.stretch.recording.instrument

    @property
    def gap(self) -> Value:
        """Net PnL, live less simulated."""
        return Value(self.live.split.net - self.simulated.split.net)

    @property
    def gap_per_turnover(self) -> Fraction | None:
        """Of the turnover of each."""
        return _less(self.live.per_turnover, self.simulated.per_turnover)

    @property
    def few(self) -> bool:
        """Whether there are too few fills to decide anything."""
        return min(self.live.fills.count, self.simulated.fills.count) < FILLS_MIN


class _Term(Struct, frozen=True):
    """A stage: which cause, on which terms, with funding or without, and the words for it."""

    cause: str
    settings: ReplaySettings
    funded: bool
    assumed: str
    seen: str


def parity(stretch: LiveStretch, assumed: ReplaySettings, progress: Progress) -> Parity:
    """The comparison; up to six replays. Raises InvalidFieldError as replay does."""
    live, latency = _live(stretch), _latency(stretch)
    runs = _Runs(stretch, progress)
    simulated = before = runs.run(assumed, funded=False)
    parts, terms = [], _terms(stretch, assumed, latency, live)
    seen, funded = assumed, False
    for term in terms:
        after = runs.run(term.settings, funded=term.funded)
        parts.append(_part(term.cause, before, after, term.assumed, term.seen))
        before, seen, funded = after, term.settings, term.funded
    queue = _nearer(runs, seen, live, funded=funded)
    after = runs.run(queue, funded=funded)
    parts.append(_part(CAUSES[3], before, after, seen.queue, queue.queue))
    matches = matched(live.fills, after.fills)
    words = f"{matches.only_live} only live", f"{matches.only_simulated} only simulated"
    parts.append(_part(REST, after, live, words[1], words[0]))
    return Parity(
        stretch=stretch,
        assumed=assumed,
        seen=queue,
        latency=latency,
        live=live,
        simulated=simulated,
        as_seen=after,
        parts=tuple(parts),
        matches=matches,
        held_pnl=_held_pnl(stretch, live.final_x2),
    )


def _terms(
    stretch: LiveStretch, assumed: ReplaySettings, latency: SeenLatency | None, live: SideOutcome
) -> list[_Term]:
    """SeenLatency, fees and funding, each on top of the ones before."""
    nearer = assumed
    if latency is not None:
        to_venue, back = latency.to_venue, latency.back
        nearer = replace(assumed, entry_latency_ns=to_venue, response_latency_ns=back)
    rate = assumed.maker_rate if live.fee_rate is None else round(live.fee_rate * VALUE_SCALE)
    paying = replace(nearer, maker_rate=rate)
    times = len(stretch.funding)
    return [
        _Term(CAUSES[0], nearer, False, _ways(assumed), _ways(nearer)),
        _Term(CAUSES[1], paying, False, _bps(assumed.maker_rate), _bps(rate)),
        _Term(CAUSES[2], paying, bool(times), "none", f"{times} payments" if times else "none"),
    ]


def _ways(settings: ReplaySettings) -> str:
    ways = settings.entry_latency_ns, settings.response_latency_ns
    return " + ".join(f"{way / NANOS_PER_MS:.4g}" for way in ways) + " ms"


def _bps(rate: int) -> str:
    return f"{rate * 10_000 / VALUE_SCALE:g} bps"


class _Runs:
    """Replays of one stretch; equal terms are run once."""

    def __init__(self, stretch: LiveStretch, progress: Progress) -> None:
        self._stretch, self._progress = stretch, progress
        self._done: dict[tuple[ReplaySettings, bool], SideOutcome] = {}

    def run(self, settings: ReplaySettings, *, funded: bool) -> SideOutcome:
        key = settings, funded
        if key not in self._done:
            self._done[key] = _simulated(self._stretch, settings, funded=funded)
            self._progress(len(self._done))
        return self._done[key]


def _simulated(stretch: LiveStretch, settings: ReplaySettings, *, funded: bool) -> SideOutcome:
    plan = ReplayPlan(
        recording=stretch.recording,
        config=stretch.config,
        exchange=settings,
        step_ns=Nanos(int(stretch.config.quote_interval_ms * NANOS_PER_MS)),
    )
    facts: Sequence[Event] = stretch.facts
    if funded:
        facts = sorted((*facts, *stretch.funding), key=lambda fact: fact.ts_recv)
    log = replay(plan, course=SessionCourse(stretch.moments, tuple(facts), stretch.learnt))
    # Of the live ones only those are known that were reported by the last turn.
    fills = _until(log.fills, stretch.recording.end - settings.response_latency_ns)
    return _side(stretch.recording, fills, _funding(fills, stretch.funding if funded else ()))


def _until(fills: FillLog, end: int) -> FillLog:
    known = fills.ts <= end
    columns = (fills.ts, fills.sign, fills.ticks, fills.lots, fills.fee, fills.mid_x2)
    return FillLog(*(column[known] for column in columns))


def _live(stretch: LiveStretch) -> SideOutcome:
    fills = stretch.fills
    recording = stretch.recording
    ts = np.array([fill.ts_event for fill in fills], np.int64)
    ticks = np.array([fill.price for fill in fills], np.int64)
    known = np.array([fill.mid_x2 for fill in fills], np.int64)
    # As a replay's venue: the mid just before the fill. The engine's own one where there is none.
    mids = mids_at(recording, ts - 1)
    mids = np.where(mids > 0, mids, np.where(known > 0, known, 2 * ticks))
    log = FillLog(
        ts=ts,
        sign=np.array([fill.side.sign for fill in fills], np.int64),
        ticks=ticks,
        lots=np.array([fill.size for fill in fills], np.int64),
        fee=np.array([fill.fee for fill in fills], np.int64),
        mid_x2=mids,
    )
    return _side(recording, log, _funding(log, stretch.funding))


def _funding(fills: FillLog, payments: Sequence[FundingPaid]) -> Value:
    """Of what the fills left: the position of the beginning pays apart."""
    times = np.array([paid.ts_event for paid in payments], np.int64)
    held = positions_at(fills, times).tolist()
    pairs = zip(payments, held, strict=True)
    return Value(-sum(lots * paid.price * paid.rate for paid, lots in pairs))


def _side(recording: Recording, fills: FillLog, funding: Value) -> SideOutcome:
    end = max(recording.end, int(recording.ts_event.max()))
    final_x2 = int(mids_at(recording, np.array([end], np.int64))[0])
    markouts = []
    known = reached(fills, HORIZONS_NS, recording, Nanos(end))
    for horizon, counted in zip(HORIZONS_NS, known, strict=True):
        later: Int64s = mids_at(recording, np.minimum(fills.ts + horizon, end))
        markouts.append(markout(fills, horizon, later, counted))
    return SideOutcome(
        fills=fills,
        split=split(fills, final_x2, funding),
        markouts=tuple(markouts),
        final_x2=final_x2,
    )


def _latency(stretch: LiveStretch) -> SeenLatency | None:
    if not stretch.answered:
        return None
    both = sorted(max(0, each.there_and_back) for each in stretch.answered)
    middle = min(median_low(both), LATENCY_MAX_NS)
    there = min(max(0, median_low(each.to_venue for each in stretch.answered)), middle)
    return SeenLatency(
        count=len(both),
        median=Nanos(middle),
        p90=Nanos(both[(len(both) * 9) // 10]),
        to_venue=Nanos(there),
        back=Nanos(middle - there),
    )


def _nearer(
    runs: _Runs, seen: ReplaySettings, live: SideOutcome, *, funded: bool
) -> ReplaySettings:
    """The queue model whose fills are nearer to those seen; that given, in doubt."""
    other = replace(seen, queue=OTHER[seen.queue], queue_exponent=ReplaySettings().queue_exponent)

    def away(settings: ReplaySettings) -> tuple[int, int]:
        fills = runs.run(settings, funded=funded).fills
        return abs(fills.count - live.fills.count), abs(fills.volume - live.fills.volume)

    return min((seen, other), key=away)


def _part(
    cause: str, before: SideOutcome, after: SideOutcome, assumed: str, seen: str
) -> ParityCause:
    money = Value(after.split.net - before.split.net)
    return ParityCause(cause, money, _less(after.per_turnover, before.per_turnover), assumed, seen)


def _less(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else one - other


def matched(live: FillLog, simulated: FillLog, within: Nanos = MATCH_NS) -> FillMatches:
    """Fills that both have: of one side and price, each with the first one of the other that is
    near enough and still free."""
    places: dict[tuple[int, int], list[int]] = {}
    for sign, ticks, ts in _keys(simulated):
        places.setdefault((sign, ticks), []).append(ts)
    both = 0
    for sign, ticks, ts in _keys(live):
        times = places.get((sign, ticks), [])
        while times and times[0] < ts - within:
            times.pop(0)
        if times and times[0] <= ts + within:
            times.pop(0)
            both += 1
    return FillMatches(both, live.count - both, simulated.count - both)


def _keys(fills: FillLog) -> list[tuple[int, int, int]]:
    columns = fills.sign.tolist(), fills.ticks.tolist(), fills.ts.tolist()
    return sorted(zip(*columns, strict=True), key=lambda key: key[2])


def _held_pnl(stretch: LiveStretch, final_x2: int) -> Value:
    """What the position of the beginning made of the mid's move, and of funding."""
    recording = stretch.recording
    first = np.array([int(recording.ts_event[0])], np.int64)
    moved = final_x2 - int(mids_at(recording, first)[0])
    funding = sum(-stretch.held * paid.price * paid.rate for paid in stretch.funding)
    return Value(stretch.held * moved * (VALUE_SCALE // 2) + funding)
